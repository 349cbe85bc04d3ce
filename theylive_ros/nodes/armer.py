"""Arms the laser once, as a person would by calling the mirrors' service `~/arm`."""

from __future__ import annotations

from rclpy.node import Node
from std_srvs.srv import Trigger
from theylive_msgs.msg import LaserState

from theylive_ros.nodes import qos


class Armer:
    """Waits until nothing speaks against arming, then calls `mirrors/arm`; once, never again after a fault."""

    # What arming would be refused for; all else comes and goes with the scene.
    _FORBIDDING = frozenset(
        (
            "link_silent",
            "controller_fault",
            "stop_input",
            "limit_input",
            "no_laser_line",
            "unreferenced",
            "cannot_clear_protected",
        )
    )

    def __init__(self, node: Node) -> None:
        self._node = node
        self._client = node.create_client(Trigger, "mirrors/arm")
        self._subscription = node.create_subscription(LaserState, "laser", self._on_laser, qos.STATE)
        self._asked = False

    def _on_laser(self, state: LaserState) -> None:
        if self._asked or state.armed or self._FORBIDDING & set(state.reasons) or not self._client.service_is_ready():
            return
        self._asked = True
        self._client.call_async(Trigger.Request()).add_done_callback(self._on_answer)

    def _on_answer(self, future: object) -> None:
        answer = future.result()
        if answer is not None and not answer.success:
            self._node.get_logger().error(f"not armed: {answer.message}")
