"""A program that says on the topic `laser`, ten times a second, that it is dark: `python talker.py`."""

import rclpy
from theylive_msgs import msg

from theylive_ros.nodes import qos

rclpy.init()
node = rclpy.create_node("talker")
publisher = node.create_publisher(msg.LaserState, "laser", qos.STATE)
node.create_timer(0.1, lambda: publisher.publish(msg.LaserState(reasons=["not_armed"])))
rclpy.spin(node)
