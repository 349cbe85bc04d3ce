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

"""How good a YOLO is after an epoch, on pictures that it has not learned from: its loss, and what it would find in them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch

from theylive_ros.detector.nms import nms
from theylive_training.nets.detectors import DetectionModel
from theylive_training.pictures.picture import LABELS, Box, Picture
from theylive_training.train.batches import plain_batch

THRESHOLD = 0.5  # least score of a head that is found, and least overlap with its box, as on the robot
_MOST = 100  # heads in a picture


def validate(net: DetectionModel, pictures: Sequence[Picture], size: int, device: str) -> tuple[float, dict[str, float]]:
    """The mean loss of a net that is not training, and its scores; `size` pictures to a batch.

    quality: panoptic quality (Kirillov et al. 2019, eq. 1), the overlaps of the heads found over the heads found, half of those missed
    and half of those made up; NaN as long as nothing at all is found. recall, precision: at THRESHOLD. iou: mean overlap of the heads
    found. centre_p50_px: median distance of their centres, in px of the net's input; left out with iou where none is found.
    """
    pictures = [pictures[i] for i in np.random.default_rng(0).permutation(len(pictures))]  # empty boards among heads: an even loss
    losses, overlaps, errors, found = [], [], [], 0
    for start in range(0, len(pictures), size):
        chosen = pictures[start : start + size]
        batch = plain_batch(chosen, device)
        with torch.no_grad():
            output = net(batch["img"])
            losses.append(float(net.loss(batch, output)[0].sum()))  # ultralytics has multiplied it by the batch's length
        for picture, table in zip(chosen, output[0].float().cpu().numpy(), strict=True):
            boxes, classes = _detections(table)
            found += len(boxes)
            for i, k, overlap in _matches(picture.boxes, boxes, classes):
                overlaps.append(overlap)
                head, (x0, y0, x1, y1) = picture.boxes[i], boxes[k]
                errors.append(math.hypot(head.x - (x0 + x1) / 2, head.y - (y0 + y1) / 2))
    heads, hits = sum(len(p.boxes) for p in pictures), len(overlaps)
    scores = {
        "quality": 2 * sum(overlaps) / (heads + found) if found else math.nan,  # hits + missed / 2 + made up / 2 = (heads + found) / 2
        "recall": hits / heads if heads else math.nan,
        "precision": hits / found if found else math.nan,
    }
    if hits:
        scores |= {"iou": float(np.mean(overlaps)), "centre_p50_px": float(np.median(errors))}
    return sum(losses) / len(pictures), scores


def _detections(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Corners (n, 4) and classes (n,) of what is found, the best first. table: (4 + classes, cells), centres and sizes in px, scores."""
    classes, cells = np.nonzero(table[4:] >= THRESHOLD)
    centres, sizes = table[:2, cells].T, table[2:4, cells].T
    boxes = np.concatenate([centres - sizes / 2, centres + sizes / 2], axis=1)
    kept = nms(boxes, table[4 + classes, cells], classes, THRESHOLD, _MOST)
    return boxes[kept], classes[kept]


def _matches(heads: Sequence[Box], boxes: np.ndarray, classes: np.ndarray) -> list[tuple[int, int, float]]:
    """(head, detection, overlap) of every head found; the better scored detection chooses first."""
    matches: list[tuple[int, int, float]] = []
    for k, (box, label) in enumerate(zip(boxes, classes, strict=True)):
        taken = {i for i, _, _ in matches}
        overlaps = [(_overlap(h, box), i) for i, h in enumerate(heads) if i not in taken and h.label == LABELS[label]]
        best, i = max(overlaps, default=(0.0, -1))
        if best >= THRESHOLD:
            matches.append((i, k, best))
    return matches


def _overlap(head: Box, corners: np.ndarray) -> float:
    """Intersection over union."""
    x0, y0, x1, y1 = corners.tolist()
    across = min(head.x + head.width / 2, x1) - max(head.x - head.width / 2, x0)
    down = min(head.y + head.height / 2, y1) - max(head.y - head.height / 2, y0)
    shared = max(across, 0.0) * max(down, 0.0)
    return shared / (head.width * head.height + (x1 - x0) * (y1 - y0) - shared)
