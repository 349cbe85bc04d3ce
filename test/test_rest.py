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

"""Targets at rest: noise is averaged, and whatever moves is followed as it moves."""

from __future__ import annotations

import math
import random

import pytest
from pointer_bench import track

from theylive_ros.mirrors.rest import Resting

FRAME = 1 / 30


def looked(places, resting=None, begin=0.0, **changes):
    """What is made of a track at these places, frame by frame."""
    resting = resting or Resting()
    return [
        resting.look(track(x, y, 20.0, -10.0, stamp=begin + i * FRAME, **changes), begin + i * FRAME) for i, (x, y) in enumerate(places)
    ]


def test_a_head_at_rest_is_taken_to_be_where_it_was_on_average_and_not_to_move():
    chance = random.Random(1)
    seen = looked([(100 + chance.gauss(0, 0.4), 80 + chance.gauss(0, 0.4)) for _ in range(60)])
    off = [math.hypot(t.x - 100, t.y - 80) for t in seen[10:]]
    assert max(off) < 0.45
    assert sum((t.vx, t.vy) == (0.0, 0.0) for t in seen[10:]) > 45


def test_a_moving_head_is_passed_on_as_it_is():
    for speed in (10.0, 50.0, 300.0):
        seen = looked([(100 + speed * i * FRAME, 80.0) for i in range(60)])
        assert all(t.vx == 20.0 for t in seen[25:])
        assert seen[-1].x == pytest.approx(100 + speed * 59 * FRAME)


def test_a_head_that_starts_is_followed_at_once():
    resting = Resting()
    assert looked([(100.0, 80.0)] * 30, resting)[-1].vx == 0.0
    first = looked([(103.0, 80.0)], resting, begin=30 * FRAME)[0]
    assert (first.x, first.vx) == (103.0, 20.0)


def test_a_slow_start_costs_a_pixel_and_a_half_at_most():
    seen = looked([(100.0, 80.0)] * 30 + [(100.0 + 8.0 * i * FRAME, 80.0) for i in range(60)])
    true = [100.0] * 30 + [100.0 + 8.0 * i * FRAME for i in range(60)]
    assert max(abs(t.x - x) for t, x in zip(seen, true, strict=True)) <= 1.5


def test_another_track_begins_anew_and_so_does_time_that_goes_back():
    resting = Resting()
    looked([(100.0, 80.0)] * 30, resting, id=1)
    assert looked([(100.5, 80.0)], resting, begin=2.0, id=2)[0].vx == 20.0
    assert looked([(100.5, 80.0)], resting, begin=0.0, id=2)[0].vx == 20.0
    # the same frame told twice counts once
    again = [resting.look(track(100.5, 80.0, 20.0, stamp=0.0, id=2), 0.0) for _ in range(10)]
    assert again[-1].vx == 20.0


def test_nothing_is_made_of_what_is_no_number():
    assert math.isnan(looked([(math.nan, 80.0)] * 10)[-1].x)
