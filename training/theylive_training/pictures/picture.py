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

"""A labelled picture, and the ways in which its labels move with its pixels."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import cv2
import numpy as np

LABELS = ("alien", "john")  # in the order of every model's classes
BOX = 64.0  # side of a head's box (px) where a head has its usual size: the public data set's convention


class Box(NamedTuple):
    """A head: x, y the centre of its box, in continuous px with (0, 0) at the picture's top left corner."""

    label: str
    x: float
    y: float
    width: float
    height: float


@dataclasses.dataclass(frozen=True, eq=False)
class Picture:
    """image: uint8 (height, width, 3) BGR. boxes: every head in it; a box may reach beyond the picture.

    upright: not to be turned or mirrored, because a person's clicks lean to one side of the picture (in the public set by 1 px to the
    right), which a net that sees it as it was taken can learn.
    """

    image: np.ndarray
    boxes: tuple[Box, ...]
    upright: bool = False


def turn(picture: Picture, quarters: int, mirrored: bool) -> Picture:
    """Mirror a picture left to right if asked, then turn it clockwise by `quarters` right angles."""
    image, boxes = picture.image, list(picture.boxes)
    if mirrored:
        width = image.shape[1]
        image = image[:, ::-1]
        boxes = [b._replace(x=width - b.x) for b in boxes]
    for _ in range(quarters % 4):
        height = image.shape[0]
        image = np.rot90(image, -1)
        boxes = [Box(b.label, height - b.y, b.x, b.height, b.width) for b in boxes]
    return Picture(np.ascontiguousarray(image), tuple(boxes))


def warp(
    picture: Picture, matrix: np.ndarray, size: tuple[int, int], fill: tuple[int, int, int] | None = None, least_inside: float = 0.0
) -> Picture:
    """Turn, scale and shift a picture by a 2x3 similarity `matrix` of continuous px onto a canvas of `size` (width, height).

    The boxes stay upright squares about their heads: only their centre and scale change, for a head's box does not grow when it turns.
    fill: BGR of what lies outside the picture, None to mirror it. A box of which less than `least_inside` (0..1) is inside goes.
    """
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    centred = matrix.astype(np.float64).copy()  # OpenCV counts from the centre of the first pixel
    centred[:, 2] += centred[:, :2] @ (0.5, 0.5) - 0.5
    mode = cv2.BORDER_REFLECT if fill is None else cv2.BORDER_CONSTANT
    method = cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR
    image = cv2.warpAffine(picture.image, centred, size, flags=method, borderMode=mode, borderValue=fill or (0, 0, 0))
    moved = []
    for b in picture.boxes:
        x, y = matrix @ (b.x, b.y, 1.0)
        moved.append(Box(b.label, float(x), float(y), b.width * scale, b.height * scale))
    return Picture(image, tuple(b for b in moved if inside(b, size) >= least_inside))


def similarity(degrees: float, scale: float, source: tuple[float, float], target: tuple[float, float]) -> np.ndarray:
    """The 2x3 matrix that turns clockwise by `degrees` and scales, taking the point `source` to `target` (continuous px)."""
    c, s = np.cos(np.deg2rad(degrees)) * scale, np.sin(np.deg2rad(degrees)) * scale
    linear = np.array([[c, -s], [s, c]])
    return np.column_stack([linear, np.asarray(target) - linear @ source])


def inside(box: Box, size: tuple[int, int]) -> float:
    """The share (0..1) of a box that lies within a picture of `size` (width, height)."""
    across = min(box.x + box.width / 2, size[0]) - max(box.x - box.width / 2, 0)
    down = min(box.y + box.height / 2, size[1]) - max(box.y - box.height / 2, 0)
    return max(across, 0.0) * max(down, 0.0) / (box.width * box.height)
