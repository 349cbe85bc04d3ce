"""Arms the laser once, as a person would by calling the mirrors' service `~/arm`."""

from __future__ import annotations

import sys
import time

import rclpy
from rclpy.node import Node
from std_srvs.srv import Trigger
from theylive_msgs.msg import LaserState

from theylive_ros.nodes import qos
from theylive_ros.nodes.base import run_node

_PAUSE = 1.0  # s between two tries


class Armer:
    """Waits until the rig is ready, then calls `mirrors/arm`, until that is accepted; never again after it was."""

    # What passes by itself while a rig gets ready. Whatever else arming is refused for, its refusal says.
    _PASSING = frozenset(("link_silent", "limit_input", "unreferenced"))

    def __init__(self, node: Node) -> None:
        self.done = False
        """Whether the laser was armed, by this or by somebody else before."""
        self._node = node
        self._client = node.create_client(Trigger, "mirrors/arm")
        self._subscription = node.create_subscription(LaserState, "laser", self._on_laser, qos.STATE)
        self._asking = False
        self._not_before = 0.0
        self._refusal = ""

    def _on_laser(self, state: LaserState) -> None:
        self.done = self.done or state.armed
        if self.done or self._asking or time.monotonic() < self._not_before:
            return
        if self._PASSING & set(state.reasons) or not self._client.service_is_ready():
            return
        # An answer that never comes, for the mirrors have ended, leaves this as it is: what comes after them is armed by hand.
        self._asking = True
        self._client.call_async(Trigger.Request()).add_done_callback(self._on_answer)

    def _on_answer(self, future: rclpy.Future) -> None:
        answer = future.result()
        if answer.success:
            self.done = True
            self._node.get_logger().info("armed")
        elif answer.message != self._refusal:
            self._node.get_logger().warning(f"not armed yet: {answer.message}")
        self._refusal = answer.message
        self._asking = False
        self._not_before = time.monotonic() + _PAUSE


def main() -> None:
    """Arm the rig of this namespace as a process, which ends with that."""
    made: list[Armer] = []

    def make() -> Node:
        node = Node("armer")
        made.append(Armer(node))
        return node

    sys.exit(run_node(make, until=lambda: made[0].done))
