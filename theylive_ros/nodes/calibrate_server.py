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

"""The action `calibrate`: takes one goal at a time and hands it to whoever does the work, in a thread of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable

from rclpy.action import ActionServer, CancelResponse
from rclpy.action.server import ServerGoalHandle
from theylive_msgs.action import Calibrate

from theylive_ros.nodes.base import ManagedNode


class Job:
    """One accepted goal."""

    def __init__(self, node: ManagedNode, handle: ServerGoalHandle) -> None:
        self._node, self._handle = node, handle
        self.request: Calibrate.Goal = handle.request

    @property
    def cancelled(self) -> bool:
        """Whether the client wants it to end."""
        return self._handle.is_cancel_requested

    def tell(self, feedback: Calibrate.Feedback) -> None:
        """Send feedback."""
        self._handle.publish_feedback(feedback)

    def finish(self, result: Calibrate.Result) -> None:
        """End it: succeeded, cancelled where that was asked for, else aborted."""

        def conclude(handle: ServerGoalHandle) -> Calibrate.Result:
            if result.success:
                handle.succeed()
            elif handle.is_cancel_requested:
                handle.canceled()
            else:
                handle.abort()
            return result

        # A goal is executed only when all is done: rclpy would want the spinning thread for as long as it is under way, and an awaited
        # future would have it spin at full speed. By the spinning thread, so that no cancellation comes in between.
        executor = self._node.executor
        if executor is not None:  # else the node is on its way out, and nobody can be told
            executor.create_task(self._handle.execute, conclude)


class CalibrateServer:
    """Accepts every goal, so that a refusal can say why; one that cannot be begun is aborted at once."""

    def __init__(self, node: ManagedNode, refusal: Callable[[], str]) -> None:
        """refusal: why nothing can be begun now, empty if it can. Asked by the spinning thread."""
        self._node, self._refusal = node, refusal
        self._lock = threading.Lock()
        self._job: Job | None = None
        self._taken = False
        self._server = ActionServer(
            node,
            Calibrate,
            "calibrate",
            execute_callback=lambda handle: Calibrate.Result(),  # never called: every goal is executed by its own, see Job.finish
            handle_accepted_callback=self._on_accepted,
            cancel_callback=lambda handle: CancelResponse.ACCEPT,
        )

    @property
    def busy(self) -> bool:
        """Whether a goal waits or is under way."""
        with self._lock:
            return self._job is not None

    def take(self) -> Job | None:
        """The goal to work on; None if there is no new one. It counts as under way until `done`."""
        with self._lock:
            if self._job is None or self._taken:
                return None
            self._taken = True
            return self._job

    def done(self, result: Calibrate.Result) -> None:
        """The goal under way, or the one that waits, has come to its end."""
        with self._lock:
            job, self._job, self._taken = self._job, None, False
        if job is not None:
            job.finish(result)

    def destroy(self) -> None:
        """Take no more goals."""
        self._server.destroy()

    def _on_accepted(self, handle: ServerGoalHandle) -> None:
        job = Job(self._node, handle)
        words = self._refusal()
        with self._lock:
            if not words and self._job is not None:
                words = "a calibration is under way already: wait for its end, or cancel it"
            if not words:
                self._job = job
                return
        job.finish(Calibrate.Result(message=words, rms=float("nan"), p95=float("nan")))
