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

"""What the axes were told to do: the moves sent so far, as one motion over time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from theylive_ros.mirrors.motion import State, duration, state_at
from theylive_ros.mirrors.smooth import Piece, smooth
from theylive_ros.types import Segment

# The controller's word on its position, and that of a seen spot, is never older than this (s).
_MEMORY = 0.5
# How far a count of pulses may be from the position that it rounds, with some hysteresis about the half.
_ROUNDING = 0.6


class _Move(NamedTuple):
    start: float
    end: float
    segments: Sequence[Segment]
    lit: bool


class Timeline:
    """Moves on the schedule's clock (monotonic s, without the controller's lag). Starts at rest at a counted position.

    since: the earliest moment (s) that is remembered. smoothing: the time (s) over which plans are averaged on their way to the axes.
    """

    def __init__(self, position: tuple[int, int], since: float, smoothing: float) -> None:
        """since: moment (s) from which on the axes are known to have rested there."""
        self.since = since
        self.smoothing = smoothing
        self._rest = State(float(position[0]), 0.0, float(position[1]), 0.0)
        self._moves: list[_Move] = []
        self._course = [_resting(since - 1.0, self._rest)]  # what was planned, which the axes follow smoothed

    def state(self, t: float) -> State:
        """Where the axes should be, and how fast."""
        for move in reversed(self._moves):
            if t >= move.start:
                return state_at(move.segments, t - move.start)
        return self._rest

    def planned(self, t: float) -> State:
        """Where the plan is, ahead of the axes by half of `smoothing`: what a new plan must go on from."""
        piece = next(p for p in reversed(self._course) if t >= p.begin)
        return state_at([piece.segment._replace(duration=math.inf)], t - piece.begin)

    @property
    def goal(self) -> tuple[int, int]:
        """Where the axes will come to rest."""
        end = self._course[-1].segment
        return round(end.px), round(end.py)

    @property
    def begin(self) -> float:
        """Start of the newest move; minus infinity if there is none."""
        return self._moves[-1].start if self._moves else -math.inf

    @property
    def end(self) -> float:
        """When the axes come to rest; minus infinity if they never moved."""
        return self._moves[-1].end if self._moves else -math.inf

    def preview(self, plan: Sequence[Segment], start: float) -> list[Segment]:
        """The motion, within the limit of jerk, that a plan from `planned(start)` would be."""
        return smooth(self._with(plan, start), start, self.smoothing)

    def add(self, plan: Sequence[Segment], start: float, *, lit: bool) -> list[Segment]:
        """Take over a plan that replaces all that was to happen from `start` on; `start` is not before `begin`. Returns the motion."""
        segments = self.preview(plan, start)
        self._course = self._with(plan, start)
        while self._moves and self._moves[-1].start >= start:
            self._moves.pop()
        while len(self._moves) > 1 and self._moves[1].start < start - _MEMORY:
            self._rest = self.state(self._moves[1].start)
            self._moves.pop(0)
            self.since = self._moves[0].start
        self._moves.append(_Move(start, start + duration(segments), segments, lit))
        return segments

    def slewing(self, t: float) -> bool:
        """Whether a dark move is under way or waits for its start."""
        until = math.inf
        for move in reversed(self._moves):
            if not move.lit and t < min(move.end, until):
                return True
            until = move.start
        return False

    def agrees(self, position: tuple[int, int], t: float, slack: float) -> bool:
        """Whether a counted position is where the axes should be at a time, give or take `slack` (s)."""
        around = [self.state(t + d) for d in (-slack, 0.0, slack)]
        xs, ys = [s.px for s in around], [s.py for s in around]
        return min(xs) - _ROUNDING <= position[0] <= max(xs) + _ROUNDING and min(ys) - _ROUNDING <= position[1] <= max(ys) + _ROUNDING

    def _with(self, plan: Sequence[Segment], start: float) -> list[Piece]:
        """What was planned up to `start`, as far back as it still counts, and the plan from there on."""
        course = [piece for piece in self._course if piece.begin < start]
        while len(course) > 1 and course[1].begin <= start - self.smoothing:
            course.pop(0)
        t = start
        for segment in plan:
            course.append(Piece(t, segment))
            t += segment.duration
        return [*course, _resting(t, state_at(plan, t - start + 1.0))]


def _resting(begin: float, state: State) -> Piece:
    return Piece(begin, Segment(math.inf, state.px, 0.0, 0.0, 0.0, state.py, 0.0, 0.0, 0.0))
