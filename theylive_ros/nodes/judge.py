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

"""Scores the stack against the simulator's ground truth."""

from __future__ import annotations

import collections

from rclpy.node import Node
from theylive_msgs import msg

from theylive_ros.messages import from_time
from theylive_ros.nodes import qos
from theylive_ros.simulator.aim_log import AimLog
from theylive_ros.simulator.score import Score
from theylive_ros.simulator.truth import LitSample, TrueHead

_PATIENCE = 0.2  # s until the aim of a frame's light is surely known


class Judge:
    """Hears ground_truth and pointing. Light is scored against the aim that held at its very moment, between two messages."""

    def __init__(self, node: Node, score: Score) -> None:
        self.score = score
        self._frames: collections.deque[msg.GroundTruth] = collections.deque()
        self._aims = AimLog()
        node.create_subscription(msg.GroundTruth, "ground_truth", self._on_truth, qos.RESULT)
        node.create_subscription(msg.Pointing, "pointing", self._on_pointing, qos.RESULT)

    def finish(self) -> None:
        """Score what still waits."""
        while self._frames:
            self._feed(self._frames.popleft())

    def _on_pointing(self, message: msg.Pointing) -> None:
        self._aims.add(from_time(message.header.stamp) + message.latency, message.track_id, message.aim_x, message.aim_y)

    def _on_truth(self, message: msg.GroundTruth) -> None:
        self._frames.append(message)
        while from_time(message.header.stamp) - from_time(self._frames[0].header.stamp) > _PATIENCE:
            self._feed(self._frames.popleft())

    def _feed(self, message: msg.GroundTruth) -> None:
        t = from_time(message.header.stamp)
        heads = [TrueHead(h.id, h.label, h.x, h.y, h.width, h.height, h.visible, h.vx, h.vy, t - h.age) for h in message.heads]
        lit = [
            LitSample(t - age, x, y, *self._aims.at(t - age))
            for x, y, age in zip(message.lit_x, message.lit_y, message.lit_age, strict=True)
        ]
        self.score.feed(t, heads, lit)
