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

"""Whether a score of 0.8 is right in 8 of 10 cases: reliability diagram and expected calibration error (Guo et al. 2017, eq. 3).

For detections as in Kueppers et al. 2020, "Multivariate Confidence Calibration for Object Detection": right is one that finds a head.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

BINS = 10
LEAST_SCORE = 0.05  # the mass of boxes below, right in almost saying no, would hide the rest


@dataclasses.dataclass(frozen=True, eq=False)
class Reliability:
    """Per bin of scores, of equal width: count; mean score and share of right ones, NaN where there is none."""

    count: np.ndarray
    score: np.ndarray
    right: np.ndarray

    @property
    def ece(self) -> float | None:
        """Expected calibration error: the mean gap between score and share, each bin by its count. None without any."""
        if not self.count.sum():
            return None
        return float(np.nansum(self.count * np.abs(self.score - self.right)) / self.count.sum())

    def to_json(self) -> dict[str, Any]:
        """For JSON, without NaN."""

        def plain(values: np.ndarray) -> list[float | None]:
            return [round(float(v), 4) if np.isfinite(v) else None for v in values]

        return {
            "ece": None if self.ece is None else round(self.ece, 4),
            "least_score": LEAST_SCORE,
            "count": self.count.tolist(),
            "score": plain(self.score),
            "right": plain(self.right),
        }


def reliability(scores: np.ndarray, right: np.ndarray) -> Reliability:
    """scores: (n,), 0..1; right: bool (n,). Scores below LEAST_SCORE are left out."""
    kept = scores >= LEAST_SCORE
    scores, right = scores[kept], right[kept]
    at = np.minimum((scores * BINS).astype(int), BINS - 1)
    count = np.bincount(at, minlength=BINS)
    with np.errstate(invalid="ignore"):
        return Reliability(count, np.bincount(at, scores, BINS) / count, np.bincount(at, right, BINS) / count)
