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

"""Camera of pictures in files: a folder, a glob or one file, at a rate, looped or once."""

from __future__ import annotations

import dataclasses
import glob
import logging
import re
import time
from pathlib import Path

import cv2
import numpy as np

from theylive_ros.camera import jpeg
from theylive_ros.camera.interface import Camera, CameraError, EndOfStream
from theylive_ros.camera.pace import Pace
from theylive_ros.settings import setting
from theylive_ros.types import Frame

_SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".pgm", ".ppm"}

_log = logging.getLogger(__name__)


class ImagesCamera(Camera):
    """Shows pictures in the natural order of their names (2.png before 10.png). The stamp is the moment at which one is shown."""

    @dataclasses.dataclass
    class Config:
        """Settings of the camera."""

        path: str = setting("", "folder, glob ('shots/*.jpg') or file of the pictures", read_only=True)
        rate: float = setting(30.0, "pictures per second; 0: as fast as they are taken", unit="Hz", low=0.0, high=1000.0, read_only=True)
        loop: bool = setting(True, "begin again after the last picture", read_only=True)
        jpeg: bool = setting(False, "pass JPEG files on undecoded", read_only=True)

    def __init__(self, config: ImagesCamera.Config) -> None:
        super().__init__(config)
        self._pace: Pace | None = None
        self._files: list[Path] = []
        self._bad: set[Path] = set()
        self._next = 0

    def open(self) -> None:
        """See the interface."""
        self.close()
        self._files = find_pictures(self.config.path)
        self._bad.clear()
        self._next = 0
        self._pace = Pace(self.config.rate)

    def read(self) -> Frame:
        """See the interface."""
        pace = self._pace
        if pace is None or pace.ended:
            raise CameraError("the camera of pictures is closed: open it first")
        image, data = self._load_next()
        # Read before it is due, so that the stamp does not wait for the disk.
        if not pace.wait():
            raise CameraError("the camera of pictures was closed")
        return Frame(stamp=time.monotonic(), image=image, jpeg=data)

    def close(self) -> None:
        """See the interface."""
        if self._pace is not None:
            self._pace.end()

    def _load_next(self) -> tuple[np.ndarray | None, bytes | None]:
        while len(self._bad) < len(self._files):
            if self._next == len(self._files):
                if not self.config.loop:
                    raise EndOfStream(f"all {len(self._files) - len(self._bad)} pictures of {self.config.path} were shown")
                self._next = 0
            file = self._files[self._next]
            self._next += 1
            if file in self._bad:
                continue
            try:
                return _load(file, self.config.jpeg)
            except (OSError, ValueError) as cause:
                self._bad.add(file)
                _log.warning("%s is skipped: %s", file, cause)
        raise CameraError(f"none of the {len(self._files)} pictures of {self.config.path} can be read: give whole JPEG, PNG or BMP files")


def find_pictures(path: str) -> list[Path]:
    """The picture files that a folder, a glob or a file name stands for, in natural order. CameraError if there are none."""
    if not path:
        raise CameraError("no pictures are named: set `path` to a folder, a glob or a file")
    place = Path(path).expanduser()
    if place.is_dir():
        try:
            found = [p for p in place.iterdir() if p.suffix.lower() in _SUFFIXES]
        except OSError as cause:
            raise CameraError(f"folder {path} cannot be read ({cause.strerror}): mend its permissions") from cause
        where = f"folder {path} holds no pictures ({', '.join(sorted(_SUFFIXES))})"
    elif place.is_file():
        return [place]
    else:
        found = [Path(p) for p in glob.glob(str(place), recursive=True) if Path(p).is_file()]
        where = f"no file fits {path}"
    if not found:
        raise CameraError(f"{where}: set `path` to a folder, a glob or a file of pictures")
    return sorted(found, key=natural)


def natural(path: Path) -> list[tuple[int, int | str]]:
    """Sort key by which numbers in names count as numbers, and folders come before what is in them."""
    return [(0, int(part)) if part.isdecimal() else (1, part.lower()) for part in re.split(r"(\d+)", str(path)) if part]


def _load(file: Path, undecoded: bool) -> tuple[np.ndarray | None, bytes | None]:
    data = file.read_bytes()
    if data.startswith(b"\xff\xd8"):
        whole = jpeg.complete(data)
        if whole is None:
            raise ValueError("this JPEG file is cut short")
        if undecoded:
            return None, whole
    # imdecode throws on an empty buffer and answers None for everything else it cannot read
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if image is None:
        raise ValueError("OpenCV cannot read it as a picture")
    return image, None
