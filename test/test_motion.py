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

"""Motion: within its limits, continuous, at rest on whole microsteps at the end, and no slower than it must be."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from theylive_ros.mirrors.motion import MotionSettings, State, duration, plan, plan_axis, state_at

limits_ = st.builds(MotionSettings, max_speed=st.floats(50, 5000), max_acceleration=st.floats(1000, 200000))
goals = st.tuples(st.integers(-500, 500), st.integers(-500, 500))
states = st.builds(State, *(st.floats(-500, 500), st.floats(-6000, 6000)) * 2)


def rest(x: float, y: float) -> State:
    return State(float(x), 0.0, float(y), 0.0)


def near(a: State, b: State) -> bool:
    return abs(a.px - b.px) < 1e-6 and abs(a.py - b.py) < 1e-6 and abs(a.vx - b.vx) < 1e-3 and abs(a.vy - b.vy) < 1e-3


@given(states, goals, limits_)
def test_a_plan_goes_on_from_any_state_and_ends_at_rest_on_its_goal(state, goal, limits):
    segments = plan(state, goal, limits)
    if not segments:
        assert near(state, rest(*goal))
        return
    assert len(segments) <= 6
    first, last = segments[0], segments[-1]
    assert near(State(first.px, first.vx, first.py, first.vy), state)
    t = last.duration
    end = State(
        last.px + last.vx * t + last.ax * t * t / 2,
        last.vx + last.ax * t,
        last.py + last.vy * t + last.ay * t * t / 2,
        last.vy + last.ay * t,
    )
    assert near(end, rest(*goal))
    assert state_at(segments, duration(segments) + 1) == rest(*goal)


@given(states, goals, limits_)
def test_position_and_velocity_never_jump(state, goal, limits):
    segments = plan(state, goal, limits)
    for a, b in itertools.pairwise(segments):
        t = a.duration
        end = State(a.px + a.vx * t + a.ax * t * t / 2, a.vx + a.ax * t, a.py + a.vy * t + a.ay * t * t / 2, a.vy + a.ay * t)
        assert near(end, State(b.px, b.vx, b.py, b.vy))


@given(goals, goals, goals, limits_, st.floats(0, 1.2))
def test_limits_are_kept_and_a_retarget_is_smooth_at_any_moment(start, goal, other, limits, share):
    segments = plan(rest(*start), goal, limits)
    if not segments:
        return
    when = share * duration(segments)
    state = state_at(segments, when)
    again = plan(state, other, limits)
    low = [min(start[i], goal[i], other[i]) for i in (0, 1)]
    high = [max(start[i], goal[i], other[i]) for i in (0, 1)]
    for plan_ in (segments, again):
        for s in plan_:
            assert s.duration > 0
            assert max(abs(s.ax), abs(s.ay)) <= limits.max_acceleration * (1 + 1e-9)
            assert max(abs(s.vx), abs(s.vy)) <= limits.max_speed * (1 + 1e-6)
            # whoever keeps to goals within a range also keeps the path within it
            assert low[0] - 1e-6 <= s.px <= high[0] + 1e-6
            assert low[1] - 1e-6 <= s.py <= high[1] + 1e-6
    if again:
        assert near(state_at(again, 0.0), state)


@given(st.integers(-800, 800), limits_)
def test_from_rest_to_rest_no_trapezoid_is_quicker(way, limits):
    v, a, d = limits.max_speed, limits.max_acceleration, abs(way)
    optimum = d / v + v / a if d >= v * v / a else 2 * math.sqrt(d / a)
    assert duration(plan(rest(0, 0), (way, 0), limits)) == pytest.approx(optimum, abs=1e-8)


def test_an_axis_too_fast_to_stop_passes_its_goal_and_comes_back():
    limits = MotionSettings(max_speed=2000, max_acceleration=60000)
    phases = plan_axis(0.0, 2000.0, 10, limits)
    turn = 2000.0**2 / (2 * 60000)
    assert phases[0].a == -60000
    assert phases[-1].a == 60000
    # 33.3 microsteps to stop, then back to 10: a triangle
    assert sum(p.duration for p in phases) == pytest.approx(2000 / 60000 + 2 * math.sqrt((turn - 10) / 60000))


def test_an_axis_faster_than_allowed_slows_down_first():
    phases = plan_axis(0.0, 3000.0, 500, MotionSettings(max_speed=1000, max_acceleration=60000))
    assert [p.a for p in phases] == [-60000, 0, -60000]
    assert [p.v for p in phases] == pytest.approx([3000, 1000, 1000])


def test_the_axes_move_at_once_and_each_as_fast_as_it_can():
    limits = MotionSettings()
    segments = plan(rest(0, 0), (100, -40), limits)
    assert duration(segments) == pytest.approx(duration(plan(rest(0, 0), (100, 0), limits)))
    assert state_at(segments, duration(plan(rest(0, 0), (0, -40), limits))).py == pytest.approx(-40)


def test_nothing_to_do_is_no_plan():
    assert plan(rest(3, 4), (3, 4), MotionSettings()) == []
