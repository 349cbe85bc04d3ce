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

"""The node `calibrator`: says where the laser's spot is seen, and finds out how pixels and mirrors belong together."""

from __future__ import annotations

import dataclasses
import functools
import math

from diagnostic_msgs.msg import DiagnosticStatus
from sensor_msgs.msg import CompressedImage, Image, JointState
from theylive_msgs import msg
from theylive_msgs.action import Calibrate

from theylive_ros.calibrator.blink import BlinkSettings, Order
from theylive_ros.calibrator.fit import FitSettings
from theylive_ros.calibrator.seen import SpotSettings
from theylive_ros.calibrator.sweep import SweepSettings
from theylive_ros.nodes import conversions, qos
from theylive_ros.nodes.base import ManagedNode, Worker
from theylive_ros.nodes.calibrate_server import CalibrateServer, Job
from theylive_ros.nodes.calibration_run import CalibrationRun, Heard, RunSettings
from theylive_ros.nodes.inbox import Inbox
from theylive_ros.nodes.manual_calibration import ManualCalibration
from theylive_ros.nodes.mirrors_client import MirrorsClient
from theylive_ros.nodes.process import run_node
from theylive_ros.nodes.spot_eye import SpotEye
from theylive_ros.parting import leave
from theylive_ros.settings import setting

_POLL = 0.05  # s
_GONE = "the calibrator is not active: activate it, then calibrate"


@dataclasses.dataclass(frozen=True)
class CalibratorConfig:
    """Parameters of the node; more are under sweep, blink, fit and spot. Geometry, limits and file are the mirrors node's."""

    compressed: bool = setting(False, "Hear image_raw/compressed instead of image_raw", read_only=True)
    click_scale: float = setting(
        2.0, "Enlargement of the picture that is clicked in: the visualizer's scale, or 1 for image_raw", low=0.1, high=16.0
    )


class CalibratorNode(ManagedNode):
    """Looks at pictures in a thread of its own. Action `calibrate`; services ~/mark, ~/undo, ~/finish for doing it by hand."""

    def __init__(self, **options: object) -> None:
        super().__init__("calibrator", **options)
        self._config = self.declare(CalibratorConfig)
        self._sweep = self.declare(SweepSettings, "sweep")
        self._blink = self.declare(BlinkSettings, "blink")
        self._fit = self.declare(FitSettings, "fit")
        self._spot = self.declare(SpotSettings, "spot")
        self._worker: Worker | None = None
        self._subscriptions: list[object] = []
        self._inbox: Inbox[Heard] = Inbox()
        self._stage = ""
        self._orders = self.create_lifecycle_publisher(msg.Commission, "commission", qos.ORDER)
        self._eye = SpotEye(self, lambda: self._spot.value)
        self._mirrors = MirrorsClient(self)
        self._server = CalibrateServer(self, lambda: "" if self.active else _GONE)
        self._manual = ManualCalibration(self, self._mirrors, lambda: self._fit.value, lambda: self._config.value.click_scale)
        self.ready()

    def start(self) -> None:
        """Begin to hear and to look."""
        self._inbox = Inbox()
        self._eye.forget()
        compressed = self._config.value.compressed
        kind, topic = (CompressedImage, "image_raw/compressed") if compressed else (Image, "image_raw")
        self._subscriptions = [
            self.create_subscription(kind, topic, self._on_picture, qos.IMAGE),
            self.create_subscription(msg.LaserState, "laser", self._on_laser, qos.STATE),
            self.create_subscription(msg.Pointing, "pointing", self._on_pointing, qos.RESULT),
            self.create_subscription(JointState, "joint_states", self._on_joints, qos.RESULT),
            self._manual.subscribe(),
        ]
        self._worker = Worker(self, "look", self._look)

    def stop(self) -> None:
        """End what is under way, dark; hear no more."""
        if self._worker is not None:
            self._worker.join()
            self._worker = None
        self._server.done(_nothing(_GONE))  # one that had come, and was not begun
        for subscription in self._subscriptions:
            self.destroy_subscription(subscription)
        self._subscriptions = []

    def destroy_node(self) -> None:
        """See ManagedNode; an action server is not destroyed by its node."""
        self._halt()
        self._server.destroy()
        super().destroy_node()

    def health(self) -> tuple[bytes, str]:
        """What it does."""
        return DiagnosticStatus.OK, f"calibrating: {self._stage}" if self._stage else "active"

    def _on_picture(self, message: Image | CompressedImage) -> None:
        self._manual.on_picture(message)
        self._inbox.put(message)

    def _on_laser(self, message: msg.LaserState) -> None:
        self._inbox.put(message)

    def _on_pointing(self, message: msg.Pointing) -> None:
        self._inbox.put(message)

    def _on_joints(self, message: JointState) -> None:
        self._manual.on_joints(message)
        self._inbox.put(message)

    def _look(self, worker: Worker) -> None:
        """The worker's thread: watch for the spot, and calibrate when that is asked for."""
        while not worker.stopping.is_set():
            self._watch(self._inbox.take_all(_POLL))
            job = self._server.take()
            if job is None:
                continue
            settings = RunSettings(self._sweep.value, self._blink.value, self._fit.value)
            tell = functools.partial(self._tell, job)
            run = CalibrationRun(self._mirrors, self._inbox, self._order, tell, self.ros_now, settings, worker.stopping)
            result = _nothing("the calibrator has failed; its log says where")
            try:
                result = run.run(job)
            finally:
                self._stage = ""
                self._server.done(result)
            self.get_logger().info(result.message) if result.success else self.get_logger().error(f"not calibrated: {result.message}")
            self._eye.forget()

    def _watch(self, heard: list[Heard]) -> None:
        pictures = [m for m in heard if isinstance(m, Image | CompressedImage)]
        for message in heard:
            if isinstance(message, msg.LaserState):
                self._eye.on_laser(message)
            elif isinstance(message, msg.Pointing):
                self._eye.on_pointing(message)
            elif pictures and message is pictures[-1]:  # nobody works on a stale frame
                self._eye.on_picture(message)
        self.meter.count("skipped", max(0, len(pictures) - 1))

    def _tell(self, job: Job, feedback: Calibrate.Feedback) -> None:
        job.tell(feedback)
        self._stage = f"{feedback.stage}, {100 * feedback.progress:.0f} %"

    def _order(self, order: Order) -> None:
        head = conversions.header(self.get_clock().now().to_msg(), "")
        self._orders.publish(msg.Commission(header=head, angles=list(order.angles), light=order.light))


def _nothing(words: str) -> Calibrate.Result:
    return Calibrate.Result(message=words, rms=math.nan, p95=math.nan)


def main() -> None:
    """Run the node as a process."""
    leave(run_node(CalibratorNode))
