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

"""An executor on wires that remember what was done to them, in virtual time."""

from __future__ import annotations

import math

from theylive_ros.controller import protocol as p
from theylive_ros.controller.config import ExecutorSettings
from theylive_ros.controller.executor import Executor, play
from theylive_ros.controller.lines.interface import Inputs, Lines, LinesError
from theylive_ros.controller.link import to_wire

LEASE = 50_000


class RecordingLines(Lines):
    """Wires that remember what was done to them."""

    class Config:
        pass

    has_laser = True
    has_limits = False
    retrigger_us = 0

    def __init__(self):
        self.steps, self.lights, self.turns = [], [], []
        self.on = False
        self.pressed = Inputs(False, False, False)
        self.broken = False
        self.stuck = False  # the laser cannot be switched, except by closing
        self.closed = False

    def open(self):
        self._check()
        self.closed = False

    def turn(self, axis, direction, now_us):
        self.turns.append((now_us, axis, direction))

    def step(self, axis, direction, now_us):
        self._check()
        self.steps.append((now_us, axis, direction))

    def light(self, on, now_us):
        if self.stuck:
            raise OSError("pin lost")
        self._check()
        self.on = on
        self.lights.append((now_us, on))

    def inputs(self):
        self._check()
        return self.pressed

    def close(self):
        self.on = False
        self.closed = True

    def _check(self):
        if self.broken:
            raise LinesError("the chip is gone")


WIDE = {"low_x": -1000, "high_x": 1000, "low_y": -1000, "high_y": 1000}


def make(**values):
    lines = RecordingLines()
    executor = Executor(lines, ExecutorSettings(**{**WIDE, **values}))
    executor.open(0)
    assert isinstance(executor.handle(p.Reference(), 0), p.Report)
    return executor, lines


def wire(segments):
    """From (duration, px, vx, ax, py, vy, ay) without jerk."""
    return to_wire([(t, px, vx, ax, 0.0, py, vy, ay, 0.0) for t, px, vx, ax, py, vy, ay in segments])


def ramp(x0, x1, start_us, *, lit=True, speed=1500.0, accel=50000.0, y0=0, y1=0):
    """A trapezoid on both axes together."""
    distance = max(abs(x1 - x0), abs(y1 - y0))
    peak = min(speed, math.sqrt(distance * accel))
    up = peak / accel
    hold = distance / peak - up
    segments, at = [], 0.0
    share = ((x1 - x0) / distance, (y1 - y0) / distance)
    for duration, v, a in ((up, 0.0, accel), (hold, peak, 0.0), (up, peak, -accel)):
        px, py = x0 + share[0] * at, y0 + share[1] * at
        segments.append((duration, px, share[0] * v, share[0] * a, py, share[1] * v, share[1] * a))
        at += v * duration + a * duration * duration / 2
    return p.Move(lit, start_us, wire(segments))


def accepted(answer):
    assert isinstance(answer, p.Report), answer
    return answer


def refused(answer, code):
    assert isinstance(answer, p.Refusal), answer
    assert answer.code == code, answer
    return answer


def lit_and_moving():
    executor, lines = make()
    accepted(executor.handle(ramp(0, 300, 1_000), 0))
    accepted(executor.handle(p.Light(LEASE), 0))
    play(executor, 30_000)
    assert lines.on
    return executor, lines
