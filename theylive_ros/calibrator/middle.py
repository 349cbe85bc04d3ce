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

"""The middle of a bright spot, between two levels of brightness that the sensor can tell apart everywhere in it."""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np

_UPPER, _LOWER = 0.9, 0.35  # of the rise at which the sensor saturates, and of the upper level
_SOONEST = 20  # percentile of the saturated pixels' rises that counts as the one at which the sensor saturates
_ENOUGH = 0.8  # share of the upper level above which a lower one changes nothing
_ROUNDS = 8


class Middle(NamedTuple):
    """Middle of a spot (px of the array). spread: by how much it moves (px) for a unit of noise per pixel. upper: the level that counts
    as full; region: bool (h, w), where the spot is above the lower one; cut: it touches the edge of the array."""

    x: float
    y: float
    spread: float
    upper: float
    region: np.ndarray
    cut: bool


def middle(rise: np.ndarray, saturated: np.ndarray, x: int, y: int) -> Middle | None:
    """The middle of the spot around pixel x, y. rise: what the light adds, (h, w); saturated: where the sensor told no more, bool (h, w).

    Whatever rises more than the pixels that saturate soonest counts as that, so that neither saturation nor bloom nor what is behind the
    spot pulls its middle aside. None where nothing rises.
    """
    upper = float(rise[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2].mean()) / _UPPER
    for _ in range(_ROUNDS):
        if not upper > 0:
            return None
        lower = _LOWER * upper
        region = component(rise > lower, x, y)
        if region is None:
            return None
        # a lower level takes in more pixels, and one of them may saturate sooner
        told = rise[region & saturated]
        level = _UPPER * min(float(np.percentile(told, _SOONEST)) if told.size else math.inf, upper)
        if level >= _ENOUGH * upper:
            break
        upper = level
    ys, xs = np.nonzero(region)
    weight = np.minimum(rise[ys, xs], upper) - lower
    total = float(weight.sum())
    at_x, at_y = float((weight * xs).sum()) / total, float((weight * ys).sum()) / total
    slope = rise[ys, xs] < upper  # only these pixels' noise moves the middle
    spread = math.sqrt(max(float(((xs - at_x) ** 2 + (ys - at_y) ** 2)[slope].sum()) / 2, 1.0)) / total
    cut = bool(xs.min() == 0 or ys.min() == 0 or xs.max() == rise.shape[1] - 1 or ys.max() == rise.shape[0] - 1)
    return Middle(at_x + 0.5, at_y + 0.5, spread, upper, region, cut)


def component(mask: np.ndarray, x: int, y: int) -> np.ndarray | None:
    """The part of a mask that hangs together around a pixel, None if that is not in it."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    label = labels[y, x]
    return labels == label if label else None
