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

"""The closed loop of the planner: the seen spot corrects the aim, missed steps are noticed, and a spot elsewhere keeps off John."""

from __future__ import annotations

import dataclasses
import math
import random

import pytest
from pointer_bench import RIG, TICK, Bench, glimpse, metres, seen, still, track

from theylive_ros.mirrors.gate import GateSettings
from theylive_ros.mirrors.pointer import PointerError
from theylive_ros.mirrors.trim import TrimSettings

MIDDLE = (160.0, 120.0)


def closed(scene=None, noise=0.0, seed=0, **kwargs) -> Bench:
    """A bench whose spot is seen with a noise (px)."""
    bench = Bench(scene or still(*MIDDLE), **kwargs)
    chance = random.Random(seed)
    bench.spot_eye = lambda spot: glimpse(spot[0] + chance.gauss(0, noise), spot[1] + chance.gauss(0, noise))
    return bench


def test_an_offset_of_the_axes_is_taken_out_and_told():
    bench = closed(noise=0.2)
    bench.off = (1.3, -0.9)
    state = bench.run(1.5)[-1]
    assert bench.controller.lit
    assert metres(bench.spot(), MIDDLE) < 0.0012
    right, down = RIG.steps_to_pixel(1.3, -0.9)
    assert state.trim == pytest.approx((right - 160, down - 120), abs=0.3)
    # what is told of the spot is where it truly is
    assert metres(state.spot, bench.spot()) < 0.0003


def test_an_open_loop_stays_where_the_count_says():
    bench = Bench(still(*MIDDLE))
    bench.off = (1.3, -0.9)
    assert bench.run(1.5)[-1].trim == (0.0, 0.0)
    assert metres(bench.spot(), MIDDLE) > 0.002


def test_the_loop_can_be_opened_by_a_setting():
    bench = closed(trim=TrimSettings(enabled=False))
    bench.off = (1.3, -0.9)
    assert bench.run(1.0)[-1].trim == (0.0, 0.0)


def test_steps_that_are_missed_on_the_way_are_found_told_and_made_up_for():
    bench = closed(noise=0.2)
    bench.run(1.0)
    bench.off = (-4.0, 3.0)
    state = bench.run(1.5)[-1]
    assert state.missed_steps == (-4, 3)
    assert state.armed
    assert bench.controller.lit
    assert metres(bench.spot(), MIDDLE) < 0.0015


def test_steps_missed_beyond_the_limit_darken_disarm_and_home_where_there_are_switches():
    bench = closed()
    bench.run(0.5)
    bench.off = (9.0, 0.0)
    bench.controller.calls.clear()
    states = bench.run(0.5)
    assert "home" in bench.controller.calls
    assert not bench.controller.lit
    assert not states[-1].armed
    assert states[-1].disarmed_by == "missed_steps"
    # found, homed, right again: armed by hand
    bench.off = (0.0, 0.0)
    bench.pointer.arm(bench.now)
    bench.run(0.5)
    assert bench.controller.lit
    assert bench.run(TICK)[-1].missed_steps == (0, 0)


def test_where_homing_cannot_be_the_loss_is_told_all_the_same():
    bench = closed()
    bench.run(0.5)
    bench.off = (9.0, 0.0)
    home = bench.pointer.home
    bench.pointer.home = lambda now: (bench.controller.flags.update(fault="driver"), home(now))
    state = bench.run(0.5)[-1]
    assert {"controller_fault", "missed_steps"} <= set(state.reasons)
    assert "home" not in bench.controller.calls
    assert not state.armed


def test_without_switches_the_axes_stay_unreferenced_until_somebody_sets_them():
    bench = closed()
    bench.controller.has_limits = False
    bench.run(0.5)
    bench.off = (9.0, 0.0)
    state = bench.run(0.5)[-1]
    assert "missed_steps" in state.reasons
    assert state.disarmed_by == "missed_steps"
    assert "home" not in bench.controller.calls
    moves = bench.controller.calls.count("move")
    bench.scene = still(230.0, 60.0)
    bench.run(0.3)
    assert bench.controller.calls.count("move") == moves
    with pytest.raises(PointerError, match="missed_steps"):
        bench.pointer.arm(bench.now)
    bench.off = (0.0, 0.0)
    bench.pointer.reference(bench.now)
    bench.run(0.2)
    bench.pointer.arm(bench.now)
    bench.scene = still(*MIDDLE)
    bench.run(0.3)
    assert bench.controller.lit


