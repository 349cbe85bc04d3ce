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

"""The camera's picture as it is shown on the screen: enlarged, and dark where it is not saved."""

from __future__ import annotations

import cv2
import numpy as np

from theylive_training.capture.shot import Crop

_DIM = 0.4
_MOST = 4.0


def zoom_for(size: tuple[int, int], room: tuple[int, int]) -> float:
    """How much to enlarge a picture of `size` (px) so that it fits into `room`: a whole number from 1 on, less for a large picture."""
    zoom = min(_MOST, room[0] / size[0], room[1] / size[1])
    return float(int(zoom)) if zoom >= 1 else max(zoom, 0.05)


def render(image: np.ndarray, crop: Crop | None, zoom: float) -> bytes:
    """A BGR picture, enlarged, as PPM bytes for Tk."""
    shown = image
    if crop is not None:
        shown = cv2.convertScaleAbs(image, alpha=_DIM)
        part = slice(crop.y, crop.y + crop.side), slice(crop.x, crop.x + crop.side)
        shown[part] = image[part]
    height, width = image.shape[:2]
    size = (max(1, round(width * zoom)), max(1, round(height * zoom)))
    shown = cv2.resize(shown, size, interpolation=cv2.INTER_LINEAR if zoom >= 1 else cv2.INTER_AREA)
    return b"P6 %d %d 255\n" % size + cv2.cvtColor(shown, cv2.COLOR_BGR2RGB).tobytes()
