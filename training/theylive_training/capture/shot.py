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

"""One picture as it will be saved: a frame, cut as asked."""

from __future__ import annotations

import dataclasses
import time
from typing import NamedTuple

import cv2
import numpy as np

from theylive_ros.simulator.camera import decode, encode
from theylive_ros.types import Frame
from theylive_training.capture.labels import BACKGROUND, Label
from theylive_training.errors import TrainingError

_QUALITY = 95  # of a JPEG that is made here


class Crop(NamedTuple):
    """The square of a frame that is saved: its top left corner and its side (px)."""

    x: int
    y: int
    side: int

    def cut(self, image: np.ndarray) -> np.ndarray:
        """That part of an image. Raises TrainingError where it is not wholly inside."""
        height, width = image.shape[:2]
        if self.x + self.side > width or self.y + self.side > height:
            raise TrainingError(
                f"the crop {self.x} {self.y} {self.side} does not lie within a frame of {width}x{height}: "
                "choose another with --crop X Y SIDE, or --crop none"
            )
        return image[self.y : self.y + self.side, self.x : self.x + self.side]


ORIGINAL = Crop(0, 0, 224)  # how the public set's pictures were cut


@dataclasses.dataclass(frozen=True, eq=False)
class Shot:
    """A frame in hand. frame: uint8 (height, width, 3) BGR; image: the part of it that is saved; when: of capture (s since 1970)."""

    frame: np.ndarray
    image: np.ndarray
    when: float
    jpeg: bytes | None = None

    def data(self) -> bytes:
        """The JPEG file to be saved: the camera's own bytes where the whole frame is, else a new one."""
        return encode(self.image, _QUALITY) if self.jpeg is None else self.jpeg

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of what is saved (px)."""
        return self.image.shape[1], self.image.shape[0]

    def label(self, class_id: int, x: float, y: float) -> Label:
        """A head at x, y (px of what is saved): in whole px, and never the one beyond the last."""
        width, height = self.size
        return Label(class_id, min(round(x), width - 1), min(round(y), height - 1))

    def empty(self) -> Label:
        """There is no head; the public set then names the middle."""
        width, height = self.size
        return Label(BACKGROUND, width // 2, height // 2)


def develop(frame: Frame, crop: Crop | None) -> Shot | None:
    """The picture in a frame; None for a JPEG that is damaged. Raises TrainingError where the crop leaves the frame."""
    image = decode(frame.jpeg) if frame.jpeg is not None else frame.image
    if image is None:
        return None
    if image.ndim == 2:
        image = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
    when = time.time() - (time.monotonic() - frame.stamp)
    if crop is None:
        return Shot(image, image, when, frame.jpeg)
    return Shot(image, crop.cut(image), when)
