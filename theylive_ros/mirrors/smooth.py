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

"""Limits the jerk of a course: each axis goes where the course was on average over the last moments.

The average over a time T keeps every limit that the course keeps, as no average exceeds what it is taken of: range, speed, acceleration.
Its jerk is the change of acceleration within T, divided by T: at most 2 a / T. It is continuous up to the acceleration whatever the
course does, also where that is changed on the way; it lags by T / 2 and comes to rest T later. (A trapezoid of velocity through a moving
average is an S-curve: Biagiotti and Melchiorri, Trajectory Planning for Automatic Machines and Robots, 2008, section 4.5.)
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Sequence
from typing import NamedTuple

from theylive_ros.types import Segment

# Shorter segments (s) are left out: nothing moves in them.
_NOTHING = 1e-9


class Piece(NamedTuple):
    """A part of a course from a moment (s) on, until the next one begins."""

    begin: float
    segment: Segment


def smooth(course: Sequence[Piece], start: float, time: float) -> list[Segment]:
    """The course's average over `time` (s), from `start` on until it rests.

    course: pieces without jerk, the first begins at `start - time` or earlier, the last one is a rest without end.
    """
    pieces = [Piece(piece.begin - start, piece.segment) for piece in course]
    while len(pieces) > 1 and pieces[1].begin <= -time:
        pieces.pop(0)
    begins = [max(piece.begin, -time) for piece in pieces]
    x = _Axis(begins, [(p.begin, p.segment.px, p.segment.vx, p.segment.ax) for p in pieces])
    y = _Axis(begins, [(p.begin, p.segment.py, p.segment.vy, p.segment.ay) for p in pieces])
    end = begins[-1] + time
    breaks = sorted({0.0, *(b for b in begins if 0 < b < end), *(b + time for b in begins if 0 < b + time < end)})
    marks = [breaks[0], *(b for a, b in itertools.pairwise(breaks) if b - a > _NOTHING)]
    return [
        Segment(b - a, *x.average(a, b, time), *y.average(a, b, time)) for a, b in itertools.pairwise([*marks, end]) if b - a > _NOTHING
    ]


class _Axis:
    """One axis' course and its integral, from the first of `begins` on."""

    def __init__(self, begins: list[float], pieces: list[tuple[float, float, float, float]]) -> None:
        self._begins = begins
        # lengths are taken from the first place, for their integral to stay exact
        self._origin = pieces[0][1]
        self._pieces = []
        area = 0.0
        for i, (begin, p, v, a) in enumerate(pieces):
            late = begins[i] - begin
            p, v = p + (v + a * late / 2) * late - self._origin, v + a * late
            self._pieces.append((area, p, v, a))
            if i + 1 < len(begins):
                t = begins[i + 1] - begins[i]
                area += (p + (v / 2 + a * t / 6) * t) * t

    def average(self, begin: float, end: float, time: float) -> tuple[float, float, float, float]:
        """Position, velocity and acceleration of the average at `begin`, and its jerk from there to `end`, between which nothing breaks."""
        area, p, v, _ = self._at(begin)
        old_area, old_p, old_v, _ = self._at(begin - time)
        middle = (begin + end) / 2
        jerk = (self._at(middle)[3] - self._at(middle - time)[3]) / time
        return self._origin + (area - old_area) / time, (p - old_p) / time, (v - old_v) / time, jerk

    def _at(self, t: float) -> tuple[float, float, float, float]:
        """Integral of the position since the beginning, position, velocity and acceleration."""
        i = max(bisect.bisect_right(self._begins, t) - 1, 0)
        area, p, v, a = self._pieces[i]
        t -= self._begins[i]
        return area + (p + (v / 2 + a * t / 6) * t) * t, p + (v + a * t / 2) * t, v + a * t, a
