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

"""Keeps a choice from flickering: what was chosen stays until something is clearly and lastingly better."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from theylive_ros.types import Track


def fresh(tracks: Sequence[Track], now: float, stale: float) -> list[Track]:
    """Tracks seen within `stale` (s) before `now`; all of them where there is none such."""
    return [t for t in tracks if now - t.last_seen <= stale] or list(tracks)


class Hold:
    """Remembers the chosen track's id, and since when it has been beaten."""

    def __init__(self) -> None:
        self._id = 0
        self._beaten_since = math.inf
        self._now = -math.inf

    def choose(self, tracks: Sequence[Track], cost: Callable[[Track], float], now: float, margin: float, patience: float) -> Track | None:
        """The track of least cost, but the one chosen before until another has been better by `margin` (in cost) for `patience` (s)."""
        if now < self._now:  # the clock was set back
            self._beaten_since = math.inf
        self._now = now
        if not tracks:
            self._id = 0
            return None
        best = min(tracks, key=cost)
        current = next((t for t in tracks if t.id == self._id), None)
        if current is not None and cost(current) <= cost(best) + margin:
            self._beaten_since = math.inf
            return current
        if current is not None:
            self._beaten_since = min(self._beaten_since, now)
            if now - self._beaten_since < patience:
                return current
        self._id = best.id
        self._beaten_since = math.inf
        return best
