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

"""A target that stands still is aimed at where it was on average, so that the spot does not follow the noise of single frames."""

from __future__ import annotations

import collections
import dataclasses
import math

from theylive_ros.types import Track

# Over so long (s) places are averaged, at most and at least.
_WINDOW = 0.7
_SHORTEST = 0.25
# It moves when its newest place is so far (px) from the average, or when a line through all places is so long (px).
_LEAP = 1.5
_DRIFT = 2.0


class Resting:
    """Watches the newest track that is aimed at. Protected heads are none of its business: there every doubt counts."""

    def __init__(self) -> None:
        self._places: collections.deque[tuple[float, float, float]] = collections.deque()
        self._id = 0

    def look(self, track: Track, stamp: float) -> Track:
        """The track of the frame captured at `stamp` (s); where it rests, at its average place and without a velocity."""
        if track.id != self._id or (self._places and stamp < self._places[-1][0]):
            self._places.clear()
            self._id = track.id
        if not self._places or stamp > self._places[-1][0]:
            self._places.append((stamp, track.x, track.y))
        while stamp - self._places[0][0] > _WINDOW:
            self._places.popleft()
        count = len(self._places)
        t, x, y = (sum(values) / count for values in zip(*self._places, strict=True))
        if not math.hypot(track.x - x, track.y - y) <= _LEAP:
            self._places.clear()
            return track
        if stamp - self._places[0][0] < _SHORTEST or not _drift(self._places, t, x, y) <= _DRIFT:
            return track
        return dataclasses.replace(track, x=x, y=y, vx=0.0, vy=0.0)


def _drift(places: collections.deque[tuple[float, float, float]], t: float, x: float, y: float) -> float:
    """Length (px) of the straight line through the places by least squares, from the first to the last; t, x, y: their middle."""
    spread = sum((p[0] - t) ** 2 for p in places)
    vx, vy = (sum((p[0] - t) * (p[i] - middle) for p in places) / spread for i, middle in ((1, x), (2, y)))
    return math.hypot(vx, vy) * (places[-1][0] - places[0][0])
