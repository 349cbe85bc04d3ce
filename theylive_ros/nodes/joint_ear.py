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

"""Hears how the mirrors stand."""

from __future__ import annotations

import math
from collections.abc import Callable

from rclpy.node import Node
from sensor_msgs.msg import JointState

from theylive_ros.nodes import qos
from theylive_ros.viewing.rig_view import MIRRORS


class JointEar:
    """Subscribes when made; ends with `close`. `on_joints` hears every word on both mirrors (rad) with its message; other robots' joints,
    and what is no number, are left out."""

    def __init__(self, node: Node, on_joints: Callable[[tuple[float, float], JointState], None]) -> None:
        self._node = node
        self._on_joints = on_joints
        self._subscription = node.create_subscription(JointState, "joint_states", self._hear, qos.RESULT)

    def close(self) -> None:
        """Hear no more."""
        self._node.destroy_subscription(self._subscription)

    def _hear(self, message: JointState) -> None:
        turns = dict(zip(message.name, message.position, strict=False))
        if all(math.isfinite(turns.get(name, math.nan)) for name in MIRRORS):
            self._on_joints((turns[MIRRORS[0]], turns[MIRRORS[1]]), message)
