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

"""For tests: an executor on stand-in hardware, all in virtual time."""

from __future__ import annotations

import math

from theylive_ros.controller import messages as m
from theylive_ros.controller.config import ExecutorSettings
from theylive_ros.controller.executor import Executor
from theylive_ros.controller.lines.pwm import PwmConfig
from theylive_ros.controller.plan import FOREVER, Course, Piece, rest
from theylive_ros.simulator.hardware.gpio_standin import GpioStandinLines, StandinConfig
from theylive_ros.simulator.hardware.pwm_standin import PwmStandinLines


class Clock:
    """The executor's microseconds and the chip's nanoseconds are one."""

    def __init__(self):
        self.ns = 1_000_000_000

    def __call__(self):
        return self.ns

    def us(self):
        return self.ns // 1000

    def hold(self, ns):
        self.ns += ns

    def reach(self, us):
        self.ns = max(self.ns, us * 1000)


def gpio(clock, motors=None, **config):
    return GpioStandinLines(StandinConfig(**config), motors, clock, clock.hold)


def pwm(clock, motors=None, **config):
    return PwmStandinLines(PwmConfig(laser_line=73, **config), motors, clock)


class Rig:
    """late(): by how many microseconds a wake-up comes late."""

    def __init__(self, clock, lines, late=lambda: 0, **settings):
        self.clock, self.lines, self.late = clock, lines, late
        self.motors = lines.motors
        self.executor = Executor(lines, ExecutorSettings(**settings), clock.us)
        self.executor.open(clock.us())

    @property
    def position(self):
        return tuple(self.executor.player.position)

    def run(self, seconds):
        end_us = self.clock.us() + round(seconds * 1e6)
        while self.executor.due_us <= end_us:
            self.clock.reach(self.executor.due_us + self.late())
            self.executor.advance(self.clock.us())
        self.clock.reach(end_us)
        self.executor.advance(self.clock.us())

    def do(self, command):
        answer = self.executor.handle(command, self.clock.us())
        assert isinstance(answer, (m.Report, m.Welcome)), answer
        return answer

    def light(self):
        return self.do(m.Light(self.clock.us() + 50_000))

    def home(self):
        self.do(m.Home())
        for _ in range(100):
            self.run(0.1)
            if self.executor.referenced or self.executor.fault:
                break
        assert self.executor.referenced, self.executor.fault_text

    def move(self, x, y):
        """Begin a dark move to a place; run(1.0) ends it."""
        here = self.executor.player.running(self.clock.us())[-1].axes
        pieces = trapezoid(self.clock.us() + 1_000, (here[0].p, here[1].p), (x, y))
        segments = tuple(
            m.WireSegment(p.end_us - p.start_us, *(round(1000 * value) for course in p.axes for value in course)) for p in pieces[:-1]
        )
        if segments:
            self.do(m.Move(False, pieces[0].start_us, segments))


def trapezoid(start_us, here, there, rate=1900.0, acceleration=40_000.0):
    """Both axes at once, each by its part, as fast as the longer one may."""
    way = max(abs(b - a) for a, b in zip(here, there, strict=True)) or 1.0
    top = min(rate, math.sqrt(way * acceleration))
    up = top / acceleration
    parts = ((up, 0.0, acceleration), (way / top - up, top, 0.0), (up, top, -acceleration))
    pieces, at_us, done = [], start_us, 0.0
    for seconds, v, a in parts:
        us = round(seconds * 1e6)
        if us:
            scale = [(b - c) / way for c, b in zip(here, there, strict=True)]
            axes = tuple(Course(c + s * done, s * v, s * a, 0.0) for c, s in zip(here, scale, strict=True))
            pieces.append(Piece(at_us, at_us + us, axes, True))
            at_us += us
        done += v * seconds + 0.5 * a * seconds * seconds
    return [*pieces, rest(at_us, FOREVER, there, True)]
