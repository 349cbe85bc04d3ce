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

"""Average precision as ultralytics reckons it (ultralytics.utils.metrics.ap_per_class, compute_ap).

Precision and recall after each detection, best score first; the precision made to fall only; interpolated at 101 recalls from 0 to 1
(COCO's) and integrated by trapezes. Beyond the greatest recall the precision falls to 0 within the last step of the 101, so that
a faultless detector gets .995, not 1. Detections of equal score, frequent in int8, stand in the order of the pictures.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from theylive_training.judge.match import OVERLAPS, Match
from theylive_training.pictures.picture import LABELS

METHOD = "101-point interpolation integrated by trapezes, as ultralytics does: a faultless detector gets 0.995"
RECALLS = np.linspace(0, 1, 101)
_TINY = 1e-16


@dataclasses.dataclass(frozen=True, eq=False)
class Curve:
    """One label's detections, best score first. recall, precision: (n, 10), after each of them, at each of OVERLAPS; scores: (n,).

    average: (10,), the average precision at each of OVERLAPS.
    """

    scores: np.ndarray
    recall: np.ndarray
    precision: np.ndarray
    average: np.ndarray

    @property
    def envelope(self) -> np.ndarray:
        """Precision at each of RECALLS, at the least of OVERLAPS: (101,)."""
        return _envelope(self.recall[:, 0], self.precision[:, 0])


@dataclasses.dataclass(frozen=True)
class AveragePrecision:
    """curves: of each label that the pictures show."""

    curves: dict[str, Curve]

    @property
    def map50(self) -> float:
        """Mean over the labels, at an overlap of 0.5."""
        return self._mean(slice(0, 1))

    @property
    def map75(self) -> float:
        """The same at 0.75."""
        return self._mean(slice(5, 6))

    @property
    def map50_95(self) -> float:
        """The mean over the overlaps 0.5, 0.55 ... 0.95."""
        return self._mean(slice(None))

    def _mean(self, part: slice) -> float:
        return float(np.mean([c.average[part] for c in self.curves.values()]))


def average_precision(matches: Sequence[Match]) -> AveragePrecision | None:
    """Over pictures; None where they show no head. Detections of heads that need not be found do not count at all."""
    curves = {}
    for label in LABELS:
        heads = sum(h.label == label and bool(c) for m in matches for h, c in zip(m.heads, m.counted, strict=True))
        if heads:
            curves[label] = curve(*_of_label(matches, label), heads)
    return AveragePrecision(curves) if curves else None


def curve(scores: np.ndarray, right: np.ndarray, heads: int) -> Curve:
    """scores: (n,) of a label's detections, in any order; right: bool (n, 10), whether each finds a head; heads: how many are there."""
    order = np.argsort(-scores, kind="stable")
    found = right[order].cumsum(axis=0)
    recall = found / (heads + _TINY)
    precision = found / np.arange(1, len(order) + 1)[:, None]
    average = np.zeros(len(OVERLAPS))
    if len(order):
        average = np.array([np.trapezoid(_envelope(r, p), RECALLS) for r, p in zip(recall.T, precision.T, strict=True)])
    return Curve(scores[order], recall, precision, average)


def _envelope(recall: np.ndarray, precision: np.ndarray) -> np.ndarray:
    last = recall[-1] if len(recall) else 1.0
    recalls = np.concatenate(([0.0], recall, [last, 1.0]))
    precisions = np.concatenate(([1.0], precision, [0.0, 0.0]))
    return np.interp(RECALLS, recalls, np.maximum.accumulate(precisions[::-1])[::-1])


def _of_label(matches: Sequence[Match], label: str) -> tuple[np.ndarray, np.ndarray]:
    scores, right = [], []
    for m in matches:
        for i, d in enumerate(m.detections):
            owner = m.owner[i]
            if d.label == label and not (owner[0] >= 0 and not m.counted[owner[0]]):
                scores.append(d.score)
                right.append(owner >= 0)
    return np.array(scores, float), np.array(right, bool).reshape(-1, len(OVERLAPS))
