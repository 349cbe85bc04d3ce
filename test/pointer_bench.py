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

"""A planner on an ideal controller, in virtual time, and what it is told of the board."""

from __future__ import annotations

import dataclasses
import math

import pytest

from theylive_ros.controller.braking import braking
from theylive_ros.mirrors.calibration import nominal
from theylive_ros.mirrors.clock import Clocks
from theylive_ros.mirrors.interface import ControllerStatus
from theylive_ros.mirrors.motion import MotionSettings, State, duration, state_at
from theylive_ros.mirrors.pointer import Pointer
from theylive_ros.types import Region, Segment, SpotSeen, Target, Track

RIG = nominal()
TICK = 0.005
MOTION = MotionSettings()


class IdealController:
    """Plays moves exactly, in virtual time. Asserts that each continues the one before it and keeps the limits."""

    def __init__(self) -> None:
        self.now = 0.0
        self.has_limits = True
        self.silent = False
        self.refuse = False
        self.flags = {"referenced": True, "has_laser": True, "limit_x": False, "limit_y": False, "stop": False, "fault": ""}
        self.moves: list[tuple[float, list, bool]] = []
        self.rest = State(0.0, 0.0, 0.0, 0.0)
        self.lit_until = -1.0
        self.calls: list[str] = []

    def state(self, t: float) -> State:
        for start, segments, _ in reversed(self.moves):
            if t >= start:
                return state_at(segments, t - start)
        return self.rest

    def slewing(self) -> bool:
        until = math.inf
        for start, segments, lit in reversed(self.moves):
            if not lit and self.now < min(start + duration(segments), until):
                return True
            until = start
        return False

    @property
    def lit(self) -> bool:
        return self.now < self.lit_until

    def status(self) -> ControllerStatus | None:
        if self.silent:
            return None
        s = self.state(self.now)
        moving = bool(self.moves) and self.now < self.moves[-1][0] + duration(self.moves[-1][1])
        return ControllerStatus(time=self.now, position=(round(s.px), round(s.py)), moving=moving, lit=self.lit, lag=0.0, **self.flags)

    def move(self, segments, start, *, lit) -> None:
        self.calls.append("move")
        if not lit:
            self.lit_until = self.now
        if self.refuse or start < self.now:
            self.lit_until = self.now
            return
        before, first = self.state(start), segments[0]
        assert (first.px, first.vx, first.py, first.vy) == pytest.approx(before, abs=1e-3)
        end = state_at(segments, duration(segments) - 1e-9)
        assert abs(end.vx) < 0.1
        assert abs(end.vy) < 0.1
        assert all(max(abs(s.vx), abs(s.vy)) <= MOTION.max_speed + 1e-3 for s in segments)
        assert all(max(abs(s.ax), abs(s.ay)) <= MOTION.max_acceleration * 1.001 for s in segments)
        assert all(max(abs(s.jx), abs(s.jy)) <= MOTION.max_jerk * 1.001 for s in segments)
        assert len(segments) <= 32
        self.moves.append((start, list(segments), lit))

    def light(self, seconds) -> None:
        self.calls.append("light" if seconds else "dark")
        self.lit_until = self.now + (0.0 if self.slewing() else seconds)

    def stop(self) -> None:
        self.calls.append("stop")

    def brake(self) -> None:
        self.calls.append("brake")
        s, now = self.state(self.now), round(self.now * 1e6)
        self.lit_until = self.now
        ramp = [
            Segment((end - begin) * 1e-6, *x, *y)
            for begin, end, (x, y), _ in braking((s.px, s.vx), (s.py, s.vy), MOTION.max_acceleration, now)[:-1]
        ]
        self.rest = s if ramp else self.rest
        self.moves = [(self.now, ramp, False)] if ramp else [m for m in self.moves if m[0] <= self.now]

    def home(self) -> None:
        self.calls.append("home")

    def reference(self) -> None:
        self.calls.append("reference")

    def reset(self) -> None:
        self.calls.append("reset")
        self.flags["fault"] = ""


def track(x, y, vx=0.0, vy=0.0, *, stamp, label="alien", sigma=1.0, **changes) -> Track:
    p, v = sigma * sigma, 100 * sigma * sigma
    covariance = (p, 0.0, 0.0, 0.0, 0.0, p, 0.0, 0.0, 0.0, 0.0, v, 0.0, 0.0, 0.0, 0.0, v)
    values = {"id": 7, "score": 0.9, "width": 64.0, "height": 64.0, "covariance": covariance, "confirmed": True, "last_seen": stamp}
    return Track(label=label, x=x, y=y, vx=vx, vy=vy, **(values | changes))


def seen(stamp, head=None, protected=(), **changes) -> Target:
    values = {"others": (), "seen": Region(0, 0, 320, 240), "clears_protected": True}
    return Target(stamp=stamp, width=320, height=240, track=head, protected=protected, **(values | changes))


class Bench:
    """A pointer on an ideal controller, in virtual time: a scene is seen `latency` late at 30 Hz.

    off: true place of the axes less the counted one (microsteps). spot_eye: given the spot's true place in a lit frame (px), what is said
    of it; None: the loop is open.
    """

    def __init__(self, scene=None, latency=0.015, calibration=RIG, **kwargs) -> None:
        self.controller = IdealController()
        self.pointer = Pointer(calibration, self.controller, motion=MOTION, **kwargs)
        self.scene = scene
        self.spot_eye = None
        self.off = (0.0, 0.0)
        self.latency = latency
        self.frame = 0
        self._coming: list[SpotSeen | None] = []
        self.run(0.02)
        if calibration is not None:
            self.pointer.arm(self.now)

    @property
    def now(self) -> float:
        return self.controller.now

    def run(self, seconds: float) -> list:
        until = self.now + seconds
        states = []
        while self.now < until - 1e-9:
            self.controller.now += TICK
            while self.scene and self.frame / 30 + self.latency <= self.now + 1e-9:
                stamp = self.frame / 30
                self.pointer.on_target(self.scene(stamp), self.now)
                self.frame += 1
                if self.spot_eye and self.controller.lit:
                    said = self.spot_eye(self.spot())
                    # the frame was taken now, and is told of a latency later, with the next one
                    self._coming.append(dataclasses.replace(said, stamp=self.now) if said else None)
                    for spot in filter(None, self._coming[:-1]):
                        self.pointer.on_spot(spot, self.now)
                    del self._coming[:-1]
            states.append(self.pointer.tick(self.now, clocks=Clocks()))
        return states

    def spot(self) -> tuple[float, float]:
        """Where the mirrors truly point (px)."""
        s = self.controller.state(self.now)
        return RIG.steps_to_pixel(s.px + self.off[0], s.py + self.off[1])


def metres(a, b) -> float:
    return math.dist(RIG.pixel_to_board(*a), RIG.pixel_to_board(*b))


def p95(values) -> float:
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]


def still(x=200.0, y=100.0, **changes):
    return lambda stamp: seen(stamp, track(x, y, stamp=stamp, **changes))


def glimpse(x, y, sigma=0.3) -> SpotSeen:
    """A spot found at a pixel; whoever passes it on knows when."""
    return SpotSeen(stamp=math.nan, found=True, x=x, y=y, sigma=sigma, reason="")
