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

"""Camera that plays a video file."""

from __future__ import annotations

import dataclasses
import threading
import time
from pathlib import Path

import cv2

from theylive_ros.camera.interface import Camera, CameraError, EndOfStream
from theylive_ros.camera.pace import Pace
from theylive_ros.settings import setting
from theylive_ros.types import Frame

# A file that does not say how fast it is (or says nonsense) is played at this rate (Hz).
_USUAL_RATE = 30.0


class VideoCamera(Camera):
    """Shows the frames of a video file at its own rate or another. The stamp is the moment at which one is shown."""

    @dataclasses.dataclass
    class Config:
        """Settings of the camera."""

        path: str = setting("", "video file", read_only=True)
        rate: float = setting(0.0, "frames per second; 0: as the file says", unit="Hz", low=0.0, high=1000.0, read_only=True)
        loop: bool = setting(True, "begin again at the end", read_only=True)

    def __init__(self, config: VideoCamera.Config) -> None:
        super().__init__(config)
        self._lock = threading.Lock()
        self._video: cv2.VideoCapture | None = None
        self._pace = Pace(0)

    def open(self) -> None:
        """See the interface."""
        self.close()
        path = str(Path(self.config.path).expanduser())
        if not self.config.path:
            raise CameraError("no video is named: set `path` to a video file")
        if not Path(path).is_file():
            raise CameraError(f"there is no video file {self.config.path}: set `path` to one")
        video = cv2.VideoCapture(path)
        if not video.isOpened():
            video.release()
            raise CameraError(f"OpenCV cannot play {self.config.path}: convert it, e.g. `ffmpeg -i {self.config.path} out.mp4`")
        said = video.get(cv2.CAP_PROP_FPS)
        with self._lock:
            self._video = video
            self._pace = Pace(self.config.rate or (said if 0.1 <= said <= 1000 else _USUAL_RATE))

    def read(self) -> Frame:
        """See the interface."""
        with self._lock:  # a close() from another thread must not release what is being read
            pace, video = self._pace, self._video
            if video is None:
                raise CameraError("the video is closed: open it first")
            ok, image = video.read()
            if not ok and self.config.loop:
                ok, image = self._rewind()
        if not ok:
            raise EndOfStream(f"the end of {self.config.path}")
        if not pace.wait():
            raise CameraError("the video was closed")
        return Frame(stamp=time.monotonic(), image=image)

    def close(self) -> None:
        """See the interface."""
        self._pace.end()
        with self._lock:
            if self._video is not None:
                self._video.release()
                self._video = None

    def _rewind(self) -> tuple[bool, cv2.typing.MatLike | None]:
        # Opened anew, not sought: seeking to the start is not exact, or not possible, in every container.
        self._video.release()
        self._video = cv2.VideoCapture(str(Path(self.config.path).expanduser()))
        ok, image = self._video.read()
        if not ok:
            raise CameraError(f"{self.config.path} has no frame that can be read: is it still being written?")
        return ok, image
