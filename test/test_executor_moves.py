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

import pytest
from executor_rig import LEASE, accepted, make, ramp, refused, wire
from hypothesis import given, settings
from hypothesis import strategies as st

from theylive_ros.controller import plan as plans
from theylive_ros.controller import player
from theylive_ros.controller import protocol as p
from theylive_ros.controller.executor import play
from theylive_ros.controller.link import to_wire


def test_a_move_ends_on_the_commanded_microstep_with_one_pulse_for_each():
    executor, lines = make()
    accepted(executor.handle(ramp(0, 100, 1000, y1=-37), 0))
    play(executor, 1_000_000)
    assert executor.player.position == [100, -37]
    assert len(lines.steps) == sum(executor.player.pulses) == 137
    assert not executor.report(1_000_000).moving


def test_a_pulse_is_made_where_the_course_is_half_a_microstep_away():
    executor, lines = make()
    accepted(executor.handle(ramp(0, 100, 1000, speed=1000.0), 0))
    plan = list(executor.player.plan)
    play(executor, 1_000_000)
    for count, (at_us, axis, _) in enumerate(lines.steps[:-1]):
        assert axis == 0
        assert plans.state(plan, 0, at_us)[0] == pytest.approx(count + 0.5 + plans.HYSTERESIS, abs=0.01)


def test_turning_on_the_edge_of_a_microstep_makes_no_pair_of_needless_pulses():
    executor, lines = make()
    accepted(executor.handle(ramp(0, 1.46, 1_000), 0))
    play(executor, 100_000)
    a = 0.04 / 0.005**2
    there = [(0.005, 1.46, 0.0, a, 0, 0, 0), (0.005, 1.5, a * 0.005, -a, 0, 0, 0)]
    back = [(0.005, 1.54, 0.0, -a, 0, 0, 0), (0.005, 1.5, -a * 0.005, a, 0, 0, 0)]
    accepted(executor.handle(p.Move(True, 101_000, wire((there + back) * 7)), 100_000))
    play(executor, 1_000_000)
    assert [d for _, _, d in lines.steps] == [1]


def test_at_rest_the_count_is_the_rounded_end():
    for end, count in ((3.4, 3), (3.6, 4), (3.52, 4), (3.48, 3), (-3.52, -4)):
        executor, _ = make()
        accepted(executor.handle(ramp(0, end, 1000, speed=500.0), 0))
        play(executor, 1_000_000)
        assert executor.player.position[0] == count


def test_a_new_move_replaces_the_running_one_from_its_start_on():
    executor, lines = make()
    first = ramp(0, 200, 1000, speed=1000.0, accel=50000.0)
    accepted(executor.handle(first, 0))
    play(executor, 60_000)
    x, v = plans.state(executor.player.plan, 0, 70_000)
    brake = [(v / 50000.0, x, v, -50000.0, 0, 0, 0)]
    accepted(executor.handle(p.Move(True, 70_000, wire(brake)), 60_000))
    play(executor, 1_000_000)
    end = x + v * v / 2 / 50000.0
    assert executor.player.position[0] == round(end)
    assert len(lines.steps) == round(end)


@pytest.mark.parametrize(
    ("move", "code"),
    [
        (ramp(0, 50, -10_000), "late"),
        (ramp(3, 50, 1000), "position"),
        (p.Move(True, 1000, wire([(0.1, 0, 500.0, 0, 0, 0, 0), (0.1, 50.0, 500.0, -5000.0, 0, 0, 0)])), "speed"),
        (p.Move(True, 1000, wire([(0.1, 0, 0.0, 5000.0, 0, 0, 0)])), "speed"),
        (p.Move(True, 1000, wire([(0.1, 0, 0.0, 5000.0, 0, 0, 0), (0.1, 40.0, 500.0, -5000.0, 0, 0, 0)])), "position"),
        (ramp(0, 1000, 1000, speed=2600.0), "rate"),
        (ramp(0, 50, 60_000_000), "far"),
        (ramp(0, 1010, 1000), "range"),
        (ramp(0, 20, 1000, y1=-1001), "range"),
        (ramp(0, 50, 1000, accel=101_000.0), "acceleration"),
        (p.Move(True, 1000, to_wire([(0.02, 0, 0, 0, 6e6, 0, 0, 0, 0), (0.1, 8.0, 1200.0, 0, 0, 0, 0, 0, 0)])), "acceleration"),
        (p.Move(True, 1000, to_wire([(0.1, 0, 0, 90000.0, -1.8e6, 0, 0, 0, 0)])), "rate"),  # in its middle only
        (p.Move(True, 1000, (p.WireSegment(0, *[0] * 8),)), "duration"),
        (p.Move(True, 1000, (p.WireSegment(-5, *[0] * 8),)), "duration"),
    ],
)
def test_an_unfit_move_is_refused_as_a_whole(move, code):
    executor, lines = make()
    refused(executor.handle(move, 0), code)
    play(executor, 2_000_000)
    assert lines.steps == []


def test_light_asked_for_before_the_planner_heard_of_a_refused_move_stays_off():
    executor, lines = make()
    now = 60_000  # a controller that wakes late finds a slew and the light that was to follow it
    refused(executor.handle(ramp(0, 20, 4_000, lit=False), now), "late")
    for us in range(4):
        refused(executor.handle(p.Light(now + us + LEASE), now + us), "dark")
    assert lines.lights == []
    accepted(executor.handle(p.Light(now + LEASE + LEASE), now + LEASE))
    assert lines.on


