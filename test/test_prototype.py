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

"""The peer in the bench of pointing does what the prototype does."""

from __future__ import annotations

import math
import random

import pytest

from theylive_ros.benching.prototype import RATE, Prototype, time_to_within


def test_what_is_left_of_a_difference_is_dropped_and_never_made_up():
    peer = Prototype(100, 100)
    for x in (101, 102, 103, 104):
        assert peer.move(x, 100) == 0
    assert peer.place == (100, 100)
    assert peer.error == 4
    peer.move(107, 95)
    assert peer.place == (102, 96)


def test_a_move_takes_as_long_as_its_longer_way_at_a_constant_rate():
    assert Prototype(0, 0).move(200, -100) == pytest.approx(100 / RATE)


def test_it_drifts_by_many_pixels_over_a_thousand_random_moves():
    errors = []
    for seed in range(50):
        chance, peer = random.Random(seed), Prototype(160, 120)
        for _ in range(1000):
            peer.move(chance.randrange(320), chance.randrange(240))
        errors.append(peer.error)
    assert sorted(errors)[25] > 10


@pytest.mark.parametrize("tolerance", [2.0, 6.37, 50.0])
def test_the_time_to_come_near_is_that_of_the_first_pulse_that_is_near_enough(tolerance):
    pulses = round(time_to_within(200, tolerance) * RATE)
    left = [math.hypot(200 - 2 * n, 200 - 2 * n) for n in (pulses - 1, pulses)]
    assert left[0] > tolerance >= left[1]
