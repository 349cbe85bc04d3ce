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

from __future__ import annotations

import itertools
import math
import random

import pytest
from wired_rig import Clock, trapezoid

from theylive_ros.controller.config import ExecutorSettings
from theylive_ros.controller.lines.pwm import PwmConfig
from theylive_ros.controller.plan import FOREVER, Course, Piece, rest
from theylive_ros.controller.rate_player import RatePlayer
from theylive_ros.simulator.hardware.pwm_standin import PwmStandinLines


class Rig:
    """A player on PWM lines with simulated motors, in virtual time. late(): microseconds by which each wake-up comes late."""

    def __init__(self, late=lambda: 0, fast=0.0, **settings):
        self.clock, self.late = Clock(), late
        self.lines = PwmStandinLines(PwmConfig(), None, self.clock, fast)
        self.lines.open()
        self.told = []
        self.failing = False
        self.player = RatePlayer(ExecutorSettings(**settings), self.rate, self.turn, lambda now_us: None, self.clock.us)
        self.wakes = 0

    def rate(self, axis, rate, now_us):
        if self.failing:
            return None
        self.told.append((self.clock.us(), axis, rate))
        return self.lines.rate(axis, rate, now_us)

    def turn(self, axis, direction, now_us):
        self.lines.turn(axis, direction, now_us)
        return True

    def run(self, until_us=FOREVER):
        due_us = self.clock.us()
        while True:
            due_us = self.player.advance(self.clock.us())
            if due_us > until_us or (due_us == FOREVER and not self.player.plan):
                break
            self.wakes += 1
            self.clock.ns = max(self.clock.ns, (due_us + self.late()) * 1000)
        if until_us != FOREVER:
            self.clock.ns = max(self.clock.ns, until_us * 1000)
            self.player.advance(self.clock.us())
        self.lines.tree.settle()

    def move(self, x, y, **limits):
        here = self.player.running(self.clock.us())[-1].axes
        self.player.join(trapezoid(self.clock.us() + 1_000, (here[0].p, here[1].p), (x, y), **limits), self.clock.us())

    def close(self):
        self.lines.close()


@pytest.mark.parametrize("goal", [(400, -250), (1, 0), (0, -2), (7, 7), (-1500, 3)])
def test_a_move_makes_exactly_its_pulses(goal):
    rig = Rig()
    rig.move(*goal)
    rig.run()
    assert tuple(rig.player.position) == goal
    assert rig.lines.motors.position == goal
    assert rig.player.pulses == [abs(goal[0]), abs(goal[1])]
    assert rig.lines.motors.missed == (0, 0)
    assert rig.lines.motors.complaints == []
    assert rig.player.count_error == (0, 0)
    rig.close()


def test_random_moves_by_a_late_caller_end_where_the_count_says():
    chance = random.Random(7)
    rig = Rig(late=lambda: int(chance.expovariate(1 / 60)))
    for _ in range(150):
        rig.move(chance.randint(-160, 160), chance.randint(-160, 160))
        rig.run()
    assert tuple(rig.player.position) == tuple(round(c.p) for c in rig.player.running(0)[-1].axes)
    assert rig.lines.motors.position == tuple(rig.player.position)
    assert max(rig.player.count_error) < 20  # an end that came as late as the next pulse is in doubt, by one
    assert rig.lines.motors.missed == (0, 0)
    rig.close()


def test_a_new_plan_takes_over_in_mid_move():
    rig = Rig()
    for goal in [(800, 100), (-300, 50), (200, 200), (0, 0)]:
        rig.move(*goal, rate=1500.0)
        start_us = rig.clock.us()
        rig.run(start_us + 150_000)
        plan = rig.player.running(rig.clock.us())
        now_us = rig.clock.us()
        state = next(piece for piece in plan if piece.end_us > now_us + 2_000)
        (x, vx), (y, vy) = (state.at(axis, now_us + 2_000) for axis in (0, 1))
        stop_us = 60_000  # a brake from whatever speed, 60 ms long
        axes = tuple(Course(p, v, -v / 0.06, 0.0) for p, v in ((x, vx), (y, vy)))
        piece = Piece(now_us + 2_000, now_us + 2_000 + stop_us, axes, True)
        end = (piece.at(0, piece.end_us)[0], piece.at(1, piece.end_us)[0])
        rig.player.join([piece, rest(piece.end_us, FOREVER, end, True)], now_us)
        rig.run()
        assert [n - math.floor(e + 0.5) for n, e in zip(rig.player.position, end, strict=True)] == [0, 0]
        assert rig.lines.motors.position == tuple(rig.player.position)
    rig.close()


@pytest.mark.parametrize("late_us", [100, 700, 3_000, 30_000])
def test_pulses_that_a_late_caller_let_happen_are_counted_and_taken_back(late_us):
    chance = random.Random(late_us)
    rig = Rig(late=lambda: chance.randint(0, late_us))
    for goal in [(300, -200), (-100, 150), (31, 32), (0, 0)]:
        rig.move(*goal)
        rig.run()
        assert tuple(rig.player.position) == goal
        assert rig.lines.motors.position == goal
    rig.close()


