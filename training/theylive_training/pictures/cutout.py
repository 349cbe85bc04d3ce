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

"""Cuts the real heads out of their pictures, so that they can be set down elsewhere: several to a frame, turned, smaller.

A head is what differs from the board, and the board is the median of the pictures taken just before and after: the camera stood
still, and the head was somewhere else in most of them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import cv2
import numpy as np

from theylive_training.data.dataset import LabelledFile
from theylive_training.pictures.picture import BOX

SIDE = 88  # of a cut-out (px): a turned head reaches beyond its box
_NEIGHBOURS = 12  # pictures before and after that show the board
_REACH = 40  # px from the centre beyond which nothing belongs to the head
_MARGIN = SIDE / 2 - 6  # px that a head's centre must be from the picture's edges
_AREAS = (700, 2200)  # px that a head covers


@dataclasses.dataclass(frozen=True, eq=False)
class Cutout:
    """A head alone. patch: BGRA uint8 (SIDE, SIDE, 4), colours premultiplied by alpha; the box's centre is in the patch's middle."""

    label: str
    patch: np.ndarray
    box: float = BOX


def cut_out(pictures: Sequence[LabelledFile], wanted: Sequence[LabelledFile] | None = None) -> list[Cutout]:
    """The heads of `wanted` (all if None) that lie wholly in their pictures and come out clean.

    pictures: in order of capture, one head each; they also show the board.
    """
    images = [p.read().image for p in pictures]
    chosen = {p.path for p in (pictures if wanted is None else wanted)}
    cutouts = []
    for i, picture in enumerate(pictures):
        if picture.path not in chosen or len(picture.boxes) != 1:
            continue
        label, x, y, _, _ = picture.boxes[0]
        if not (_MARGIN <= x <= images[i].shape[1] - _MARGIN and _MARGIN <= y <= images[i].shape[0] - _MARGIN):
            continue
        near = images[max(0, i - _NEIGHBOURS) : i + _NEIGHBOURS + 1]
        board = np.median(np.stack([_square(n, x, y) for n in near]), axis=0).astype(np.uint8)
        patch = _matte(_square(images[i], x, y), board)
        if patch is not None:
            cutouts.append(Cutout(label, patch))
    return cutouts


def _square(image: np.ndarray, x: float, y: float) -> np.ndarray:
    return cv2.getRectSubPix(image, (SIDE, SIDE), (x - 0.5, y - 0.5))


def _matte(head: np.ndarray, behind: np.ndarray) -> np.ndarray | None:
    """The head in BGRA, or None where it does not come off its board in one piece of a head's size."""
    rows, cols = np.mgrid[:SIDE, :SIDE] + 0.5 - SIDE / 2
    away = np.hypot(rows, cols)
    ring = (away > _REACH - 2) & (away < SIDE / 2)
    # the automatic exposure moves between pictures: bring the board to this picture's
    gain = (head[ring].mean(axis=0) + 1) / (behind[ring].mean(axis=0) + 1)
    difference = np.abs(cv2.GaussianBlur(head, (0, 0), 0.7).astype(np.float32) - cv2.GaussianBlur(behind, (0, 0), 0.7) * gain).max(axis=2)
    mask = ((difference > 26) & (away < _REACH)).astype(np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not outlines:
        return None
    largest = max(outlines, key=cv2.contourArea)
    area = cv2.contourArea(largest)
    (middle_x, middle_y), _ = cv2.minEnclosingCircle(largest)
    if not _AREAS[0] < area < _AREAS[1] or max(abs(middle_x - SIDE / 2), abs(middle_y - SIDE / 2)) > 12:
        return None
    alpha = np.zeros((SIDE, SIDE), np.uint8)
    cv2.drawContours(alpha, [largest], -1, 255, cv2.FILLED)
    alpha = cv2.GaussianBlur(cv2.erode(alpha, np.ones((3, 3), np.uint8)), (0, 0), 0.8)
    colour = cv2.multiply(head, cv2.cvtColor(alpha, cv2.COLOR_GRAY2BGR), scale=1 / 255)
    return np.dstack([colour, alpha])
