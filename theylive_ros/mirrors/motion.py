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

"""How both axes get from any state to rest at whole microsteps: time-optimal trapezoids of velocity, as timed segments.

A plan has no limit of jerk; the timeline smooths it on its way to the axes.
Positions are microsteps, velocities microsteps/s, accelerations microsteps/s^2, times seconds from the start of the plan.

A plan that starts on another plan whose goals lay within the soft limits never leaves them itself: whatever it is doing, it could stop
at its old goal or before, and that stopping point and the new goal bound all that it passes.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

from theylive_ros.settings import setting
from theylive_ros.types import Segment

# Shorter phases (s) are left out: nothing moves in them by more than a hundred-thousandth of a microstep.
_NOTHING = 1e-10


@dataclasses.dataclass(frozen=True)
class MotionSettings:
    """What the motors can follow without missing a step."""

    max_speed: float = setting(
        2000.0, "highest speed of an axis; keep it at or below the start-stop rate", unit="microsteps/s", low=1.0, high=1e5
    )
    max_acceleration: float = setting(60000.0, "highest acceleration of an axis", unit="microsteps/s^2", low=1.0, high=1e7)
    max_jerk: float = setting(
        1.2e7, "highest change of acceleration of an axis; the mirrors come to rest later by 2 max_acceleration / max_jerk, which is"
        " taken to be 1 ms at least and 50 ms at most", unit="microsteps/s^3", low=1e3, high=1e11,
    )  # fmt: skip

    @property
    def smoothing(self) -> float:
        """The time (s) over which a plan is averaged so that its jerk stays within the limit."""
        return min(max(2 * self.max_acceleration / self.max_jerk, 0.001), 0.05)


class State(NamedTuple):
    """Position (microsteps) and velocity (microsteps/s) of both axes."""

    px: float
    vx: float
    py: float
    vy: float

    @property
    def place(self) -> tuple[float, float]:
        """Position of both axes."""
        return self.px, self.py


class Phase(NamedTuple):
    """A stretch of one axis' motion: position and velocity at its start, and its acceleration."""

    duration: float
    p: float
    v: float
    a: float


def plan(state: State, goal: tuple[int, int], limits: MotionSettings) -> list[Segment]:
    """Quickest way of each axis from a state to rest at its goal; at most six segments, none if the state is at rest there."""
    x = plan_axis(state.px, state.vx, goal[0], limits)
    y = plan_axis(state.py, state.vy, goal[1], limits)
    return _merge(x, y, goal)


def plan_axis(position: float, velocity: float, goal: int, limits: MotionSettings) -> list[Phase]:
    """Quickest way of one axis to rest at its goal, from any state; up to three phases, none if it is at rest there.

    Too fast to stop before the goal, the axis passes it and comes back. Faster than `max_speed`, it slows down to that first.
    """
    acceleration, speed = limits.max_acceleration, limits.max_speed
    stop = position + velocity * abs(velocity) / (2 * acceleration)
    if abs(stop - goal) < 1e-9:
        if abs(velocity) < _NOTHING * acceleration:
            return []
        return [Phase(abs(velocity) / acceleration, position, velocity, -math.copysign(acceleration, velocity))]
    # seen along the direction in which the goal lies from where the axis could stop
    sign = 1.0 if goal > stop else -1.0
    v, way = sign * velocity, sign * (goal - position)
    peak = min(speed, math.sqrt(acceleration * way + v * v / 2))
    ramp = math.copysign(acceleration, peak - v)
    cruise = way - (peak * peak - v * v) / (2 * ramp) - peak * peak / (2 * acceleration)
    phases = []
    p = position
    for duration, start, a in (
        (abs(peak - v) / acceleration, v, ramp),
        (max(cruise, 0.0) / peak, peak, 0.0),
        (peak / acceleration, peak, -acceleration),
    ):
        if duration > _NOTHING:
            phases.append(Phase(duration, p, sign * start, sign * a))
        p += sign * (start * duration + a * duration * duration / 2)
    return phases


def state_at(segments: Sequence[Segment], t: float) -> State:
    """State at a time since the start of a plan; before it the first, after it at rest where the last segment ends."""
    if t < 0:
        first = segments[0]
        return State(first.px, first.vx, first.py, first.vy)
    for segment in segments:
        if t < segment.duration:
            return _within(segment, t)
        t -= segment.duration
    end = _within(segments[-1], segments[-1].duration)
    # the end of a plan is a whole microstep by contract
    return State(float(round(end.px)), 0.0, float(round(end.py)), 0.0)


def duration(segments: Sequence[Segment]) -> float:
    """Time from the start of a plan until both axes are at rest (s)."""
    return sum(segment.duration for segment in segments)


def _within(s: Segment, t: float) -> State:
    return State(*_course(s.px, s.vx, s.ax, s.jx, t), *_course(s.py, s.vy, s.ay, s.jy, t))


def _course(p: float, v: float, a: float, j: float, t: float) -> tuple[float, float]:
    """Position and velocity after a time of constant jerk."""
    return p + (v + (a / 2 + j * t / 6) * t) * t, v + (a + j * t / 2) * t


def _merge(x: list[Phase], y: list[Phase], goal: tuple[int, int]) -> list[Segment]:
    """Segments between all breakpoints of both axes; an axis that is done stands at its goal."""
    starts = [0.0]
    for phases in (x, y):
        t = 0.0
        for phase in phases:
            t += phase.duration
            starts.append(t)
    starts.sort()
    segments = []
    for begin, end in itertools.pairwise(starts):
        if end - begin > _NOTHING:
            # what is left out before or after is shorter than _NOTHING
            middle = (begin + end) / 2
            segments.append(Segment(end - begin, *_axis_at(x, begin, middle, goal[0]), *_axis_at(y, begin, middle, goal[1])))
    return segments


def _axis_at(phases: list[Phase], begin: float, middle: float, goal: int) -> tuple[float, float, float, float]:
    """Position and velocity at `begin`, acceleration and jerk (none), in the phase that holds `middle`."""
    start = 0.0
    for phase in phases:
        if middle < start + phase.duration:
            t = begin - start
            return phase.p + (phase.v + phase.a * t / 2) * t, phase.v + phase.a * t, phase.a, 0.0
        start += phase.duration
    return float(goal), 0.0, 0.0, 0.0
