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

"""The clocks: a jump or an impossible stamp is noticed, ordinary drift is not."""

from __future__ import annotations

import math

import pytest

from theylive_ros.mirrors.clock import ClockSettings, ClockWatch

YEAR = 3e7


def watched(until: float = 10.0, offset: float = 1.7e9, drift: float = 0.0) -> ClockWatch:
    watch = ClockWatch()
    for i in range(int(until * 100) + 1):
        t = i / 100
        assert watch.observe(t + offset + drift * t, t)
    return watch


def test_nothing_is_believed_before_the_clocks_were_read():
    assert not ClockWatch().observe(math.nan, 0.0)


def test_steady_clocks_are_sane_from_the_first_look():
    watched()


def test_a_clock_that_a_time_service_slews_is_sane():
    watched(until=200, drift=0.0005)
    watched(until=200, drift=-0.0005)


@pytest.mark.parametrize("jump", [YEAR, -YEAR, 0.1, -0.1])
def test_a_jump_is_dark_for_a_while_then_on_again(jump):
    watch = watched()
    assert not watch.observe(10.01 + 1.7e9 + jump, 10.01)
    assert not watch.observe(10.90 + 1.7e9 + jump, 10.90)
    assert watch.observe(11.02 + 1.7e9 + jump, 11.02)


def test_creeping_in_small_jumps_is_noticed():
    watch = watched()
    steps = [watch.observe(t + 1.7e9 + 0.02 * i, t) for i, t in enumerate(10 + k / 100 for k in range(1, 20))]
    assert not all(steps)


def test_a_monotonic_clock_that_runs_back_is_not_one():
    watch = watched()
    assert not watch.observe(9.0 + 1.7e9, 9.0)


def test_a_clock_that_is_no_number_is_dark_and_then_settles():
    watch = watched()
    assert not watch.observe(math.nan, 10.01)
    assert not watch.observe(10.02 + 1.7e9, 10.02)
    assert watch.observe(11.03 + 1.7e9, 11.03)


def test_a_stamp_is_moved_to_the_monotonic_clock():
    watch = watched()
    assert watch.stamp(9.97 + 1.7e9, 10.0 + 1.7e9, 10.0) == pytest.approx(9.97, abs=1e-6)


@pytest.mark.parametrize("age", [-0.01, 1.1, YEAR, math.nan])
def test_a_stamp_from_the_future_or_the_past_darkens_until_a_good_one_comes(age):
    watch = watched()
    assert watch.stamp(10.0 - age, 10.0, 10.0) is None
    assert not watch.observe(10.01 + 1.7e9, 10.01)
    assert watch.stamp(9.99, 10.0, 10.0) is not None
    assert watch.observe(10.02 + 1.7e9, 10.02)


def test_how_much_is_put_up_with_is_a_setting():
    watch = ClockWatch(ClockSettings(tolerance=0.5, settling=0.1))
    assert watch.observe(100.0, 0.0)
    assert watch.observe(100.3, 0.01)
    assert not watch.observe(101.0, 0.02)
    assert watch.observe(101.2, 0.2)
