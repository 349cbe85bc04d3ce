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

"""What the mirrors node hears: `target`, `spot`, `commission` and `clicked_point`. Kept by the node's spinning thread, handed to the
planner by its ticking one."""

from __future__ import annotations

import collections
import dataclasses

from theylive_msgs import msg

from theylive_ros import messages
from theylive_ros.mirrors.click import ClickError
from theylive_ros.mirrors.clock import ClockWatch, on_monotonic
from theylive_ros.mirrors.commissioning import ORDER_LASTS
from theylive_ros.mirrors.pointer import Pointer, PointerError
from theylive_ros.nodes import conversions, qos
from theylive_ros.nodes.base import ManagedNode
from theylive_ros.nodes.clicks import Clicks
from theylive_ros.nodes.mirrors_planner import Planner

_LOG_EVERY = 2.0  # s


class Ear:
    """Subscribes when made; ends with `close`."""

    def __init__(self, node: ManagedNode, clocks: ClockWatch, planner: Planner) -> None:
        self._node = node
        self._clocks = clocks
        self._possible = True  # that the last stamp was true
        self._targets: collections.deque[msg.Target] = collections.deque(maxlen=4)
        self._spots: collections.deque[msg.Spot] = collections.deque(maxlen=4)
        self._orders: collections.deque[msg.Commission] = collections.deque(maxlen=1)  # the newest counts
        self._clicks = Clicks(node, planner)
        self._subscriptions = [
            node.create_subscription(msg.Target, "target", self._on_target, qos.RESULT),
            node.create_subscription(msg.Spot, "spot", self._on_spot, qos.RESULT),
            node.create_subscription(msg.Commission, "commission", self._on_order, qos.ORDER),
        ]

    def close(self) -> None:
        """Hear no more."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)
        self._subscriptions = []
        self._clicks.close()

    def hand_over(self, pointer: Pointer, now: float, ros_now: float) -> msg.Target | None:
        """Give the planner what has come since the last call; now, ros_now: both clocks, read together (s). The newest target, if any."""
        heard = None
        while self._targets:
            message = self._targets.popleft()
            target = messages.from_target(message)
            if (stamp := self._stamp(target.stamp, now, ros_now)) is not None:
                heard = message
                pointer.on_target(on_monotonic(target, stamp), now)
        while self._spots:
            seen = conversions.from_spot(self._spots.popleft())
            if (stamp := self._stamp(seen.stamp, now, ros_now)) is not None:
                pointer.on_spot(dataclasses.replace(seen, stamp=stamp), now)
        while self._orders:
            self._clicks.forget()
            self._order(self._orders.popleft(), pointer, now, ros_now)
        try:
            self._clicks.hand_over(pointer, now, ros_now)
        except (PointerError, ClickError) as error:
            self._refuse(str(error))
        return heard

    def _on_target(self, message: msg.Target) -> None:
        self._targets.append(message)

    def _on_spot(self, message: msg.Spot) -> None:
        self._spots.append(message)

    def _on_order(self, message: msg.Commission) -> None:
        self._orders.append(message)

    def _stamp(self, stamp: float, now: float, ros_now: float) -> float | None:
        """A stamp on the monotonic clock, None where it cannot be true."""
        found = self._clocks.stamp(stamp, ros_now, now)
        if found is None:
            self._node.meter.count("impossible_stamps")
            if self._possible:
                age = ros_now - stamp
                when = f"{age:.2f} s ago" if age > 0 else f"{-age:.3f} s ahead"
                self._node.get_logger().error(f"dark: a picture's stamp is of {when}; is the clock of each machine set (docs/machines.md)?")
        self._possible = found is not None
        return found

    def _order(self, message: msg.Commission, pointer: Pointer, now: float, ros_now: float) -> None:
        # Not by the ClockWatch: who orders may sit at another machine, whose clock says nothing of this one's.
        age = ros_now - messages.from_time(message.header.stamp)
        if not abs(age) <= ORDER_LASTS:
            self._refuse(f"an order of {age:.2f} s ago: orders last {ORDER_LASTS} s; are the clocks of both machines set?")
            return
        try:
            pointer.order((float(message.angles[0]), float(message.angles[1])), message.light, now - max(age, 0.0))
        except PointerError as error:
            self._refuse(str(error))

    def _refuse(self, words: str) -> None:
        self._node.meter.count("refused_orders")
        self._node.get_logger().warning(f"order refused: {words}", throttle_duration_sec=_LOG_EVERY)
