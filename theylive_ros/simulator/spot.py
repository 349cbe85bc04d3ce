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

"""The laser's spot in the picture: a saturated core with a coloured halo, added to what is there."""

from __future__ import annotations

import math

import cv2
import numpy as np

# BGR brightness of core, halo and glow at their middle (grey levels; beyond 255 the sensor saturates) and their widths (px at 0.785 mm)
_LASERS = {
    "red": (((230, 210, 640), (55, 40, 170), (6, 3, 26))),
    "green": (((300, 640, 250), (60, 170, 50), (8, 26, 4))),
}
_WIDTHS = (1.5, 3.2, 9.0)
COLOURS = tuple(_LASERS)


def add_spot(image: np.ndarray, x: float, y: float, *, colour: str = "red", size: float = 1.0, power: float = 1.0) -> None:
    """Add the spot to a BGR uint8 picture, its middle at x, y (px, to any fraction).

    size: 1 for a spot some 3 mm wide at the default scale. power: 1 for a spot lit during the whole exposure.
    """
    reach = math.ceil(2.6 * _WIDTHS[-1] * size)
    x0, y0 = max(math.floor(x) - reach, 0), max(math.floor(y) - reach, 0)
    x1, y1 = min(math.floor(x) + reach + 1, image.shape[1]), min(math.floor(y) + reach + 1, image.shape[0])
    if x0 >= x1 or y0 >= y1 or power <= 0:
        return
    across = np.arange(x0, x1, dtype=np.float32) + np.float32(0.5 - x)
    down = np.arange(y0, y1, dtype=np.float32) + np.float32(0.5 - y)
    spread = np.float32(-0.5 / size**2) / np.square(np.array(_WIDTHS, np.float32))
    bells = np.exp(down[:, None, None] ** 2 * spread) * np.exp(across[None, :, None] ** 2 * spread)
    glow = cv2.transform(bells, np.array(_LASERS[colour], np.float32).T * np.float32(power))
    region = image[y0:y1, x0:x1]
    cv2.add(region, glow, dst=region, dtype=cv2.CV_8U)
