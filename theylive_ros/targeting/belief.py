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

"""What a head is, judged over several frames: one wrong label neither makes an alien of John nor goes unnoticed."""

from __future__ import annotations

import math

# A label other than the strongest with more than this share of all belief makes it a toss-up.
_TOSS_UP = 0.2


class LabelBelief:
    """Scores per label, added up and forgotten exponentially."""

    __slots__ = ("_stamp", "_weights")

    def __init__(self) -> None:
        self._weights: dict[str, float] = {}
        self._stamp: dict[str, float] = {}

    def add(self, label: str, score: float, stamp: float, memory: float) -> None:
        """Take in one detection. memory: time (s) in which belief falls to 1/e."""
        if self._stamp:
            keep = math.exp(-(stamp - max(self._stamp.values())) / memory)
            self._weights = {name: weight * keep for name, weight in self._weights.items()}
        self._weights[label] = self._weights.get(label, 0.0) + max(score, 1e-3)
        self._stamp[label] = stamp

    def label(self) -> str:
        """The label with the strongest belief."""
        return max(self._weights, key=self._weights.__getitem__)

    def contested(self) -> bool:
        """Whether the label is a toss-up, as it also is for a while around a change of label."""
        return max(self._weights.values()) < (1 - _TOSS_UP) * sum(self._weights.values())

    def last(self, label: str) -> float:
        """Stamp (s) of the last detection with this label, minus infinity if there was none."""
        return self._stamp.get(label, -math.inf)
