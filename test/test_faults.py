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

"""Whatever fails, at whatever moment: it ends dark, in time, with a word on why, and John is never lit.

`theylive bench pointing` does the same a thousand times each.
"""

from __future__ import annotations

import math

import pytest

from theylive_ros.benching import faults
from theylive_ros.benching.faulty_lines import FaultyLines
from theylive_ros.benching.john_watch import JohnWatch, gap
from theylive_ros.simulator.truth import LitSample, TrueHead

JOHN = TrueHead(7, "john", 100.0, 100.0, 64.0, 64.0, 1.0, 0.0, 0.0, 1.0)


@pytest.mark.parametrize("fault", faults.FAULTS)
def test_every_fault_ends_dark_in_time_and_says_why_and_john_is_never_lit(fault):
    outcome = faults.run(fault, 24, seed=7)
    assert outcome.trials == 24
    assert outcome.late == 0
    assert outcome.unsaid == 0
    assert outcome.john_lit == 0
    assert outcome.lit > 0.5, "nothing was tried: it never shone"


def test_the_faults_are_those_of_the_list():
    asked = "limit, stop, frozen camera, lost steps, john, killed planner, killed controller, unplugged cable, clock jump"
    assert all(any(name in fault for fault in faults.FAULTS) for name in asked.split(", "))


def test_the_same_seed_has_the_same_trials():
    assert faults.run("stop input", 3, seed=1) == faults.run("stop input", 3, seed=1)


# --- the judge must be able to condemn


def judged(t, x, y, heads=(JOHN,), before=(JOHN,)):
    watch = JohnWatch(10.0)
    watch.feed(1.9, before)
    watch.feed(2.0, heads, [LitSample(t, x, y)])
    return watch


def test_light_on_john_is_counted_and_light_near_him_is_told():
    assert judged(1.95, 131.0, 100.0).john_lit == pytest.approx(0.001)
    near = judged(1.95, 140.0, 100.0)
    assert near.john_lit == 0
    assert near.near_for == pytest.approx(0.95)
    far = judged(1.95, 143.0, 100.0)
    assert far.near_for == 0
    assert far.last_light == 1.95


def test_john_is_lit_where_he_was_at_the_moment_of_the_light():
    walking = JOHN._replace(vx=400.0)
    assert judged(1.95, 140.0, 100.0, [walking]).john_lit == 0
    assert judged(1.95, 60.0, 100.0, [walking]).john_lit > 0


def test_a_john_who_has_left_since_the_last_frame_counts_and_one_who_came_later_does_not():
    assert judged(1.95, 100.0, 100.0, heads=()).john_lit > 0
    assert judged(1.95, 100.0, 100.0, [JOHN._replace(appeared_at=1.97)], before=()).john_lit == 0


def test_a_gap_is_the_distance_from_the_box():
    assert gap(JOHN, 100.0, 131.9) == 0
    assert gap(JOHN, 135.0, 136.0) == pytest.approx(math.hypot(3.0, 4.0))


def test_lines_lose_as_many_pulses_as_told_and_only_that_way():
    lines = FaultyLines()
    lines.to_lose = [2, -1]
    for n, (axis, direction) in enumerate([(0, 1), (0, -1), (0, 1), (0, 1), (1, 1), (1, -1), (1, -1)]):
        lines.step(axis, direction, 100_000 * n)
    assert lines.position == (0, 0)
    assert lines.to_lose == [0, 0]
