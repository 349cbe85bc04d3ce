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

"""The node `detector`: pictures in, detections out, the newest picture first."""

from __future__ import annotations

import dataclasses

from diagnostic_msgs.msg import DiagnosticStatus
from sensor_msgs.msg import CompressedImage, Image
from theylive_msgs.msg import Detections

from theylive_ros import messages, plugins
from theylive_ros.camera.reopen import Backoff
from theylive_ros.detector.interface import Detector, DetectorError
from theylive_ros.nodes import conversions, qos
from theylive_ros.nodes.base import ManagedNode, Worker
from theylive_ros.nodes.newest import Newest
from theylive_ros.nodes.process import run_node
from theylive_ros.parting import leave
from theylive_ros.settings import setting


@dataclasses.dataclass(frozen=True)
class DetectorConfig:
    """Parameters of the node; those of the plugin are under `detector.`."""

    plugin: str = setting("yolov8", "Detector plugin (entry point group theylive_ros.detectors)", read_only=True)
    compressed: bool = setting(False, "Hear image_raw/compressed instead of image_raw", read_only=True)


class DetectorNode(ManagedNode):
    """Runs the plugin in a thread of its own on the newest picture; a picture that a newer one overtakes is counted as skipped."""

    def __init__(self, **options: object) -> None:
        super().__init__("detector", **options)
        self._detector: Detector | None = None
        self._config = self.declare(DetectorConfig)
        self._plugin, self._settings = self.declare_plugin(plugins.DETECTORS, self._config.value.plugin, "detector", self._on_settings)
        self._publisher = self.create_lifecycle_publisher(Detections, "detections", qos.RESULT)
        self._slot: Newest[Image | CompressedImage] = Newest()
        self._worker: Worker | None = None
        self._subscription = None
        self._trouble = ""
        self.ready()

    @property
    def skipped(self) -> int:
        """Pictures that a newer one overtook."""
        return self._slot.skipped

    @property
    def words(self) -> str:
        """Plugin and device, for a person."""
        device = self._detector.device if self._detector is not None else "no device"
        return f"{self._config.value.plugin} on {device}"

    def open(self) -> None:
        """Load the model and take the device."""
        self._detector = self._plugin(self._settings.value)
        self._detector.load()
        self.get_logger().info(f"{self._config.value.plugin} on {self._detector.device}; labels: {', '.join(self._detector.labels)}")

    def start(self) -> None:
        """Begin to hear pictures."""
        self._slot, self._trouble = Newest(), ""
        kind, topic = (CompressedImage, "image_raw/compressed") if self._config.value.compressed else (Image, "image_raw")
        self._subscription = self.create_subscription(kind, topic, self._slot.put, qos.IMAGE)
        self._worker = Worker(self, "detect", self._detect)

    def stop(self) -> None:
        """Stop hearing, finish the picture in hand."""
        if self._subscription is not None:
            self.destroy_subscription(self._subscription)
            self._subscription = None
        self._slot.close()
        if self._worker is not None:
            self._worker.join()
            self._worker = None

    def close(self) -> None:
        """Release the device."""
        if self._detector is not None:
            self._detector.close()
            self._detector = None

    def health(self) -> tuple[bytes, str]:
        """Error while the device is lost."""
        return (DiagnosticStatus.ERROR, self._trouble) if self._trouble else (DiagnosticStatus.OK, "active")

    def facts(self) -> dict[str, str]:
        """Plugin, device, and what was skipped for a newer picture."""
        return {"detector": self.words, "skipped": str(self.skipped)}

    def _on_settings(self, settings: object) -> None:
        if self._detector is not None:
            self._detector.config = settings

    def _detect(self, worker: Worker) -> None:
        detector = self._detector
        while not worker.stopping.is_set():
            message = self._slot.take()
            if message is None:
                return
            try:
                picture = conversions.from_image(message) if isinstance(message, Image) else messages.from_compressed(message)
                found = detector.detect(picture)
            except messages.ConversionError as error:
                self.meter.count("broken_frames")
                self.get_logger().warning(str(error), throttle_duration_sec=5.0)
                continue
            except DetectorError as error:
                self._recover(worker, detector, str(error))
                continue
            self._publisher.publish(conversions.to_detections(found, message.header))
            self.meter.count("frames")
            self.meter.latency("inference", found.inference_time)
            self.meter.latency("capture_to_detections", self.ros_now() - messages.from_time(message.header.stamp))

    def _recover(self, worker: Worker, detector: Detector, reason: str) -> None:
        """A lost Edge TPU comes back when it is plugged in again: load until it does."""
        backoff = Backoff()
        while not worker.stopping.is_set():
            self.meter.count("lost")
            if reason != self._trouble:
                self.get_logger().error(reason)
                self._trouble = reason
            detector.close()
            if worker.pause(backoff.next()):
                return
            try:
                detector.load()
            except DetectorError as error:
                reason = str(error)
                continue
            self.get_logger().info(f"the detector is back on {detector.device}")
            self._trouble = ""
            return


def main() -> None:
    """Run the node as a process."""
    leave(run_node(DetectorNode))
