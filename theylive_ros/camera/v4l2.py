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

"""Camera at a Video4Linux node, such as the rig's: MJPG 320x240 at 120 fps over USB."""

from __future__ import annotations

import dataclasses
import logging
import os
import threading
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from theylive_ros.camera import jpeg, v4l2_query
from theylive_ros.camera.interface import Camera, CameraError
from theylive_ros.camera.newest import NewestBuffer
from theylive_ros.settings import setting
from theylive_ros.types import Frame

# So many broken pictures in a row are no accident.
_MOST_BROKEN = 30
# Rates that differ by less are the same: 120 is 120.101 for many cameras.
_RATE_TOLERANCE = 0.02
# How long close() waits (s) for a read() in progress, before it leaves the release to it.
_PATIENCE = 1.0
# Values of the control V4L2_CID_EXPOSURE_AUTO; USB cameras know aperture priority for automatic, others the plain automatic.
_AUTOMATIC, _MANUAL = (3, 0), (1,)
_EXPOSURE_UNIT = 1e-4  # s, of V4L2_CID_EXPOSURE_ABSOLUTE

_log = logging.getLogger(__name__)


class V4l2Camera(Camera):
    """Reads through OpenCV, always the newest frame. The stamp is the driver's: the moment at which the frame began to arrive."""

    live = True

    @dataclasses.dataclass
    class Config:
        """Settings of the camera."""

        device: str = setting("/dev/video0", "device node, or its number; /dev/v4l/by-id/ has names that stay", read_only=True)
        width: int = setting(320, "width of the picture", unit="px", low=1, high=10000, read_only=True)
        height: int = setting(240, "height of the picture", unit="px", low=1, high=10000, read_only=True)
        fps: float = setting(120.0, "frames per second", unit="Hz", low=1.0, high=1000.0, read_only=True)
        fourcc: str = setting("MJPG", "pixel format of the stream", choices=("MJPG", "YUYV"), read_only=True)
        jpeg: bool = setting(False, "pass the camera's JPEG on undecoded", read_only=True)
        exposure: float = setting(0.0, "exposure time; 0: automatic", unit="s", low=0.0, high=1.0, read_only=True)
        gain: int = setting(-1, "gain, in the camera's own units; -1: left as it is", low=-1, high=65535, read_only=True)

    def __init__(
        self,
        config: V4l2Camera.Config,
        capture: Callable[[str, int], Any] = cv2.VideoCapture,
        query: Callable[[str], v4l2_query.Camera] = v4l2_query.query,
    ) -> None:
        """`capture` and `query` open the device and ask what it is; a test gives its own."""
        super().__init__(config)
        self._make_capture, self._query = capture, query
        self._path = f"/dev/video{config.device}" if config.device.isdecimal() else config.device
        self._lock = threading.Lock()  # held while the device is used: OpenCV does not survive a release during a read
        self._closing = False
        self._device: Any = None
        self._newest: NewestBuffer | None = None

    def open(self) -> None:
        """See the interface."""
        self.close()
        with self._lock:
            self._closing = False
            if self.config.jpeg and self.config.fourcc != "MJPG":
                raise CameraError(f"jpeg is on and fourcc is {self.config.fourcc}: set fourcc to MJPG, or jpeg to false")
            camera = self._query(self._path)
            self._device = self._make_capture(self._path, cv2.CAP_V4L2)
            try:
                self._set_up(camera)
            except BaseException:
                self._release()
                raise

    def read(self) -> Frame:
        """See the interface."""
        with self._lock:
            try:
                for _ in range(_MOST_BROKEN):
                    if self._device is None or self._closing:
                        raise CameraError(f"{self._path} is closed: open it first")
                    frame = self._read()
                    if frame is not None:
                        return frame
                raise CameraError(f"{self._path} sends broken pictures: try another cable or USB port, or a lower fps")
            finally:
                if self._closing:
                    self._release()

    def close(self) -> None:
        """See the interface."""
        self._closing = True
        if self._lock.acquire(timeout=_PATIENCE):
            self._release()
            self._lock.release()

    def _set_up(self, camera: v4l2_query.Camera) -> None:
        device, c = self._device, self.config
        if not device.isOpened():
            raise CameraError(
                f"OpenCV cannot open {self._path} ({camera.name}): is it built with Video4Linux (`cv2.getBuildInformation()`)?"
            )
        device.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter_fourcc(*c.fourcc))
        device.set(cv2.CAP_PROP_FRAME_WIDTH, c.width)
        device.set(cv2.CAP_PROP_FRAME_HEIGHT, c.height)
        device.set(cv2.CAP_PROP_FPS, c.fps)
        self._verify(camera)
        self._set_light()
        if c.fourcc == "MJPG":
            # Decoded here, not by OpenCV, which hands on what is broken without a word. The last setting: others undo it.
            device.set(cv2.CAP_PROP_CONVERT_RGB, 0)
        self._newest = NewestBuffer(device, 1.0 / c.fps)

    def _verify(self, camera: v4l2_query.Camera) -> None:
        """Drivers take the nearest they can do, without a word."""
        device, c = self._device, self.config
        code = int(device.get(cv2.CAP_PROP_FOURCC))
        fps = device.get(cv2.CAP_PROP_FPS)
        taken = v4l2_query.Mode(
            code.to_bytes(4, "little", signed=code < 0).decode("ascii", "replace").strip("\0 "),
            int(device.get(cv2.CAP_PROP_FRAME_WIDTH)),
            int(device.get(cv2.CAP_PROP_FRAME_HEIGHT)),
            max(fps, 0.0),
        )
        if fps <= 0:
            _log.warning("%s (%s) does not say its frame rate: %g fps are not certain", self._path, camera.name, c.fps)
        wrong_rate = fps > 0 and abs(fps - c.fps) > _RATE_TOLERANCE * c.fps
        if wrong_rate or (taken.fourcc, taken.width, taken.height) != (c.fourcc, c.width, c.height):
            wanted = v4l2_query.Mode(c.fourcc, c.width, c.height, c.fps)
            offer = (
                f"it offers {v4l2_query.describe(camera.modes)}" if camera.modes else "`v4l2-ctl --list-formats-ext` lists what it offers"
            )
            raise CameraError(
                f"{self._path} ({camera.name}) takes {taken} instead of {wanted}: {offer}; set fourcc, width, height and fps to one"
            )

    def _set_light(self) -> None:
        device, c = self._device, self.config
        # Drivers refuse the value that a control does not know, so the first that is taken is the right one.
        taken = any(device.set(cv2.CAP_PROP_AUTO_EXPOSURE, mode) for mode in (_MANUAL if c.exposure > 0 else _AUTOMATIC))
        if c.exposure > 0 and not (taken and device.set(cv2.CAP_PROP_EXPOSURE, round(c.exposure / _EXPOSURE_UNIT))):
            raise CameraError(f"{self._path} has no exposure time to be set: leave exposure at 0")
        if c.gain >= 0 and not device.set(cv2.CAP_PROP_GAIN, c.gain):
            raise CameraError(f"{self._path} has no gain to be set, or not {c.gain}: leave gain at -1")

    def _read(self) -> Frame | None:
        """The newest frame, None for a broken one."""
        try:
            stamp = self._newest.grab()
            ok, data = self._device.retrieve() if stamp is not None else (False, None)
        except cv2.error as cause:
            raise CameraError(
                f"{self._path} cannot be read ({' '.join(str(cause).split())}): unplug the camera and plug it in again"
            ) from cause
        if stamp is None:
            raise self._lost()
        if not ok or data is None or data.size == 0:
            return None
        if data.ndim == 3 and data.shape[2] == 3:
            if self.config.jpeg:
                raise CameraError(f"this OpenCV ({cv2.__version__}) decodes by itself: set jpeg to false")
            return Frame(stamp=stamp, image=data)
        whole = jpeg.complete(data.tobytes())
        if whole is None:
            return None
        if self.config.jpeg:
            return Frame(stamp=stamp, jpeg=whole)
        image = cv2.imdecode(np.frombuffer(whole, np.uint8), cv2.IMREAD_COLOR)
        return None if image is None else Frame(stamp=stamp, image=image)

    def _lost(self) -> CameraError:
        if not os.path.exists(self._path):
            return CameraError(f"{self._path} was unplugged: plug the camera in again")
        return CameraError(f"{self._path} gives no more frames: unplug the camera and plug it in again, or try another USB port")

    def _release(self) -> None:
        if self._device is not None:
            self._device.release()
            self._device = None
