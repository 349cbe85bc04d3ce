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

"""Orders mirror angles in commissioning mode and hears what becomes of them, for `theylive jog`."""

from __future__ import annotations

import threading
import time

from rclpy.node import Node
from sensor_msgs.msg import JointState
from theylive_msgs.msg import Commission, LaserState, Spot

from theylive_ros.jogging.outline import JogError, Steps
from theylive_ros.jogging.visits import World
from theylive_ros.mirrors.optics import Geometry
from theylive_ros.nodes import conversions, qos

_SILENCE = 1.0  # s
_KEPT = 100  # spots


class Jogger:
    """Publisher and ears on a plain node, which somebody else spins in a thread of its own. Each of its methods may be called by any."""

    def __init__(self, node: Node, geometry: Geometry) -> None:
        """geometry: the one that the mirrors node obeys orders by."""
        self._node, self._geometry = node, geometry
        self._lock = threading.Lock()
        self._joints: JointState | None = None
        self._joints_at = time.monotonic()
        self._laser: LaserState | None = None
        self._spots: list[Spot] = []
        self._orders = node.create_publisher(Commission, "commission", qos.ORDER)
        node.create_subscription(JointState, "joint_states", self._on_joints, qos.RESULT)
        node.create_subscription(LaserState, "laser", self._on_laser, qos.STATE)
        node.create_subscription(Spot, "spot", self._on_spot, qos.RESULT)

    def order(self, steps: Steps, light: bool) -> None:
        """Say it once; it lasts 0.3 s."""
        stamp = self._node.get_clock().now().to_msg()
        angles = list(self._geometry.angles(steps))
        self._orders.publish(Commission(header=conversions.header(stamp, ""), angles=angles, light=light))

    def world(self) -> World | None:
        """What is known now, and the spots that have come since the last call; None while the mirrors node has said nothing yet.

        Raises JogError when it has fallen silent, or has ended commissioning mode.
        """
        with self._lock:
            joints, laser, spots = self._joints, self._laser, self._spots
            self._spots = []
            silent = time.monotonic() - self._joints_at > _SILENCE
        if silent:
            raise JogError(
                f"nothing is heard of the mirrors on joint_states for {_SILENCE:g} s: see that the mirrors node runs and is active"
            )
        if joints is None or laser is None:
            return None
        return World(
            now=self._node.get_clock().now().nanoseconds * 1e-9,
            steps=self._geometry.steps((joints.position[0], joints.position[1])),
            still=not any(joints.velocity),
            lit=laser.on,
            reasons=tuple(laser.reasons),
            spots=[conversions.from_spot(message) for message in spots],
        )

    @property
    def commissioning(self) -> bool:
        """Whether the mirrors node says that it is in commissioning mode."""
        with self._lock:
            return self._laser is not None and self._laser.mode == LaserState.MODE_COMMISSIONING

    def _on_joints(self, message: JointState) -> None:
        with self._lock:
            self._joints, self._joints_at = message, time.monotonic()

    def _on_laser(self, message: LaserState) -> None:
        with self._lock:
            self._laser = message

    def _on_spot(self, message: Spot) -> None:
        with self._lock:
            self._spots = [*self._spots, message][-_KEPT:]
