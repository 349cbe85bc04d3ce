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

"""Cut-out heads as the camera sees them: drawn once per look, then turned, scaled and set down anywhere, to a fraction of a pixel."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable

import cv2
import numpy as np

from theylive_ros.simulator.alien import draw_alien
from theylive_ros.simulator.drawing import SIDE
from theylive_ros.simulator.john import draw_john

MM_PER_PX = 0.785  # the default picture's scale on the board
BOX_PX = 64.0  # side of a head's box at that scale, the convention of the training pictures
BOX_MM = BOX_PX * MM_PER_PX

ALIEN, JOHN = "alien", "john"
LABELS = (ALIEN, JOHN)
LOOKS = 16  # a head without a look of its own takes one of these: few enough to be drawn before anything moves
_DENSITY = 2  # texture pixels per default pixel, at usual scales
_REACH = 42.0  # no head goes further than this from its box's centre (px)
_ARTISTS = {ALIEN: (draw_alien, 1), JOHN: (draw_john, 2)}


def prepare(label: str, looks: Iterable[int]) -> None:
    """Draw these looks now, so that none is drawn (30 ms) in the middle of a run."""
    for look in looks:
        texture(label, look, _DENSITY)


@functools.lru_cache(maxsize=512)
def texture(label: str, look: int, density: int) -> np.ndarray:
    """The head of a look upright, BGRA uint8 with premultiplied alpha, `density` texture pixels per default pixel; read-only."""
    if label not in _ARTISTS:
        raise ValueError(f"no head called {label!r}; there are: {', '.join(LABELS)}")
    draw, salt = _ARTISTS[label]
    canvas = draw(np.random.default_rng([salt, look & 0xFFFFFFFF]))
    side = SIDE * density
    small = cv2.resize(canvas.premultiplied(), (side, side), interpolation=cv2.INTER_AREA)
    small.flags.writeable = False
    return small


def paste(
    image: np.ndarray,
    label: str,
    look: int,
    x: float,
    y: float,
    *,
    rotation: float = 0.0,
    scale: float = 1.0,
    smear: tuple[float, float] = (0.0, 0.0),
) -> None:
    """Draw a head into a BGR uint8 picture with its box's centre at x, y (px).

    rotation: radians, clockwise as seen. scale: pixels per default pixel. smear: way moved during the exposure (px).
    """
    density = _DENSITY if scale > 0.6 else 1
    source = texture(label, look, density)
    half = math.ceil(_REACH * scale + max(map(abs, smear)) / 2) + 1
    left, top = math.floor(x) - half, math.floor(y) - half
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + 2 * half + 1, image.shape[1]), min(top + 2 * half + 1, image.shape[0])
    if x0 >= x1 or y0 >= y1:
        return
    taps = 1 if math.hypot(*smear) < 0.4 else math.ceil(math.hypot(*smear) / 1.5) + 1
    patch = np.empty(0)
    for tap in range(taps):
        share = tap / (taps - 1) - 0.5 if taps > 1 else 0.0
        at = x - x0 + share * smear[0], y - y0 + share * smear[1]
        one = _warp(source, *at, rotation, scale / density, (x1 - x0, y1 - y0))
        patch = one if tap == 0 else cv2.addWeighted(patch, tap / (tap + 1), one, 1 / (tap + 1), 0)
    region = image[y0:y1, x0:x1]
    colour, alpha = patch[:, :, :3], patch[:, :, 3]
    through = cv2.cvtColor(cv2.bitwise_not(alpha), cv2.COLOR_GRAY2BGR)
    cv2.add(cv2.multiply(region, through, scale=1 / 255), colour, dst=region)


def sprite(label: str, look: int, rotation: float = 0.0, scale: float = 1.0) -> np.ndarray:
    """A head alone: BGRA uint8 with straight alpha, square, its box's centre in the middle."""
    side = math.ceil(SIDE * scale)
    patch = _warp(texture(label, look, _DENSITY), side / 2, side / 2, rotation, scale / _DENSITY, (side, side))
    alpha = patch[:, :, 3:].astype(np.float32)
    colour = patch[:, :, :3] * (255 / np.maximum(alpha, 1))
    return np.dstack([np.minimum(colour, 255).astype(np.uint8), patch[:, :, 3]])


def _warp(source: np.ndarray, x: float, y: float, rotation: float, factor: float, size: tuple[int, int]) -> np.ndarray:
    """The texture with its middle put at x, y (continuous pixels) of a picture of `size` (width, height)."""
    c, s = math.cos(rotation) * factor, math.sin(rotation) * factor
    middle = source.shape[0] / 2 - 0.5  # OpenCV counts from the centre of the first pixel
    matrix = np.array([[c, -s, x - 0.5 - (c - s) * middle], [s, c, y - 0.5 - (s + c) * middle]])
    return cv2.warpAffine(source, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