class WritingTakesTime(Rig):
    """The clock runs on while the generator is told, and nobody knows where in between it acts."""

    def __init__(self, write_us, **options):
        super().__init__(**options)
        self.chance, self.write_us = random.Random(3), write_us

    def rate(self, axis, rate, now_us):
        before = self.chance.randint(0, self.write_us)
        self.clock.ns += before * 1000
        told = super().rate(axis, rate, now_us)
        self.clock.ns += (self.write_us - before) * 1000
        return told


@pytest.mark.parametrize(("write_us", "late_us", "fast"), [(30, 50, 9e-4), (80, 50, -9e-4), (400, 2_000, 5e-4), (30, 20_000, -5e-4)])
def test_the_true_count_is_never_farther_off_than_stated(write_us, late_us, fast):
    chance = random.Random(write_us)
    rig = WritingTakesTime(write_us, late=lambda: chance.randint(0, late_us), fast=fast)
    worst = [0, 0]
    for _ in range(40):
        rig.move(chance.randint(-160, 160), chance.randint(-160, 160))
        rig.run()
        off = [abs(t - n) for t, n in zip(rig.lines.motors.position, rig.player.position, strict=True)]
        worst = [max(w, o) for w, o in zip(worst, off, strict=True)]
        assert all(o <= e for o, e in zip(off, rig.player.count_error, strict=True))
    if write_us <= 80 and late_us <= 50:
        assert rig.player.count_error == (0, 0)  # half a period is 250 us: nothing is ever in doubt
    if late_us > 50:
        assert max(worst) > 0, "the trial was too easy"
    rig.close()


def test_the_stated_error_begins_anew_where_the_position_is_set():
    rig = WritingTakesTime(600, late=lambda: 900)
    rig.move(400, 400)
    rig.run()
    assert min(rig.player.count_error) > 0
    rig.player.position[0] = 0
    assert rig.player.count_error[0] == 0
    assert rig.player.count_error[1] > 0
    rig.player.position = [0, 0]
    assert rig.player.count_error == (0, 0)
    rig.close()


def test_no_two_pulses_are_closer_than_the_minimum_interval():
    chance = random.Random(5)
    rig = Rig(late=lambda: chance.choice([0, 0, 50, 400, 1_500]), min_interval_us=450)
    rose = []
    rise = rig.lines.motors.rise
    rig.lines.motors.rise = lambda axis, ns: (rose.append((axis, ns)), rise(axis, ns))
    for goal in [(300, -200), (-100, 150), (31, 32), (0, 0)]:
        rig.move(*goal)
        rig.run()
    for axis in (0, 1):
        times = [ns for a, ns in rose if a == axis]
        assert min(b - a for a, b in itertools.pairwise(times)) >= 450_000
    assert rig.lines.motors.missed == (0, 0)
    rig.close()


def test_pulses_stay_near_their_course():
    rig = Rig()
    rig.move(600, -300)
    plan = rig.player.plan[:]
    off = 0.0
    rise = rig.lines.motors.rise
    count = [0, 0]

    def watch(axis, ns):
        nonlocal off
        rise(axis, ns)
        count[axis] = rig.lines.motors.position[axis]
        piece = next(p for p in plan if p.end_us > ns / 1000)
        off = max(off, abs(piece.at(axis, ns / 1000)[0] - count[axis]))

    rig.lines.motors.rise = watch
    rig.run()
    assert off < 1.6
    rig.close()


def test_cruising_needs_few_wake_ups():
    rig = Rig()
    rig.move(3800, 0)
    rig.run()
    assert rig.player.position == [3800, 0]
    assert rig.wakes < 0.1 * 3800
    rig.close()


def test_stopping_at_once_keeps_the_count():
    rig = Rig()
    rig.move(800, -800)
    rig.run(rig.clock.us() + 200_123)
    rig.player.drop()
    assert rig.player.plan == []
    stood = tuple(rig.player.position)
    assert 200 < stood[0] < 600
    rig.clock.ns += 1_000_000_000
    rig.lines.tree.settle()
    assert rig.lines.motors.position == stood == tuple(rig.player.position)
    assert rig.player.advance(rig.clock.us()) == FOREVER
    rig.close()


def test_the_course_of_another_plan_is_taken_from_standing():
    rig = Rig()
    rig.move(800, -800)
    rig.run(rig.clock.us() + 200_000)
    x, y = 10 + rig.player.position[0], rig.player.position[1]
    rig.player.replace([rest(rig.clock.us(), FOREVER, (float(x), float(y)), False)], rig.clock.us())
    assert rig.player.dark(rig.clock.us())
    rig.run()
    assert rig.lines.motors.position == tuple(rig.player.position)
    rig.close()


def test_a_failing_generator_ends_the_advance():
    rig = Rig()
    rig.move(100, 0)
    rig.failing = True
    now_us = rig.clock.us() + 20_000
    rig.clock.ns = now_us * 1000
    assert rig.player.advance(now_us) == FOREVER
    rig.player.drop()
    assert rig.player.position == [0, 0]
    rig.close()
