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

"""Frames with several real heads: cut-outs set down on pictures of the empty board."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np

from theylive_training.pictures.cutout import SIDE, Cutout
from theylive_training.pictures.picture import Box, Picture, inside, similarity

LEAST_INSIDE = 0.35  # share of a box that must be inside the picture for its head to be set down
_LEAST_SEEN = 0.45  # share of a head that must show between the heads above it to be labelled
_LEAST_HIDDEN = 0.15  # a head that shows less than this is nobody's


def extend(board: np.ndarray, width: int, height: int) -> np.ndarray:
    """A board picture as large as a whole camera frame: what lies beyond its right and lower edge is its mirror image."""
    rows, cols = board.shape[:2]
    grown = cv2.copyMakeBorder(board, 0, max(0, height - rows), 0, max(0, width - cols), cv2.BORDER_REFLECT)
    return grown[:height, :width]


def compose(
    rng: np.random.Generator,
    cutouts: Sequence[Cutout],
    board: np.ndarray,
    size: tuple[int, int],
    heads: int,
    scale_range: tuple[float, float] = (0.92, 1.08),
    any_angle: bool = True,
) -> Picture:
    """Set down up to `heads` cut-outs on a board picture, grown or cut to `size` (width, height).

    Heads may touch, cover each other in part and be cut by the edges; a label stays where enough of its head shows. scale_range: px
    per px of the cut-out. any_angle: turned by any angle and mirrored at random, else as they were.
    """
    width, height = size
    image = extend(board, width, height).copy()
    scale = rng.uniform(*scale_range)
    for _ in range(4):
        placed = _place(rng, cutouts, size, heads, scale, any_angle)
        shares = _seen(placed, size)
        if all(s >= _LEAST_SEEN for s in shares):  # else a half hidden head would teach that half a head is none
            break
        placed = [p for p, s in zip(placed, shares, strict=True) if s >= _LEAST_SEEN or s < _LEAST_HIDDEN]
    shares = _seen(placed, size)
    for _, layer in placed:
        _lay(image, layer)
    return Picture(image, tuple(box for (box, _), s in zip(placed, shares, strict=True) if s >= _LEAST_SEEN))


Layer = tuple[int, int, np.ndarray]  # left, top, BGRA premultiplied, cut to the picture


def _place(
    rng: np.random.Generator, cutouts: Sequence[Cutout], size: tuple[int, int], heads: int, scale: float, any_angle: bool
) -> list[tuple[Box, Layer]]:
    placed: list[tuple[Box, Layer]] = []
    for _ in range(12 * heads):
        if len(placed) == heads:
            break
        cutout = cutouts[int(rng.integers(len(cutouts)))]
        factor = scale * float(np.clip(rng.normal(1, 0.03), 0.9, 1.1))
        side = cutout.box * factor
        if placed and rng.random() < 0.35:  # right beside another
            near = placed[int(rng.integers(len(placed)))][0]
            way, away = rng.uniform(0, 2 * math.pi), side * rng.uniform(0.5, 0.85)
            x, y = near.x + away * math.cos(way), near.y + away * math.sin(way)
        else:
            x, y = rng.uniform(0, size[0]), rng.uniform(0, size[1])
            if rng.random() < 0.2:  # cut by an edge
                x, y = (x, rng.choice([0, size[1]])) if rng.random() < size[0] / sum(size) else (rng.choice([0, size[0]]), y)
                x, y = x + rng.uniform(-0.5, 0.5) * side, y + rng.uniform(-0.5, 0.5) * side
        box = Box(cutout.label, x, y, side, side)
        if inside(box, size) < LEAST_INSIDE or any(math.hypot(b.x - x, b.y - y) < 0.5 * side for b, _ in placed):
            continue
        degrees, mirrored = (rng.uniform(0, 360), rng.random() < 0.5) if any_angle else (0.0, False)
        placed.append((box, _layer(cutout.patch[:, ::-1] if mirrored else cutout.patch, x, y, degrees, factor, size)))
    return placed


def _layer(patch: np.ndarray, x: float, y: float, degrees: float, scale: float, size: tuple[int, int]) -> Layer:
    half = math.ceil(SIDE * scale * 0.75)
    x0, y0 = max(math.floor(x) - half, 0), max(math.floor(y) - half, 0)
    x1, y1 = min(math.floor(x) + half + 1, size[0]), min(math.floor(y) + half + 1, size[1])
    matrix = similarity(degrees, scale, (SIDE / 2, SIDE / 2), (x - x0, y - y0))
    matrix[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5  # OpenCV counts from the centre of the first pixel
    return x0, y0, cv2.warpAffine(patch, matrix, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)


def _seen(placed: Sequence[tuple[Box, Layer]], size: tuple[int, int]) -> list[float]:
    """The share of each head's pixels in the picture that no later head covers."""
    owner = np.full((size[1], size[0]), -1, np.int16)
    areas = []
    for i, (_, (x, y, patch)) in enumerate(placed):
        solid = patch[:, :, 3] > 127
        owner[y : y + patch.shape[0], x : x + patch.shape[1]][solid] = i
        areas.append(np.count_nonzero(solid))
    return [np.count_nonzero(owner == i) / max(area, 1) for i, area in enumerate(areas)]


def _lay(image: np.ndarray, layer: Layer) -> None:
    x, y, patch = layer
    region = image[y : y + patch.shape[0], x : x + patch.shape[1]]
    through = cv2.cvtColor(cv2.bitwise_not(patch[:, :, 3]), cv2.COLOR_GRAY2BGR)
    cv2.add(cv2.multiply(region, through, scale=1 / 255), patch[:, :, :3], dst=region)
