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

"""A schedule of motion: pieces of constant jerk, one after the other without gaps, the last at rest for good.

Times are microseconds of the plan's own clock, positions microsteps, speeds microsteps/s. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from theylive_ros.controller.messages import MILLI, WireSegment

FOREVER = 1 << 62
HYSTERESIS = 0.05  # microsteps beyond the half: a seam or a turn on the very edge makes no pair of needless pulses


class Course(NamedTuple):
    """One axis in one piece: p + v t + a t^2 / 2 + j t^3 / 6, t in seconds from the piece's start."""

    p: float
    v: float
    a: float
    j: float

    def at(self, t: float) -> tuple[float, float]:
        """Position and speed."""
        return self.p + (self.v + (0.5 * self.a + self.j * t / 6.0) * t) * t, self.v + (self.a + 0.5 * self.j * t) * t

    @property
    def rests(self) -> bool:
        """Whether this axis stands still."""
        return self.v == self.a == self.j == 0.0

    def turns(self) -> tuple[float, ...]:
        """Times at which the speed passes through 0, in order: between two of them the axis goes one way."""
        v, a, j = self.v, self.a, 0.5 * self.j
        if j == 0.0:
            return (-v / a,) if a else ()
        inside = a * a - 4.0 * j * v
        if inside <= 0.0:
            return ()
        # the form of the quadratic formula that does not cancel
        q = -0.5 * (a + math.copysign(math.sqrt(inside), a))
        first, second = q / j, v / q
        return (first, second) if first < second else (second, first)


class Piece(NamedTuple):
    """From `start_us` up to `end_us`, both axes. lit: the laser may be on."""

    start_us: int
    end_us: int
    axes: tuple[Course, Course]
    lit: bool

    def at(self, axis: int, t_us: float) -> tuple[float, float]:
        """Position and speed of an axis at a time of the plan."""
        return self.axes[axis].at((t_us - self.start_us) * 1e-6)

    @property
    def rests(self) -> bool:
        """Whether both axes stand still."""
        return self.axes[0].rests and self.axes[1].rests


def pieces(start_us: int, segments: Sequence[WireSegment], lit: bool) -> list[Piece]:
    """The pieces of a MOVE, closed by a rest without end at the last segment's end."""
    made: list[Piece] = []
    at = start_us
    for s in segments:
        axes = (
            Course(s.px / MILLI, s.vx / MILLI, s.ax / MILLI, s.jx / MILLI),
            Course(s.py / MILLI, s.vy / MILLI, s.ay / MILLI, s.jy / MILLI),
        )
        made.append(Piece(at, at + s.duration_us, axes, lit))
        at += s.duration_us
    return [*made, rest(at, FOREVER, end_of(made[-1]), lit)]


def rest(start_us: int, end_us: int, position: tuple[float, float], lit: bool) -> Piece:
    """Standing still."""
    return Piece(start_us, end_us, (Course(position[0], 0.0, 0.0, 0.0), Course(position[1], 0.0, 0.0, 0.0)), lit)


def end_of(piece: Piece) -> tuple[float, float]:
    """Where both axes are at a piece's end (for one without end: where they stand)."""
    t = piece.start_us if piece.end_us == FOREVER else piece.end_us
    return piece.at(0, t)[0], piece.at(1, t)[0]


def splice(plan: Sequence[Piece], new: Sequence[Piece]) -> list[Piece]:
    """The plan up to the new pieces' start, then the new ones. What was at rest before them may be lit."""
    at = new[0].start_us
    kept = []
    for piece in plan:
        if piece.start_us < at:
            lit = piece.lit or piece.end_us == FOREVER
            kept.append(piece._replace(end_us=min(piece.end_us, at), lit=lit))
    return [*kept, *new]


def state(plan: Sequence[Piece], axis: int, t_us: float) -> tuple[float, float]:
    """Position and speed of an axis at a time (before the first piece: its course, carried back)."""
    for piece in plan:
        if t_us < piece.end_us:
            return piece.at(axis, t_us)
    raise ValueError("a plan ends with a rest without end")


def next_step(plan: Sequence[Piece], axis: int, count: int, after_us: float) -> tuple[float, int] | None:
    """When (us of the plan, `after_us` at the earliest) and in which direction an axis standing at `count` makes its next pulse.

    A pulse is due where the course is half a microstep (and HYSTERESIS) away from the count; at rest, where the rounded course differs.
    """
    for piece in plan:
        if piece.end_us <= after_us:
            continue
        begin = max(after_us, piece.start_us)
        course = piece.axes[axis]
        if course.rests:
            off = math.floor(course.p + 0.5) - count
            if off:
                return begin, (1 if off > 0 else -1)
            continue
        levels = count - 0.5 - HYSTERESIS, count + 0.5 + HYSTERESIS
        found = crossing(course, *levels, (begin - piece.start_us) * 1e-6, (piece.end_us - piece.start_us) * 1e-6)
        if found:
            return piece.start_us + found[0] * 1e6, found[1]
    return None


def crossing(course: Course, low: float, high: float, begin: float, end: float) -> tuple[float, int] | None:
    """First time from `begin` up to `end` (s) at which a course is at `low` or below, or at `high` or above; and the direction."""
    p, v, a, j = course
    here = p + (v + (0.5 * a + j * begin / 6.0) * begin) * begin
    if here >= high:
        return begin, 1
    if here <= low:
        return begin, -1
    if a == j == 0.0:  # what a fast axis does most
        if v == 0.0:
            return None
        direction = 1 if v > 0.0 else -1
        t = ((high if v > 0.0 else low) - p) / v
        return (max(t, begin), direction) if t < end else None
    for stop in (*(t for t in course.turns() if begin < t < end), end):
        there = course.at(stop)[0]
        if there >= high:
            return _solve(course, high, begin, stop), 1
        if there <= low:
            return _solve(course, low, begin, stop), -1
        begin = stop
    return None


def _solve(course: Course, level: float, begin: float, end: float) -> float:
    """When (s) a course that goes one way from `begin` to `end`, and starts short of the level and ends beyond it, is there."""
    p, v, a, j = course
    # Newton, and halves where it leaves the bracket
    half_a, half_j, sixth_j = 0.5 * a, 0.5 * j, j / 6.0
    off = p + (v + (half_a + sixth_j * begin) * begin) * begin - level
    sign = -1.0 if off > 0.0 else 1.0
    speed = v + (a + half_j * begin) * begin
    t = begin - off / speed if speed * sign > 0.0 else end
    if t > end:
        t = end
    for _ in range(60):
        off = p + (v + (half_a + sixth_j * t) * t) * t - level
        if off * sign >= 0.0:
            end = t
        else:
            begin = t
        speed = v + (a + half_j * t) * t
        new = t - off / speed if speed else begin
        if abs(new - t) < 1e-8:
            break
        if not begin < new < end:
            new = 0.5 * (begin + end)
        t = new
    return t
