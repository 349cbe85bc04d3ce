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

"""What the aim was at any moment, from what was said of it now and then."""

from __future__ import annotations

import collections
import math
from typing import NamedTuple


class Said(NamedTuple):
    """At time t (s) the aim was at x, y (px) on a track; track_id 0: no aim."""

    t: float
    track_id: int
    x: float
    y: float


class AimLog:
    """Keeps the last few hundred statements."""

    def __init__(self) -> None:
        self._said: collections.deque[Said] = collections.deque(maxlen=512)

    def add(self, t: float, track_id: int, x: float, y: float) -> None:
        """Take in a statement; times ascend."""
        self._said.append(Said(t, track_id, x, y))

    def at(self, t: float) -> tuple[float, float]:
        """The aim (px) at time t (s), interpolated between what was said of the same track before and after; NaN if there was none."""
        before = after = None
        for said in reversed(self._said):
            if said.t <= t:
                before = said
                break
            after = said
        if before is None or before.track_id == 0:
            return math.nan, math.nan
        if after is None or after.track_id != before.track_id:
            return before.x, before.y
        u = (t - before.t) / (after.t - before.t)
        return before.x + u * (after.x - before.x), before.y + u * (after.y - before.y)
