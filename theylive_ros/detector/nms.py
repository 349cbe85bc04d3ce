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

"""Non-maximum suppression per class, and a vote of the suppressed on the survivors' boxes, in NumPy alone."""

from __future__ import annotations

import numpy as np

MAX_CANDIDATES = 512  # the best so many are looked at; a head is some ten of them
_AGREE = 0.8  # intersection over union from which a box speaks of the same head as a better one
HEARD = 0.5  # share of the best score that a box must have to be heard
_NO_AREA = 1e-12  # px^2; two boxes without any do not overlap


def nms(boxes: np.ndarray, scores: np.ndarray, classes: np.ndarray, iou_threshold: float, max_detections: int) -> np.ndarray:
    """Indices of the boxes that survive, best score first.

    boxes: (n, 4) x_min, y_min, x_max, y_max; scores, classes: (n,). A box goes when it overlaps a better one of its own class by more
    than `iou_threshold` (intersection over union). Equal scores, frequent in int8, are ordered by class, then place, so that
    the result does not depend on the order of the input.
    """
    order = np.lexsort((*boxes.T[::-1], classes, -scores))[:MAX_CANDIDATES]
    # All pairs at once: a few operations on a small matrix take less time than many on its rows.
    hidden_by = (_overlaps(boxes[order], boxes[order]) > iou_threshold) & np.equal.outer(classes[order], classes[order])
    left = np.ones(len(order), bool)
    kept: list[int] = []
    for i in range(len(order)):
        if left[i]:
            kept.append(i)
            left &= ~hidden_by[i]
        if len(kept) == max_detections:
            break
    return order[kept]


def vote(boxes: np.ndarray, scores: np.ndarray, classes: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """The boxes of `kept`, each the mean, weighted by score, of all boxes of its class that agree with it: float32 (len(kept), 4).

    Neighbouring cells see the same head, and what int8 does to their boxes is not the same. Arguments as of `nms`, kept as it returned.
    Box voting: Gidaris and Komodakis 2015, "Object detection via a multi-region and semantic segmentation-aware CNN model", section 5.
    """
    heard = (_overlaps(boxes[kept], boxes) >= _AGREE) & np.equal.outer(classes[kept], classes)
    heard &= scores >= HEARD * scores[kept, None]
    heard[np.arange(len(kept)), kept] = True  # a box without area overlaps nothing, not even itself
    weights = heard * np.maximum(scores, _NO_AREA)
    return ((weights @ boxes) / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def _overlaps(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Intersection over union of each box of `some` with each of `others`: (len(some), len(others))."""
    (ax0, ay0, ax1, ay1), (bx0, by0, bx1, by1) = some.T, others.T
    shared = np.maximum(np.minimum.outer(ax1, bx1) - np.maximum.outer(ax0, bx0), 0)
    shared *= np.maximum(np.minimum.outer(ay1, by1) - np.maximum.outer(ay0, by0), 0)
    area_a = np.maximum(ax1 - ax0, 0) * np.maximum(ay1 - ay0, 0)
    area_b = np.maximum(bx1 - bx0, 0) * np.maximum(by1 - by0, 0)
    return shared / np.maximum(np.add.outer(area_a, area_b) - shared, _NO_AREA)
