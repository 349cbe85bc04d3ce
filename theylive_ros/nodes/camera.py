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

"""The node `camera`: frames of a camera plugin on image_raw or image_raw/compressed."""

from __future__ import annotations

import dataclasses
import time

from diagnostic_msgs.msg import DiagnosticStatus

from theylive_ros import plugins
from theylive_ros.camera.frozen import RepeatWatch
from theylive_ros.camera.interface import Camera, CameraError, EndOfStream
from theylive_ros.camera.reopen import Backoff
from theylive_ros.messages import ConversionError
from theylive_ros.nodes.base import ManagedNode, Worker
from theylive_ros.nodes.figures import END_OF_STREAM
from theylive_ros.nodes.image_publisher import ImagePublisher
from theylive_ros.nodes.process import run_node
from theylive_ros.parting import leave
from theylive_ros.settings import setting


@dataclasses.dataclass(frozen=True)
class CameraConfig:
    """Parameters of the node; those of the plugin are under `camera.`."""

    plugin: str = setting("v4l2", "Camera plugin (entry point group theylive_ros.cameras)", read_only=True)


class CameraNode(ManagedNode):
    """Opens the plugin's device, passes its frames on, and opens it again when it is lost."""

    def __init__(self, **options: object) -> None:
        super().__init__("camera", **options)
        self._config = self.declare(CameraConfig)
        self._plugin, self._settings = self.declare_plugin(plugins.CAMERAS, self._config.value.plugin, "camera")
        self._publisher = ImagePublisher(self)
        self._camera: Camera | None = None
        self._worker: Worker | None = None
        self._opened = False
        self._watch = RepeatWatch()
        self._trouble = ""
        self._ended = False
        self.ready()

    @property
    def ended(self) -> bool:
        """The stream is at its end: no more frames will come."""
        return self._ended

    def open(self) -> None:
        """Open the device."""
        self._camera = self._plugin(self._settings.value)
        self._camera.open()
        self._opened = True

    def start(self) -> None:
        """Begin to read."""
        self._trouble, self._ended = "", False
        self._worker = Worker(self, "read", self._read)

    def stop(self) -> None:
        """Stop reading. The device is closed too, until the next start: that is what ends a read that waits for a frame."""
        if self._worker is not None:
            self._worker.stopping.set()
            self._camera.close()
            self._worker.join()
            self._worker = None
            self._opened = False

    def close(self) -> None:
        """Release the device."""
        if self._camera is not None:
            self._camera.close()
            self._camera = None

    def health(self) -> tuple[bytes, str]:
        """Error while the device is lost."""
        if self._trouble:
            return DiagnosticStatus.ERROR, self._trouble
        return DiagnosticStatus.OK, END_OF_STREAM if self._ended else "active"

    def facts(self) -> dict[str, str]:
        """Which plugin."""
        return {"plugin": self._config.value.plugin}

    def _read(self, worker: Worker) -> None:
        camera, backoff = self._camera, Backoff()
        while not worker.stopping.is_set():
            try:
                if not self._opened:
                    camera.open()
                    self._opened = True
                frame = camera.read()
                if worker.stopping.is_set():
                    return
                if camera.live and not self._watch.is_new(frame):
                    self.meter.count("repeated_frames")
                    continue
                self._publisher.publish(frame)
                self.meter.latency("capture_to_publish", time.monotonic() - frame.stamp)
                if self._trouble:
                    self.get_logger().info("the camera is back")
                    self._trouble = ""
                backoff.reset()
            except EndOfStream:
                self._ended = True
                self.get_logger().info(END_OF_STREAM)
                return
            except ConversionError as error:
                self.meter.count("broken_frames")
                self.get_logger().warning(str(error), throttle_duration_sec=5.0)
            except CameraError as error:
                if worker.stopping.is_set():
                    return
                self._lost(str(error))
                camera.close()
                self._opened = False
                worker.pause(backoff.next())

    def _lost(self, reason: str) -> None:
        self.meter.count("lost")
        if reason != self._trouble:
            self.get_logger().error(reason)
            self._trouble = reason


def main() -> None:
    """Run the node as a process."""
    leave(run_node(CameraNode))
