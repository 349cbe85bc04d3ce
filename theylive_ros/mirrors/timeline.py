"""What the axes were told to do: the moves sent so far, as one motion over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from theylive_ros.mirrors.motion import State, duration, state_at
from theylive_ros.types import Segment

# The controller's word on its position is never older than this (s).
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

    since: the earliest moment (s) that is remembered.
    """

    def __init__(self, position: tuple[int, int], since: float) -> None:
        """since: moment (s) from which on the axes are known to have rested there."""
        self.since = since
        self._rest = State(float(position[0]), 0.0, float(position[1]), 0.0)
        self._moves: list[_Move] = []

    def state(self, t: float) -> State:
        """Where the axes should be, and how fast."""
        for move in reversed(self._moves):
            if t >= move.start:
                return state_at(move.segments, t - move.start)
        return self._rest

    @property
    def goal(self) -> tuple[int, int]:
        """Where the axes will come to rest."""
        if not self._moves:
            return round(self._rest.px), round(self._rest.py)
        end = self.state(self._moves[-1].end + 1.0)
        return round(end.px), round(end.py)

    @property
    def begin(self) -> float:
        """Start of the newest move; minus infinity if there is none."""
        return self._moves[-1].start if self._moves else float("-inf")

    @property
    def end(self) -> float:
        """When the axes come to rest; minus infinity if they never moved."""
        return self._moves[-1].end if self._moves else float("-inf")

    def add(self, segments: Sequence[Segment], start: float, *, lit: bool) -> None:
        """A move that replaces all that was to happen from `start` on; `start` is not before `begin`."""
        while self._moves and self._moves[-1].start >= start:
            self._moves.pop()
        while len(self._moves) > 1 and self._moves[1].start < start - _MEMORY:
            self._rest = self.state(self._moves[1].start)
            self._moves.pop(0)
            self.since = self._moves[0].start
        self._moves.append(_Move(start, start + duration(segments), segments, lit))

    def slewing(self, t: float) -> bool:
        """Whether a dark move is under way or waits for its start."""
        until = float("inf")
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
