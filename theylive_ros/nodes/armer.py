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

"""Arms the laser once, as a person would by calling the mirrors' service `~/arm`."""

from __future__ import annotations

import time

import rclpy
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from std_msgs.msg import Header
from std_srvs.srv import Trigger
from theylive_msgs.msg import LaserState

from theylive_ros.mirrors.arming import DISARMING
from theylive_ros.nodes import qos
from theylive_ros.nodes.process import run_node
from theylive_ros.parting import leave

_PAUSE = 1.0  # s between two tries
_PATIENCE = 5.0  # s after which an answer counts as lost
_GAP = 1.0  # s of silence in which anything may have happened to the mirrors
_PERIOD = 0.25  # s between two looks for a lost answer


class Armer:
    """Waits until the rig is ready, then calls `mirrors/arm`, until that is accepted; never again after it was.

    An answer may be lost, and with it whether the laser was armed. It is asked for again only where the mirrors have shown all the time
    since that they were never armed, that nothing happened that would have disarmed them, and that they serve, so that the request no
    longer waits to be read. Else it is given up: whatever may have ended an arming, only a person arms after it.
    """

    # What passes by itself while a rig gets ready. Whatever else arming is refused for, its refusal says.
    _PASSING = frozenset(("link_silent", "limit_input", "unreferenced"))

    def __init__(self, node: Node) -> None:
        self.done = False
        """Whether the laser was armed, by this or by somebody else before."""
        self.given_up = False
        """Whether the laser will not be armed by this."""
        self._node = node
        self._client = node.create_client(Trigger, "mirrors/arm")
        # All that the mirrors say, not the newest alone: they may be armed for a moment only.
        self._subscriptions = [
            node.create_subscription(LaserState, "laser", self._on_laser, qos.RESULT),
            # by the mirrors' thread that serves, four times a second
            node.create_subscription(Header, "clock_question", lambda _: self._hear("question"), qos.PROBE),
        ]
        self._timer = node.create_timer(_PERIOD, self._look, clock=Clock(clock_type=ClockType.STEADY_TIME))
        self._asked: rclpy.Future | None = None  # what is not answered yet
        self._asked_at = 0.0
        self._heard: dict[str, float] = {}  # since it was asked
        self._gap = 0.0  # longest silence since
        self._ended = False  # whether anything would have disarmed since
        self._not_before = 0.0
        self._refusal = ""

    def _on_laser(self, state: LaserState) -> None:
        self._hear("laser")
        self.done = self.done or state.armed
        self._ended = self._ended or state.mode != state.MODE_TARGETING or not (DISARMING | {"link_silent"}).isdisjoint(state.reasons)
        if self._asked is None and not self._PASSING & set(state.reasons):
            self._ask()

    def _ask(self) -> None:
        now = time.monotonic()
        if self.done or self.given_up or now < self._not_before or not self._client.service_is_ready():
            return
        self._asked_at, self._heard = now, {"laser": now, "question": now}
        self._gap, self._ended = 0.0, False
        self._asked = self._client.call_async(Trigger.Request())
        self._asked.add_done_callback(self._on_answer)

    def _hear(self, what: str) -> None:
        now = time.monotonic()
        self._gap = max(self._gap, now - self._heard.get(what, now))
        self._heard[what] = now

    def _look(self) -> None:
        """Whether the answer is lost, and what to do then."""
        now = time.monotonic()
        if self._asked is None or self.done or self.given_up or now - self._asked_at < _PATIENCE:
            return
        if self._ended or max(self._gap, now - min(self._heard.values())) > _GAP:
            self.given_up = True
            self._node.get_logger().error("not armed: mirrors/arm did not answer, and nobody knows why. See why, then call mirrors/arm")
        else:
            self._asked = None
            self._node.get_logger().warning("mirrors/arm did not answer; asking again")

    def _on_answer(self, future: rclpy.Future) -> None:
        answer = future.result()
        if answer.success:
            self.done = True
            self._node.get_logger().info("armed")
        elif answer.message != self._refusal:
            self._node.get_logger().warning(f"not armed yet: {answer.message}")
        self._refusal = answer.message
        if future is self._asked:
            self._asked = None
            self._not_before = time.monotonic() + _PAUSE


def main() -> None:
    """Arm the rig of this namespace as a process, which ends with that; exit status 1 where it was given up."""
    made: list[Armer] = []

    def make() -> Node:
        node = Node("armer")
        made.append(Armer(node))
        return node

    status = run_node(make, until=lambda: made[0].done or made[0].given_up)
    leave(status or int(made[0].given_up))
