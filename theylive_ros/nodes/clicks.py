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

"""Points that somebody has clicked in RViz (`clicked_point`), as orders to the mirrors in commissioning mode."""

from __future__ import annotations

import collections

from geometry_msgs.msg import PointStamped

from theylive_ros import messages
from theylive_ros.mirrors.click import ClickError, angles_through
from theylive_ros.mirrors.commissioning import ORDER_LASTS
from theylive_ros.mirrors.plane import Point
from theylive_ros.mirrors.pointer import Pointer
from theylive_ros.nodes import qos
from theylive_ros.nodes.base import ManagedNode
from theylive_ros.nodes.fixed_frames import FixedFrames
from theylive_ros.nodes.mirrors_planner import Planner
from theylive_ros.viewing.frame_tree import FrameError
from theylive_ros.viewing.rig_view import BASE, in_optics

LASTS = 2.0  # s for which a click is an order: long enough to see the spot


class Clicks:
    """Subscribes when made; ends with `close`. The newest click counts, until it is over or something else is ordered."""

    def __init__(self, node: ManagedNode, planner: Planner) -> None:
        self._node, self._planner = node, planner
        self._frames = FixedFrames(node)
        self._new: collections.deque[PointStamped] = collections.deque(maxlen=1)
        self._order: tuple[Point, float] | None = None  # angles, and until when
        self._subscription = node.create_subscription(PointStamped, "clicked_point", self._on_click, qos.ORDER)

    def close(self) -> None:
        """Hear no more."""
        self._frames.close()
        self._node.destroy_subscription(self._subscription)

    def forget(self) -> None:
        """Something else is ordered."""
        self._order = None

    def hand_over(self, pointer: Pointer, now: float, ros_now: float) -> None:
        """Give the planner the last click's order while it lasts. now, ros_now: both clocks, read together (s).

        Raises PointerError and ClickError where a new click is refused.
        """
        if self._new:
            message, self._order = self._new.popleft(), None
            age = ros_now - messages.from_time(message.header.stamp)
            # as for other orders: one that comes late would surprise whoever stands before the board now
            if not abs(age) <= ORDER_LASTS:
                raise ClickError(f"a click of {age:.2f} s ago: clicks count for {ORDER_LASTS} s; are the clocks of both machines set?")
            angles = self._angles(message)
            pointer.order(angles, True, now)
            self._order = angles, now + LASTS
            self._node.get_logger().info(f"a click turns the mirrors to {angles[0]:.4f}, {angles[1]:.4f} rad for {LASTS:g} s")
        elif self._order is not None:
            angles, end = self._order
            # neither in another mode nor after what makes an order void, such as another reference
            if now >= end or not pointer.ordered:
                self._order = None
                return
            pointer.order(angles, True, now)

    def _on_click(self, message: PointStamped) -> None:
        self._new.append(message)

    def _angles(self, message: PointStamped) -> Point:
        point = message.point
        try:
            way = self._frames.way(message.header.frame_id, BASE)
        except FrameError as error:
            raise ClickError(f"{error}; show RViz's fixed frame as {BASE}") from error
        x, y, z, _ = (float(v) for v in way @ (point.x, point.y, point.z, 1.0))
        return angles_through(in_optics((x, y, z)), self._planner.geometry, self._planner.calibration)
