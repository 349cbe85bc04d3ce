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

"""Sends the mirrors after a target, and knows where they are: by the plan, as long as the counted steps agree with it."""

from __future__ import annotations

import dataclasses
import math

from theylive_ros.mirrors.aim import AimSettings, predict
from theylive_ros.mirrors.calibration import Calibration
from theylive_ros.mirrors.gate import distance_on_board
from theylive_ros.mirrors.interface import Controller, ControllerStatus
from theylive_ros.mirrors.motion import MotionSettings, State, duration, plan, state_at
from theylive_ros.mirrors.optics import OpticsError
from theylive_ros.mirrors.plane import Point
from theylive_ros.mirrors.timeline import Timeline
from theylive_ros.types import Segment, Track

# Give or take on the controller's schedule when its count is held against the plan (s).
_SLACK = 0.005
# The controller's unit of time (s).
_SHORTEST = 1e-6
# Of the moments at which the planner looks (s).
_JITTER = 0.001
# A picture shows the spot where it was within so much of its stamp (s).
_EXPOSURE = 0.02
# Between two looks at the path of the spot (s).
_STRIDE = 0.01


@dataclasses.dataclass
class Follower:
    """Owns the plan. All but the controller may be replaced between calls.

    on_plan: the counted steps agree with what was sent, so that `present` tells more than the last status. offset: true place of the spot
    less the counted one (microsteps), as far as it is known; plans and states are counts. Without a calibration no pixel has a place.
    """

    calibration: Calibration | None
    controller: Controller
    motion: MotionSettings
    aim: AimSettings
    tolerance: float  # m: a move that keeps the spot this close to the aim may be lit

    def __post_init__(self) -> None:
        """Knows nothing until the first status."""
        self.on_plan = False
        self.offset: Point = (0.0, 0.0)
        self._timeline: Timeline | None = None
        self._position: tuple[int, int] = (0, 0)
        self._deaf_until = -math.inf

    def hear(self, status: ControllerStatus | None) -> None:
        """Hold the counted steps against the plan; start anew from them where the axes rest elsewhere than planned."""
        if status is not None:
            self._position = status.position
        if status is None or not status.referenced or status.time <= self._deaf_until:
            self._timeline = None
            self.on_plan = False
            return
        timeline = self._timeline
        self.on_plan = timeline is not None and timeline.agrees(status.position, status.time - status.lag, _SLACK)
        other_smoothing = timeline is not None and timeline.smoothing != self.motion.smoothing and status.time - status.lag > timeline.end
        if not status.moving and (other_smoothing or not self.on_plan):
            # nothing was sent yet, or a move was refused or cut short
            self._timeline = Timeline(status.position, status.time, self.motion.smoothing)
            self.on_plan = True

    def forget(self, until: float) -> None:
        """The plan no longer holds; what the controller said up to then (s) says nothing of what was just ordered."""
        self._timeline = None
        self.on_plan = False
        self._deaf_until = until

    def present(self, status: ControllerStatus | None, now: float) -> tuple[State, bool]:
        """Where the axes are: as planned, less the controller's lag, or as last counted. And whether they slew."""
        if self._timeline is None or status is None or not self.on_plan:
            x, y = self._position
            return State(float(x), 0.0, float(y), 0.0), status is not None and status.moving
        t = now - status.lag
        return self._timeline.state(t), self._timeline.slewing(t)

    def past(self, status: ControllerStatus | None, moment: float) -> tuple[State, Point] | None:
        """Where the axes were at a moment, and how far each moved about it (microsteps, within the time of an exposure); None if that is
        not remembered."""
        timeline = self._timeline
        if timeline is None or status is None or not self.on_plan or moment - status.lag - _EXPOSURE < timeline.since:
            return None
        t = moment - status.lag
        around = [timeline.state(t + share * _EXPOSURE) for share in (-1.0, -0.5, 0.0, 0.5, 1.0)]
        xs, ys = [s.px for s in around], [s.py for s in around]
        return around[2], (max(xs) - min(xs), max(ys) - min(ys))

    def path(self, status: ControllerStatus | None, now: float, until: float) -> list[Point | None]:
        """Where the spot will be between now and then (px) by what was sent; empty if it stays."""
        timeline = self._timeline
        if timeline is None or status is None or not self.on_plan or timeline.end + status.lag <= now:
            return []
        count = math.ceil((until - now) / _STRIDE)
        times = (now + (until - now) * (i + 1) / count for i in range(count))
        return [self.pixel(timeline.state(t - status.lag)) for t in times]

    def steer(self, track: Track, stamp: float, now: float) -> None:
        """Send a move if the running one does not end where the track, seen in the frame of `stamp`, will be when the mirrors arrive."""
        timeline = self._timeline
        if timeline is None or not self.on_plan or self.calibration is None:
            return
        start = self._start(timeline, now)
        if start is None:
            return
        state, present = timeline.planned(start), timeline.goal
        # the axes follow the plan by half the smoothing later; a single step is half made after the square root of 1 / acceleration
        delay = timeline.smoothing / 2
        arrival = max(start + self.motion.max_acceleration**-0.5 + delay, timeline.end - delay)
        segments: list[Segment] = []
        goal = present
        # the way depends on the goal, and the goal on the time that the way takes: a second look is closer than a microstep
        for _ in range(2):
            found = self._goal(track, stamp, arrival, present)
            if found is None or found == present:
                return
            if found != goal:
                goal = found
                segments = plan(state, goal, self.motion)
                arrival = start + duration(segments) + delay
        # no segments: a move that has not begun would end where the axes still rest; once it has, the next look turns it back
        if segments:
            self._send(segments, start, lit=self._is_correction(timeline.preview(segments, start), start, track, stamp))

    def go(self, goal: tuple[int, int], now: float) -> None:
        """Send a dark move to a count, if the running one does not end there."""
        timeline = self._timeline
        start = self._start(timeline, now) if timeline is not None and self.on_plan else None
        if start is not None and timeline.goal != goal:
            self._send(plan(timeline.planned(start), goal, self.motion), start, lit=False)

    def pixel(self, state: State) -> Point | None:
        """Where the spot stands in the picture (px) at a state of the axes, None if nowhere."""
        return self.pixel_off(state, self.offset)

    def pixel_off(self, state: State, offset: Point) -> Point | None:
        """The same if the true place were the counted one plus some other offset (microsteps)."""
        try:
            return self.calibration.steps_to_pixel(state.px + offset[0], state.py + offset[1]) if self.calibration else None
        except OpticsError:
            return None

    def trim(self, state: State) -> Point:
        """By how much the offset moves the spot (px), at a state of the axes; nought where there is no place."""
        trimmed, plain = self.pixel(state), self.pixel_off(state, (0.0, 0.0))
        return (trimmed[0] - plain[0], trimmed[1] - plain[1]) if trimmed and plain else (0.0, 0.0)

    def doubt(self, state: State, sigma: Point) -> float:
        """Distance on the board (m) for a deviation of the offset (microsteps); nought where there is no place, which is dark anyway."""
        spot, other = self.pixel(state), self.pixel_off(state, (self.offset[0] + sigma[0], self.offset[1] + sigma[1]))
        return distance_on_board(self.calibration, spot, other) if self.calibration and spot and other else 0.0

    def steps(self, pixel: Point) -> Point | None:
        """Counted microsteps that put the spot on a pixel, None if none do."""
        if self.calibration is None:
            return None
        try:
            x, y = self.calibration.pixel_to_steps(*pixel)
        except OpticsError:
            return None
        return x - self.offset[0], y - self.offset[1]

    def _start(self, timeline: Timeline, now: float) -> float | None:
        """When a new plan may begin. None so soon after the last one that a move would have more segments than a controller takes."""
        start = max(now + self.aim.start_lead, timeline.begin)
        return None if timeline.begin < start < timeline.begin + timeline.smoothing / 2 - _JITTER else start

    def _send(self, plan: list[Segment], start: float, *, lit: bool) -> None:
        # what is left of a motion that ends within a microsecond is more than a controller can be told, and ends by itself
        if self._timeline is not None and any(segment.duration >= _SHORTEST for segment in plan):
            self.controller.move(self._timeline.add(plan, start, lit=lit), start, lit=lit)

    def _goal(self, track: Track, stamp: float, at: float, present: tuple[int, int]) -> tuple[int, int] | None:
        """Whole microsteps for the aim at a time, the present ones where they still do; None beyond reach."""
        seen = self.steps((track.x, track.y))
        wanted = self.steps(predict(track, stamp, at, self.aim))
        if seen is None or wanted is None or not all(map(math.isfinite, wanted)):
            return None
        x, y = (_whole(w, p, w - s, self.aim.hysteresis) for w, p, s in zip(wanted, present, seen, strict=True))
        return (x, y) if self.calibration.inside_limits(x, y) else None

    def _is_correction(self, segments: list[Segment], start: float, track: Track, stamp: float) -> bool:
        """Whether the spot stays within tolerance of the aim all the way, so that the light may stay on."""
        t = 0.0
        for length in (*(segment.duration for segment in segments), 0.0):
            spot = self.pixel(state_at(segments, t))
            aim = predict(track, stamp, start + t, self.aim)
            if spot is None or not distance_on_board(self.calibration, spot, aim) <= self.tolerance:
                return False
            t += length
        return True


def _whole(wanted: float, present: int, motion: float, hysteresis: float) -> int:
    """The microstep nearest to the wanted place, unless the present one is near enough. Along the target's motion, half a step is where
    the next one is nearer, and it will not come back; against it, or at rest, what asks for a step may be noise."""
    off = wanted - present
    return present if abs(off) <= (0.5 if off * motion > 0 else hysteresis) else round(wanted)
