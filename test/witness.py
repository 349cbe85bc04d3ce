# Copyright 2026 theylive_ros developers
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""A program that says, line by line, what it hears of a rig: `python witness.py`.

`lit` or `dark REASON ...`, and `armed` or `disarmed`, at each change of the topic `laser`; `light TIME` for each frame of `ground_truth` in
which the laser truly shone: the monotonic time (s) of the last light.
"""

import time

import rclpy
from rclpy.node import Node
from theylive_msgs import msg

from theylive_ros import messages
from theylive_ros.nodes import qos


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
            age = self.get_clock().now().nanoseconds * 1e-9 - messages.from_time(truth.header.stamp) + min(truth.lit_age)
            print(f"light {time.monotonic() - age:.3f}", flush=True)

    def tell(self, what, words):
        if self.told.get(what) != words:
            self.told[what] = words
            print(words, flush=True)


rclpy.init()
rclpy.spin(Witness())
