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

import pytest

from theylive_ros.benching.soak import soak
from theylive_ros.controller import plan as plans
from theylive_ros.controller import player

CLEAN = {"lost": 0, "doubled": 0, "astray": 0, "too_close": 0, "unready": 0, "refused": 0}


@pytest.mark.parametrize("seed", [1, 2])
def test_however_late_the_caller_every_pulse_is_counted_and_none_is_lost_doubled_or_too_close(seed):
    figures = soak(100_000, seed)
    assert figures["made"] == figures["counted"] >= 100_000
    assert {name: figures[name] for name in CLEAN} == CLEAN
    assert figures["closest_us"] >= 400
    assert figures["late_ms"] > 5.0  # it was late indeed


def test_a_soak_tells_the_same_again():
    assert soak(5_000, 3) == soak(5_000, 3)


def test_a_player_that_bunches_what_is_late_is_found_out(monkeypatch):
    def hasty(self):
        return min((int(due[0]) + 1 if due else plans.FOREVER, axis, 0) for axis, due in enumerate(self._due))

    monkeypatch.setattr(player.Player, "_first", hasty)
    assert soak(20_000, 1)["too_close"] > 0


def test_a_course_without_hysteresis_or_a_lost_pulse_is_found_out(monkeypatch):
    real = player.plans.next_step
    calls = [0]

    def forgetful(plan, axis, count, after_us):
        calls[0] += 1
        return real(plan, axis, count + (calls[0] % 997 == 0), after_us)

    monkeypatch.setattr(player.plans, "next_step", forgetful)
    figures = soak(20_000, 1)
    assert figures["doubled"] + figures["lost"] > 0
