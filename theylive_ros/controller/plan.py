"""A schedule of motion: pieces of constant acceleration, one after the other without gaps, the last at rest for good.

Times are microseconds of the plan's own clock, positions microsteps, speeds microsteps/s. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from theylive_ros.controller.protocol import MILLI, WireSegment

FOREVER = 1 << 62
HYSTERESIS = 0.05  # microsteps beyond the half: a seam or a turn on the very edge makes no pair of needless pulses


class Course(NamedTuple):
    """One axis in one piece: p + v t + a t^2 / 2, t in seconds from the piece's start."""

    p: float
    v: float
    a: float

    def at(self, t: float) -> tuple[float, float]:
        """Position and speed."""
        return self.p + (self.v + 0.5 * self.a * t) * t, self.v + self.a * t

    @property
    def rests(self) -> bool:
        """Whether this axis stands still."""
        return self.v == 0.0 and self.a == 0.0


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
        axes = (Course(s.px / MILLI, s.vx / MILLI, s.ax / MILLI), Course(s.py / MILLI, s.vy / MILLI, s.ay / MILLI))
        made.append(Piece(at, at + s.duration_us, axes, lit))
        at += s.duration_us
    return [*made, rest(at, FOREVER, end_of(made[-1]), lit)]


def rest(start_us: int, end_us: int, position: tuple[float, float], lit: bool) -> Piece:
    """Standing still."""
    return Piece(start_us, end_us, (Course(position[0], 0.0, 0.0), Course(position[1], 0.0, 0.0)), lit)


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
        t0, duration = (begin - piece.start_us) * 1e-6, (piece.end_us - piece.start_us) * 1e-6
        up = crossing(course, count + 0.5 + HYSTERESIS, 1, t0)
        down = crossing(course, count - 0.5 - HYSTERESIS, -1, t0)
        t, direction = min((up, 1), (down, -1))
        if t < duration:
            return piece.start_us + t * 1e6, direction
    return None


def crossing(course: Course, level: float, direction: int, t0: float) -> float:
    """First time (s, `t0` at the earliest) at which the course is at `level` or beyond it in `direction`; infinity if never."""
    q, v, a = direction * (course.p - level), direction * course.v, direction * course.a
    if q + (v + 0.5 * a * t0) * t0 >= 0.0:
        return t0
    inside = v * v - 2.0 * a * q
    if inside < 0.0:
        return math.inf
    root = math.sqrt(inside)
    # the root with rising course, t = (root - v) / a, in the form that does not cancel
    if v > 0.0:
        t = -2.0 * q / (v + root)
    elif a != 0.0:
        t = (root - v) / a
    else:
        return math.inf
    return max(t, t0) if t >= t0 - 1e-6 else math.inf  # a root lost to rounding just before t0 is a pulse all the same
