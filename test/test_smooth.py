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

"""The limit of jerk: whatever is planned and however often that is changed, the axes go smoothly and end where the plan does."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theylive_ros.mirrors.motion import MotionSettings, State, duration, plan, state_at
from theylive_ros.mirrors.timeline import Timeline
from theylive_ros.types import Segment

limits_ = st.builds(MotionSettings, max_speed=st.floats(50, 5000), max_acceleration=st.floats(1000, 200000), max_jerk=st.floats(1e5, 1e9))
goals = st.tuples(st.integers(-500, 500), st.integers(-500, 500))


def course(s: Segment, t: float) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Position, velocity and acceleration of both axes within a segment."""
    return tuple(
        (p + (v + (a / 2 + j * t / 6) * t) * t, v + (a + j * t / 2) * t, a + j * t)
        for p, v, a, j in ((s.px, s.vx, s.ax, s.jx), (s.py, s.vy, s.ay, s.jy))
    )


def close(one, other, limits) -> bool:
    """Alike within what rounding may do to position, velocity and acceleration."""
    scales = 1e-6, 1e-6 * limits.max_speed + 1e-4, 1e-4 * limits.max_acceleration
    return all(abs(a - b) <= scale for axes in zip(one, other, strict=True) for a, b, scale in zip(*axes, scales, strict=True))


def moves(limits, visits):
    """A timeline sent from goal to goal, each after a share of the way to the one before; yields start and segments of each move."""
    timeline = Timeline((0, 0), 50.0, limits.smoothing)
    start = 50.0
    for goal, share in visits:
        planned = plan(timeline.planned(start), goal, limits)
        if planned:
            yield start, timeline.add(planned, start, lit=False), timeline
            start = start + share * (timeline.end - start)


@settings(max_examples=60, deadline=None)
@given(limits_, st.lists(st.tuples(goals, st.floats(0.01, 1.2)), min_size=1, max_size=6))
def test_the_axes_keep_every_limit_and_nothing_jumps_however_often_the_goal_changes(limits, visits):
    jerk = 2 * limits.max_acceleration / limits.smoothing
    reach = [0, 0], [0, 0]
    before = None
    for goal, _ in visits:
        for axis in (0, 1):
            reach[0][axis], reach[1][axis] = min(reach[0][axis], goal[axis]), max(reach[1][axis], goal[axis])
    for start, segments, timeline in moves(limits, visits):
        if before is not None:
            old_start, old = before
            t = start - old_start
            for segment in old:
                if t < segment.duration:
                    # the new move goes on from the very state in which it finds the axes
                    assert close(course(segment, t), course(segments[0], 0.0), limits)
                    break
                t -= segment.duration
        for a, b in itertools.pairwise(segments):
            assert close(course(a, a.duration), course(b, 0.0), limits)
        for s in segments:
            assert s.duration > 0
            for t in (0.0, s.duration / 2, s.duration):
                for axis, (p, v, a) in enumerate(course(s, t)):
                    assert abs(v) <= limits.max_speed * (1 + 1e-6) + 1e-3
                    assert abs(a) <= limits.max_acceleration * (1 + 1e-3)
                    assert reach[0][axis] - 1e-5 <= p <= reach[1][axis] + 1e-5
            assert max(abs(s.jx), abs(s.jy)) <= jerk * (1 + 1e-6)
        at_rest = course(segments[-1], segments[-1].duration)
        goal = timeline.goal
        assert close(at_rest, ((goal[0], 0, 0), (goal[1], 0, 0)), limits)
        assert timeline.state(timeline.end + 1) == State(float(goal[0]), 0.0, float(goal[1]), 0.0)
        before = start, segments


@given(limits_, goals)
def test_a_move_takes_longer_by_the_smoothing_and_no_more(limits, goal):
    planned = plan(State(0.0, 0.0, 0.0, 0.0), goal, limits)
    if planned:
        motion = Timeline((0, 0), 0.0, limits.smoothing).add(planned, 1.0, lit=False)
        assert duration(motion) == pytest.approx(duration(planned) + limits.smoothing, abs=1e-6)


def test_the_axes_are_where_the_plan_was_half_the_smoothing_ago_while_it_cruises():
    limits = MotionSettings()
    timeline = Timeline((0, 0), 0.0, limits.smoothing)
    timeline.add(plan(timeline.planned(1.0), (200, 0), limits), 1.0, lit=False)
    for t in (1.05, 1.06, 1.07):
        assert timeline.state(t).px == pytest.approx(timeline.planned(t - limits.smoothing / 2).px)
        assert timeline.state(t).vx == pytest.approx(limits.max_speed)


def test_a_change_of_mind_in_full_flight_is_smooth_and_ends_on_whole_microsteps():
    limits = MotionSettings()
    timeline = Timeline((0, 0), 0.0, limits.smoothing)
    timeline.add(plan(timeline.planned(1.0), (300, -200), limits), 1.0, lit=False)
    before = timeline.state(1.06)
    motion = timeline.add(plan(timeline.planned(1.06), (90, -60), limits), 1.06, lit=False)
    assert state_at(motion, 0.0) == pytest.approx(before, abs=1e-6)
    end = timeline.state(timeline.end + 1)
    assert end == (90, 0, -60, 0)


def test_goals_that_change_as_often_as_a_planner_may_change_them_fit_a_line():
    """32 segments is what a controller takes in one move."""
    limits = MotionSettings()
    timeline = Timeline((0, 0), 0.0, limits.smoothing)
    start, longest = 1.0, 0
    for i in range(200):
        planned = plan(timeline.planned(start), (round(60 * math.sin(i)), round(60 * math.cos(1.7 * i))), limits)
        if planned:
            longest = max(longest, len(timeline.add(planned, start, lit=False)))
        start += limits.smoothing / 2
    assert 8 < longest <= 32


def test_an_old_clock_does_not_cost_precision():
    limits = MotionSettings()
    late, early = (Timeline((0, 0), t, limits.smoothing) for t in (4e6, 0.0))
    one = late.add(plan(late.planned(4e6 + 1), (150, -70), limits), 4e6 + 1, lit=False)
    other = early.add(plan(early.planned(1.0), (150, -70), limits), 1.0, lit=False)
    for t in (0.01, 0.03, 0.05, 0.08):
        assert state_at(one, t) == pytest.approx(state_at(other, t), abs=1e-3)
