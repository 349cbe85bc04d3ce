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

"""Has a rig calibrated, as `theylive calibrate` does, from within a process that spins anyway."""

from __future__ import annotations

import math
from typing import Any

from rclpy.action import ActionClient
from rclpy.node import Node
from theylive_msgs.action import Calibrate


class CalibrateClient:
    """Asks once. `result` is there when it is over; a goal that was not taken is a result without success."""

    def __init__(self, node: Node, goal: Calibrate.Goal) -> None:
        self.feedback: Calibrate.Feedback | None = None
        self.result: Calibrate.Result | None = None
        self._goal = goal
        self._client = ActionClient(node, Calibrate, "calibrate")
        self._asked = False

    @property
    def words(self) -> str:
        """How far it is, for people."""
        feedback = self.feedback
        if feedback is None:
            return "calibrating"
        residual = f", {feedback.residual:.2f} px off" if math.isfinite(feedback.residual) else ""
        return f"calibrating {100 * feedback.progress:.0f} %: spot found at {feedback.found} places{residual}"

    def ask(self) -> None:
        """Send the goal as soon as somebody is there to take it. Call again and again."""
        if not self._asked and self._client.server_is_ready():
            self._asked = True
            self._client.send_goal_async(self._goal, self._on_feedback).add_done_callback(self._on_taken)

    def destroy(self) -> None:
        """An action client is not destroyed by its node."""
        self._client.destroy()

    def _on_feedback(self, message: Any) -> None:
        self.feedback = message.feedback

    def _on_taken(self, future: Any) -> None:
        handle = future.result()
        if handle.accepted:
            handle.get_result_async().add_done_callback(self._on_result)
        else:
            self.result = Calibrate.Result(message="the calibrator does not take the goal; its reason is above")

    def _on_result(self, future: Any) -> None:
        self.result = future.result().result
