"""The fixed frames of the rig on /tf_static, where this ROS installation has tf2_msgs."""

from __future__ import annotations

import math

from geometry_msgs.msg import TransformStamped

from theylive_ros.nodes import qos
from theylive_ros.nodes.base import ManagedNode


class ViewFrames:
    """base_link (x to the board, z up; REP 103) with camera_optical_frame (z to the board, x right) and board in it."""

    def __init__(self, node: ManagedNode) -> None:
        self._node = node
        try:
            from tf2_msgs.msg import TFMessage
        except ImportError:
            self.state = "not published: tf2_msgs is not installed (apt install ros-$ROS_DISTRO-tf2-msgs)"
            self._publisher = None
        else:
            self.state = "published"
            self._kind = TFMessage
            self._publisher = node.create_publisher(TFMessage, "/tf_static", qos.STATE)

    def publish(self, board_distance: float) -> None:
        """Say where camera and board are; board_distance in m."""
        if self._publisher is None:
            return
        half = math.sqrt(0.5)
        optical = self._transform("base_link", "camera_optical_frame", 0.0, (-0.5, 0.5, -0.5, 0.5))
        board = self._transform("base_link", "board", board_distance, (0.0, -half, 0.0, half))
        self._publisher.publish(self._kind(transforms=[optical, board]))

    def _transform(self, parent: str, child: str, x: float, turn: tuple[float, float, float, float]) -> TransformStamped:
        transform = TransformStamped(child_frame_id=child)
        transform.header.frame_id = parent
        transform.header.stamp = self._node.get_clock().now().to_msg()
        transform.transform.translation.x = x
        rotation = transform.transform.rotation
        rotation.x, rotation.y, rotation.z, rotation.w = turn
        return transform
