"""A program that says, line by line, what it hears of a rig: `python witness.py`.

`lit` or `dark REASON ...`, and `armed` or `disarmed`, at each change of the topic `laser`; `light TIME` for each frame of `ground_truth` in
which the laser truly shone: the monotonic time (s) of the last light.
"""

import time

import rclpy
from rclpy.node import Node
from theylive_msgs import msg

from theylive_ros.nodes import conversions, qos


class Witness(Node):
    def __init__(self):
        super().__init__("witness")
        self.told = {}
        self.create_subscription(msg.LaserState, "laser", self.on_laser, qos.STATE)
        self.create_subscription(msg.GroundTruth, "ground_truth", self.on_truth, qos.RESULT)

    def on_laser(self, state):
        self.tell("light", "lit" if state.on else " ".join(("dark", *state.reasons)))
        self.tell("armed", "armed" if state.armed else "disarmed")

    def on_truth(self, truth):
        if truth.lit_age:
            age = self.get_clock().now().nanoseconds * 1e-9 - conversions.from_time(truth.header.stamp) + min(truth.lit_age)
            print(f"light {time.monotonic() - age:.3f}", flush=True)

    def tell(self, what, words):
        if self.told.get(what) != words:
            self.told[what] = words
            print(words, flush=True)


rclpy.init()
rclpy.spin(Witness())