def test_a_refused_move_leaves_the_running_plan_to_its_end_but_dark():
    executor, _ = make()
    accepted(executor.handle(p.Light(LEASE), 0))
    accepted(executor.handle(ramp(0, 100, 1000), 0))
    play(executor, 20_000)
    assert executor.lit
    refused(executor.handle(ramp(90, 200, 25_000), 20_000), "position")
    assert not executor.lit
    play(executor, 1_000_000)
    assert executor.player.position == [100, 0]


def test_being_late_costs_time_and_never_a_pulse():
    executor, lines = make()
    accepted(executor.handle(ramp(0, 100, 1000, speed=1000.0), 0))
    play(executor, 50_000)
    before = len(lines.steps)
    executor.advance(62_000)  # asleep for 12 ms, in which 12 pulses were due
    assert len(lines.steps) == before + 1
    assert 10_000 < executor.report(62_000).lag_us < 12_500
    while executor.report(62_000).moving:
        executor.advance(executor.due_us)
    assert executor.player.position == [100, 0]
    assert executor.player.lag_us == 0
    times = [t for t, _, _ in lines.steps]
    assert min(b - a for a, b in itertools.pairwise(times)) >= 400


def test_while_a_plan_rests_its_lag_is_worked_off():
    executor, lines = make()
    move = ramp(0, 20, 1000, speed=1000.0)
    end = 1000 + sum(s.duration_us for s in move.segments)
    hold = p.WireSegment(200_000, 20_000, *[0] * 7)
    there_and_back = p.Move(True, 1000, (*move.segments, hold, *ramp(20, 0, 0, speed=1000.0).segments))
    accepted(executor.handle(there_and_back, 0))
    play(executor, 10_000)
    executor.advance(17_000)
    assert executor.player.lag_us > 5_000
    play(executor, end + 100_000)
    assert executor.player.lag_us == 0
    play(executor, 1_000_000)
    assert executor.player.position == [0, 0]
    back = lines.steps[20][0]
    assert back == pytest.approx(end + 200_000 + math.sqrt(2 * 0.55 / 50000.0) * 1e6, abs=50)


def test_dir_is_set_before_the_pulse_that_needs_it():
    executor, lines = make(dir_setup_us=300)
    accepted(executor.handle(ramp(0, 10, 1000), 0))
    play(executor, 100_000)
    accepted(executor.handle(ramp(10, -10, 101_000), 100_000))
    play(executor, 300_000)
    for at_us, axis, direction in lines.steps:
        turned, told = max((t, d) for t, a, d in lines.turns if a == axis and t <= at_us)
        assert told == direction
        assert at_us - turned >= 300


def test_segments_of_constant_jerk_are_played_pulse_by_pulse():
    """A whole S: jerk up, down, down, up; the count follows it to the end."""
    executor, lines = make()
    j, t = 4e6, 0.0125
    corners = [(0.0, 0.0, 0.0, j)]
    for jerk in (-j, -j, j):
        x, v, a, last = corners[-1]
        corners.append((x + v * t + a * t * t / 2 + last * t**3 / 6, v + a * t + last * t * t / 2, a + last * t, jerk))
    move = p.Move(True, 1_000, to_wire([(t, *c, *(-part for part in c)) for c in corners]))
    accepted(executor.handle(move, 0))
    plan = list(executor.player.plan)
    play(executor, 1_000_000)
    end = 2 * j * t**3
    assert executor.player.position == [round(end), -round(end)]
    assert len(lines.steps) == 2 * round(end)
    for count, (at_us, _, _) in enumerate([s for s in lines.steps if s[1] == 0][:-1]):
        assert plans.state(plan, 0, at_us)[0] == pytest.approx(count + 0.5 + plans.HYSTERESIS, abs=0.01)


numbers = st.floats(-1.0, 1.0)


@settings(max_examples=300, deadline=None)
@given(numbers, numbers, numbers, numbers, st.floats(0.001, 1.0))
def test_the_first_crossing_of_a_course_is_found_wherever_it_turns(p0, v, a, j, duration):
    course = plans.Course(0.54 * p0, 30.0 * v, 300.0 * a, 4000.0 * j)
    samples = [duration * i / 2000 for i in range(2001)]
    first = next((t for t in samples if abs(course.at(t)[0]) >= 0.55), None)
    found = plans.crossing(course, -0.55, 0.55, 0.0, duration)
    if first is None:
        assert found is None or abs(course.at(found[0])[0]) == pytest.approx(0.55, abs=1e-4)
        return
    at, direction = found
    assert at <= first + 1e-7
    assert course.at(at)[0] == pytest.approx(0.55 * direction, abs=1e-4)
    assert all(abs(course.at(t)[0]) < 0.551 for t in samples if t < at)


def test_pulses_of_both_axes_that_are_due_together_are_made_at_one_waking_and_never_early():
    executor, lines = make()
    accepted(executor.handle(ramp(0, 900, 1_000, y1=890, speed=1900.0), 0))
    plan = list(executor.player.plan)
    play(executor, 2_000_000)
    assert executor.player.position == [900, 890]
    assert len({at_us for at_us, _, _ in lines.steps}) < 0.95 * len(lines.steps)
    counts = [0, 0]
    for at_us, axis, _ in lines.steps[:-20]:
        early, late = (plans.state(plan, axis, t)[0] - counts[axis] - 0.55 for t in (at_us + 1, at_us - player.TOGETHER_US - 2))
        assert late <= 0.0 <= early
        counts[axis] += 1
