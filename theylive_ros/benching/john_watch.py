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

"""A judge of one thing: how near any light came to a protected head. Much quicker than the full score."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from theylive_ros.simulator.truth import LitSample, TrueHead

_SAMPLE = 0.001  # s that one sample of light stands for


class JohnWatch:
    """Stands in for a `Score`. lit: light in all (s); john_lit: inside the box of a John (s); last_light: when it last shone (s);
    near_for: the longest time (s) for which a John had been there when there was light within `guard` of his box."""

    def __init__(self, guard: float, labels: tuple[str, ...] = ("john",)) -> None:
        """guard: px."""
        self._guard, self._labels = guard, labels
        self._before: dict[int, TrueHead] = {}
        self.john_lit = self.lit = self.near_for = 0.0
        self.last_light = -math.inf

    def feed(self, t: float, heads: Sequence[TrueHead], lit: Iterable[LitSample] = (), aim: tuple[float, float] | None = None) -> None:
        """One frame, as of `Score.feed`. A John who left since the frame before counts as there until now."""
        protected = {h.id: h for h in heads if h.label in self._labels}
        there = [*((h, t) for h in protected.values()), *((h, self._t) for h in self._before.values() if h.id not in protected)]
        for sample in lit:
            self.lit += _SAMPLE
            self.last_light = sample.t
            gaps = [(gap(h, sample.x - h.vx * (sample.t - at), sample.y - h.vy * (sample.t - at)), h) for h, at in there]
            gaps = [(distance, h) for distance, h in gaps if h.appeared_at <= sample.t]
            self.john_lit += _SAMPLE * any(distance <= 0 for distance, _ in gaps)
            near = [sample.t - h.appeared_at for distance, h in gaps if distance < self._guard]
            self.near_for = max(self.near_for, *near, 0.0)
        self._before, self._t = protected, t


def gap(head: TrueHead, x: float, y: float) -> float:
    """Distance (px) of a place from a head's box; 0: inside."""
    return math.hypot(max(0.0, abs(x - head.x) - head.width / 2), max(0.0, abs(y - head.y) - head.height / 2))
