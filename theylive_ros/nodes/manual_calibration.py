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

"""The manual calibration: pairs marked by a service or by clicks in the annotated picture, dropped, and made a file of."""

from __future__ import annotations

import os
from collections.abc import Callable

from geometry_msgs.msg import Point
from rclpy.subscription import Subscription
from sensor_msgs.msg import CompressedImage, Image, JointState
from std_srvs.srv import Trigger
from theylive_msgs.srv import MarkSpot

from theylive_ros import messages
from theylive_ros.calibrator.fit import FitError, FitSettings, fit_manual
from theylive_ros.calibrator.looks import pair
from theylive_ros.mirrors.calibration import CalibrationError
from theylive_ros.mirrors.calibration_file import save
from theylive_ros.nodes import conversions, qos
from theylive_ros.nodes.base import ManagedNode
from theylive_ros.nodes.marks import MarkError, Marks
from theylive_ros.nodes.mirrors_client import MirrorsClient


class ManualCalibration:
    """Services ~/mark, ~/undo and ~/finish, and clicks. All of it in the node's spinning thread."""

    def __init__(self, node: ManagedNode, mirrors: MirrorsClient, fit: Callable[[], FitSettings], scale: Callable[[], float]) -> None:
        """scale: of the clicked picture against the camera's."""
        self._node, self._mirrors, self._fit, self._scale = node, mirrors, fit, scale
        self._marks = Marks()
        self._picture: Image | CompressedImage | None = None
        node.create_service(MarkSpot, "~/mark", self._mark)
        node.create_service(Trigger, "~/undo", self._undo)
        node.create_service(Trigger, "~/finish", self._finish)

    def subscribe(self) -> Subscription:
        """Begin to hear clicks; the subscription, for whoever ends it."""
        return self._node.create_subscription(Point, "annotated_mouse_left", self._on_click, qos.RESULT)

    def on_picture(self, message: Image | CompressedImage) -> None:
        """The newest picture, for its size."""
        self._picture = message

    def on_joints(self, message: JointState) -> None:
        """Where the mirrors stand."""
        self._marks.on_mirrors(message.position, any(message.velocity), messages.from_time(message.header.stamp))

    def _keep(self, x: float, y: float) -> str:
        """Keep a pair; what was done. Raises MarkError."""
        if not self._node.active:
            raise MarkError("the node is not active")
        self._mirrors.ask_facts()  # they are needed at the end
        return self._marks.mark(x, y, self._size(), self._node.ros_now())

    def _size(self) -> tuple[int, int]:
        image = conversions.picture_of(self._picture) if self._picture is not None else None
        if image is None:
            raise MarkError("no picture is heard: start the camera, or see to the parameter `compressed`")
        return image.shape[1], image.shape[0]

    def _mark(self, request: MarkSpot.Request, answer: MarkSpot.Response) -> MarkSpot.Response:
        try:
            answer.message = self._keep(request.x, request.y)
            answer.success = True
        except MarkError as error:
            answer.message = str(error)
        answer.pairs = len(self._marks.sightings)
        return answer

    def _on_click(self, click: Point) -> None:
        x, y = click.x / self._scale(), click.y / self._scale()
        try:
            self._node.get_logger().info(f"click at ({x:.1f}, {y:.1f}) px: {self._keep(x, y)}")
        except MarkError as error:
            self._node.get_logger().warning(f"click at ({x:.1f}, {y:.1f}) px refused: {error}")

    def _undo(self, _: Trigger.Request, answer: Trigger.Response) -> Trigger.Response:
        try:
            answer.message = self._marks.undo()
            answer.success = True
        except MarkError as error:
            answer.message = str(error)
        return answer

    def _finish(self, _: Trigger.Request, answer: Trigger.Response) -> Trigger.Response:
        try:
            answer.message = self._write()
            answer.success = True
        except (MarkError, FitError, CalibrationError) as error:
            answer.message = f"{error}; the old calibration is as it was"
        return answer

    def _write(self) -> str:
        facts = self._mirrors.facts
        if facts is None:
            raise MarkError("nothing is known of the mirrors: start the mirrors node, mark a place, then finish")
        if not facts.file:
            raise MarkError("no file to write: name one in the mirrors' parameter `calibration`")
        width, height = self._size()
        pairs = [pair(sighting, facts.geometry) for sighting in self._marks.sightings]
        calibration = fit_manual(pairs, facts.geometry, width, height, self._fit())
        file = os.path.abspath(facts.file)
        save(calibration, file)
        self._marks.sightings.clear()
        self._mirrors.ask_reload()
        checked = (
            f"residual {calibration.rms_px:.1f} px RMS, cross-validated" if calibration.rms_px else "eight pairs would tell how good it is"
        )
        return f"{len(pairs)} pairs, {checked}; written to {file}, and the mirrors are asked to read it"
