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

"""Brings together what several topics say of one frame, for whoever draws it."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.node import Node
from theylive_msgs import msg

from theylive_ros import messages
from theylive_ros.nodes import qos
from theylive_ros.nodes.pictures import Pictures
from theylive_ros.overlay import Scene


class SceneKeeper:
    """Hears target, pointing and laser; hands over a Scene and the target's message for every target, with its picture where `pictures`
    has it."""

    def __init__(self, node: Node, pictures: Pictures, guard: Callable[[], float], on_scene: Callable[[Scene, msg.Target], None]) -> None:
        self._node = node
        self._pictures = pictures
        self._guard = guard
        self._on_scene = on_scene
        self._pointing: msg.Pointing | None = None
        self._laser: msg.LaserState | None = None
        self._waiting: msg.Target | None = None
        self._last: tuple[int, int] | None = None  # frame of the last target handed over
        self._subscriptions = [
            node.create_subscription(msg.Target, "target", self._on_target, qos.RESULT),
            node.create_subscription(msg.Pointing, "pointing", self._on_pointing, qos.RESULT),
            node.create_subscription(msg.LaserState, "laser", self._on_laser, qos.STATE),
        ]

    @property
    def pointing(self) -> msg.Pointing | None:
        """The newest pointing heard."""
        return self._pointing

    @property
    def laser(self) -> msg.LaserState | None:
        """The newest state of the laser heard."""
        return self._laser

    def close(self) -> None:
        """End the subscriptions."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)
        self._subscriptions = []

    def _on_pointing(self, message: msg.Pointing) -> None:
        self._pointing = message
        if self._waiting is not None and _key(self._waiting) == _key(message):
            self._hand_over()

    def _on_laser(self, message: msg.LaserState) -> None:
        self._laser = message

    def _on_target(self, message: msg.Target) -> None:
        self._hand_over()
        self._waiting = message
        # The mirrors' word on a frame comes after its target. It is worth a wait if they had one on the frame before.
        said = _key(self._pointing) if self._pointing is not None else None
        if said is None or said != self._last:
            self._hand_over()

    def _hand_over(self) -> None:
        message, self._waiting = self._waiting, None
        if message is None:
            return
        self._last = _key(message)
        self._on_scene(self._scene(message), message)

    def _scene(self, target: msg.Target) -> Scene:
        pointing, laser = self._pointing, self._laser
        aimed = pointing is not None and pointing.track_id > 0 and target.has_target
        return Scene(
            image=self._pictures.take(target.header),
            target=messages.from_target(target),
            aim=(pointing.aim_x, pointing.aim_y) if aimed else None,
            spot=(pointing.spot_x, pointing.spot_y) if pointing is not None and pointing.referenced else None,
            laser_on=laser is not None and laser.on,
            armed=laser is not None and laser.armed,
            reasons=tuple(laser.reasons) if laser is not None else ("no word from the mirrors",),
            latency=self._node.get_clock().now().nanoseconds * 1e-9 - messages.from_time(target.header.stamp),
            guard=self._guard(),
            commissioning=laser is not None and laser.mode == msg.LaserState.MODE_COMMISSIONING,
        )


def _key(message: msg.Target | msg.Pointing) -> tuple[int, int]:
    return message.header.stamp.sec, message.header.stamp.nanosec
