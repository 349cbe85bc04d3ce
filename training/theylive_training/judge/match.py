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

"""Which detection is of which head: the one place where the two are matched, for counts and for average precision alike."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from theylive_ros.types import Detection
from theylive_training.pictures.picture import Box, Picture, inside

OVERLAPS = np.linspace(0.5, 0.95, 10)  # intersections over union from which a detection is of a head; counts use the first
LEAST_INSIDE = 0.7  # a head of which less is in the picture need not be found


@dataclasses.dataclass(frozen=True, eq=False)
class Match:
    """Detections of one picture and its heads. detections: best score first, n of them; heads: m of them.

    owner: int (n, 10), the head of its own label that a detection finds at each of OVERLAPS, -1 for none. Each head is found once.
    overlap: (m, n) intersections over union. counted: bool (m,), False for heads that need not be found.
    """

    heads: Sequence[Box]
    detections: Sequence[Detection]
    owner: np.ndarray
    overlap: np.ndarray
    counted: np.ndarray

    def confused_with(self, detection: int) -> int:
        """The head of another label that a detection without an owner lies on; -1 where it lies on none, or most on one of its own label.

        So an alien seen on John is a confusion, also where John is named as well.
        """
        if not self.heads:
            return -1
        head = int(self.overlap[:, detection].argmax())
        on_it = self.overlap[head, detection] >= OVERLAPS[0]
        return head if on_it and self.heads[head].label != self.detections[detection].label else -1


def match(picture: Picture, found: Sequence[Detection]) -> Match:
    """From the best score to the least, each detection takes the head of its label that it overlaps most and that none has taken.

    So do the COCO evaluation and ultralytics (DetectionValidator.match_predictions).
    """
    detections = sorted(found, key=lambda d: -d.score)
    heads = picture.boxes
    size = picture.image.shape[1], picture.image.shape[0]
    overlap = _overlap(_corners(heads), _corners(detections))
    own = overlap * np.array([[h.label == d.label for d in detections] for h in heads]).reshape(overlap.shape)
    owner = np.full((len(detections), len(OVERLAPS)), -1)
    taken = np.zeros((len(heads), len(OVERLAPS)), bool)
    columns = np.arange(len(OVERLAPS))
    for i in np.flatnonzero((own >= OVERLAPS[0]).any(axis=0)):
        free = np.where(taken, 0.0, own[:, i, None])
        best = free.argmax(axis=0)
        enough = free[best, columns] >= OVERLAPS
        owner[i, enough] = best[enough]
        taken[best[enough], columns[enough]] = True
    return Match(heads, detections, owner, overlap, np.array([inside(h, size) >= LEAST_INSIDE for h in heads], bool))


def _corners(boxes: Sequence[Box] | Sequence[Detection]) -> np.ndarray:
    table = np.array([(b.x, b.y, b.width, b.height) for b in boxes], float).reshape(-1, 4)
    return np.hstack([table[:, :2] - table[:, 2:] / 2, table[:, :2] + table[:, 2:] / 2])


def _overlap(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Intersection over union of each of `one` (m, 4) with each of `other` (n, 4): (m, n)."""
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    high = np.minimum(one[:, None, 2:], other[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    areas = [np.clip(b[:, 2:] - b[:, :2], 0, None).prod(axis=1) for b in (one, other)]
    return shared / np.maximum(areas[0][:, None] + areas[1][None] - shared, 1e-12)
