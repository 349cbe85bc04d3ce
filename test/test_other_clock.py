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

"""The clock that stamps the pictures: what a question and its answer say of it, and that no difference it may have endangers John."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lockstep_bench import light, nearest, rig, static, walker

from theylive_ros.mirrors.clock import Clocks, ClockSettings
from theylive_ros.mirrors.gate import GateSettings
from theylive_ros.mirrors.other_clock import OtherClock

HERE = 1.7e9
SECONDS = st.floats(0.0, 0.2)
GUARD = 1000 * GateSettings().guard_radius  # mm


def ask(clock, now, ahead, there=0.001, back=0.001, source="camera"):
    """One question at `now` (monotonic, s) to a clock that is so far ahead, and how long question and answer were under way."""
    asked = HERE + now
    heard = asked + there + back
    clock.hear(source, asked, asked + there + ahead, heard, now + there + back)


def test_nothing_is_known_before_the_first_answer():
    assert OtherClock().bounds(0.0) is None
    assert OtherClock().clocks(0.0, sane=True) == Clocks(told=False)
    assert OtherClock(ClockSettings(camera_here=True)).clocks(0.0, sane=True) == Clocks()


@given(st.lists(st.tuples(SECONDS, SECONDS), min_size=1, max_size=50), st.floats(-10.0, 10.0), st.floats(-0.0005, 0.0005))
def test_the_true_difference_lies_between_the_bounds_however_long_the_way_takes(ways, ahead, drift):
    clock = OtherClock()
    for i, (there, back) in enumerate(ways):
        ask(clock, float(i), ahead + drift * (i + there), there, back)
        now = i + there + back
        low, high = clock.bounds(now)
        assert low - 1e-6 <= ahead + drift * now <= high + 1e-6
    assert clock.clocks(now, sane=True).doubt >= abs(ahead + drift * now) - 1e-6


def test_one_swift_answer_among_slow_ones_makes_the_bounds_close():
    clock = OtherClock()
    for i in range(40):
        ask(clock, i / 4, 0.002, there=0.0005 if i == 30 else 0.08, back=0.0005 if i == 30 else 0.08)
    low, high = clock.bounds(10.0)
    assert -0.003 < low < 0.002 < high < 0.007


@pytest.mark.parametrize("ahead", [0.02, -0.02, 3600.0, -1e9])
def test_a_difference_beyond_what_is_put_up_with_is_known_from_one_answer(ahead):
    clock = OtherClock()
    ask(clock, 0.0, ahead)
    assert not clock.clocks(0.1, sane=True).agree


def test_a_difference_that_may_be_none_is_doubt_and_no_more():
    clock = OtherClock()
    ask(clock, 0.0, 0.02, there=0.03, back=0.03)
    clocks = clock.clocks(0.06, sane=True)
    assert clocks.agree
    assert clocks.doubt == pytest.approx(0.05, abs=1e-3)


def test_a_clock_that_is_set_is_believed_anew_at_the_next_answer():
    clock = OtherClock()
    ask(clock, 0.0, 5.0)
    ask(clock, 0.25, 0.001)
    assert clock.clocks(0.26, sane=True).agree
    assert clock.clocks(0.26, sane=True).doubt < 0.003


def test_silence_makes_the_doubt_grow_and_in_the_end_nothing_is_known():
    clock = OtherClock()
    ask(clock, 0.0, 0.0)
    doubts = [clock.clocks(t, sane=True).doubt for t in (0.1, 1.0, 5.0, 9.0)]
    assert doubts == sorted(set(doubts))
    assert not clock.clocks(10.1, sane=True).told


def test_where_two_tell_a_clock_both_must_agree_and_the_greater_doubt_counts():
    clock = OtherClock()
    for i in range(8):
        ask(clock, i / 4, 0.0)
        ask(clock, i / 4, 0.059, source="another")
        assert not clock.clocks(i / 4 + 0.01, sane=True).agree
    low, high = clock.bounds(2.0)
    assert low < 0.059 < high
    ask(clock, 2.0, -0.002, there=0.01, back=0.01, source="another")
    clocks = clock.clocks(2.02, sane=True)
    assert clocks.agree
    assert clocks.doubt == pytest.approx(0.012, abs=1e-3)


def test_one_of_two_that_tells_no_more_is_forgotten():
    clock = OtherClock()
    ask(clock, 0.0, 0.059, source="another")
    for i in range(41):
        ask(clock, i / 4, 0.0)
    assert not clock.clocks(9.9, sane=True).agree
    assert clock.clocks(10.1, sane=True).agree
    ask(clock, 10.25, 0.0)
    assert list(clock._known) == ["camera"]


@pytest.mark.parametrize("answer", [(1.0, 1.0, 0.9), (1.0, math.nan, 1.1), (math.nan, 1.0, 1.1), (1.0, math.inf, 1.1)])
def test_an_answer_that_cannot_be_is_left_out(answer):
    clock = OtherClock()
    clock.hear("camera", *answer, 0.0)
    assert clock.bounds(0.0) is None


def test_what_speaks_against_this_machines_own_clock_is_passed_on():
    clock = OtherClock()
    ask(clock, 0.0, 0.0)
    assert not clock.clocks(0.1, sane=False).sane


# --- the whole stack, its camera's clock off


def walking_past(ahead, seconds):
    """An alien in the middle, and John, who walks upon it at 300 mm/s from 0.4 s on."""
    made = rig({"actors": [static("alien", 0, 0), walker("john", [[-152, 5], [152, 5]], 300, appear_s=0.4)]}, latency=0.03)
    made.camera_ahead = ahead
    made.run(seconds)
    return made


def test_a_difference_that_is_put_up_with_costs_john_nothing_of_his_distance():
    agreeing, *others = (nearest(light(walking_past(ahead, 0.9))) for ahead in (0.0, -0.010, 0.005, 0.010))
    assert agreeing >= GUARD
    assert min(others) >= agreeing - 0.1


@pytest.mark.parametrize("ahead", [-100.0, -0.1, -0.011, 0.011, 0.029, 0.1, 100.0])
def test_a_greater_difference_is_dark_and_told(ahead):
    made = walking_past(ahead, 0.5)
    assert not light(made)
    assert "clocks_differ" in made.state.reasons


@pytest.mark.parametrize("ahead", [-0.1, -0.02, 0.02, 0.1])
def test_a_camera_clock_that_jumps_while_the_laser_shines_is_dark_within_the_next_question(ahead):
    made = rig("one_alien")
    made.run(0.8)
    assert made.state.lit
    made.camera_ahead = ahead
    made.run(0.3)
    assert "clocks_differ" in made.state.reasons
    made.camera_ahead = 0.0
    made.run(0.5)
    assert made.state.lit