def test_a_spot_seen_beside_john_darkens_at_once_though_the_count_says_elsewhere():
    john = track(100.0, 120.0, stamp=0.0, label="john", id=9)
    bench = closed(lambda stamp: seen(stamp, track(*MIDDLE, stamp=stamp), (john,)))
    bench.run(0.5)
    assert bench.controller.lit
    bench.off = (-6.0, 0.0)
    states = bench.run(0.12)
    assert not bench.controller.lit
    assert states[-1].reasons == ("protected_near",)
    # and it stays dark: nobody knows yet where the spot is
    assert not any(s.open for s in bench.run(1.0))


def test_a_spot_is_believed_only_where_the_laser_shone():
    bench = Bench(still(*MIDDLE))
    bench.run(0.5)
    assert bench.controller.lit
    lit_at = bench.now
    bench.pointer.disarm(bench.now)
    bench.run(0.1)
    x, y = bench.spot()
    for stamp in (bench.now - 0.05, bench.now + 1.0, lit_at - 10.0):
        bench.pointer.on_spot(dataclasses.replace(glimpse(x + 1, y), stamp=stamp), bench.now)
    assert bench.run(TICK)[-1].trim == (0.0, 0.0)
    bench.pointer.on_spot(dataclasses.replace(glimpse(x + 1, y), stamp=lit_at - 0.05), bench.now)
    assert bench.run(TICK)[-1].trim[0] > 0.3


def test_glints_and_lost_spots_do_no_harm():
    chance = random.Random(2)

    def eye(spot):
        if chance.random() < 0.3:
            return glimpse(chance.uniform(0, 320), chance.uniform(0, 240))
        return glimpse(*spot) if chance.random() < 0.7 else None

    bench = closed()
    bench.spot_eye = eye
    states = bench.run(5.0)
    assert states[-1].armed
    assert all(s.missed_steps == (0, 0) for s in states)
    assert sum(s.open for s in states) > 0.8 * len(states)
    assert metres(bench.spot(), MIDDLE) < 0.0012


def test_another_calibration_forgets_the_trim():
    bench = closed()
    bench.off = (1.3, 0.0)
    assert bench.run(0.5)[-1].trim[0] > 1
    bench.pointer.configure(calibration=dataclasses.replace(RIG, rms_px=0.1))
    assert bench.run(TICK)[-1].trim == (0.0, 0.0)


def test_whatever_was_sent_is_clear_of_john_until_the_lease_ends():
    """A quick alien runs at John. Should the planner die at any moment, the light keeps off him until it goes out by itself."""
    gate = GateSettings(guard_sigma=0.0)
    john = track(290.0, 120.0, stamp=0.0, label="john", id=9, sigma=0.0)

    def scene(stamp):
        return seen(stamp, track(60 + 300 * stamp, 120.0, 300.0, stamp=stamp, sigma=0.1), (john,))

    bench = Bench(scene, gate=gate)
    reached = 0.0
    while bench.now < 0.9:
        if bench.run(TICK)[-1].open:
            times = (bench.now + gate.lease * share / 10 for share in range(11))
            reached = max(reached, *(RIG.steps_to_pixel(*bench.controller.state(t).place)[0] for t in times))
    assert 200 < reached < 290 - 32 - 1000 * gate.guard_radius / 0.785


def test_the_lag_is_told_along_the_motion_and_only_of_what_moves():
    bench = Bench(lambda stamp: seen(stamp, track(60 + 100 * stamp, 120.0, 100.0, stamp=stamp, sigma=0.1)))
    lags = [s.lag for s in bench.run(1.2)[80:]]
    assert all(abs(lag) < 0.004 for lag in lags)
    assert abs(sum(lags) / len(lags)) < 0.0008
    bench.scene = still(150.0, 120.0)
    assert math.isnan(bench.run(0.3)[-1].lag)
