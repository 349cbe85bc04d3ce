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

"""The planner: quick to a head, close to a moving one, never lit on the way, and armed only by hand."""

from __future__ import annotations

import dataclasses
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pointer_bench import RIG, TICK, Bench, metres, p95, seen, still, track

from theylive_ros.mirrors.aim import AimSettings, predict
from theylive_ros.mirrors.clock import Clocks
from theylive_ros.mirrors.gate import GateSettings
from theylive_ros.types import Target


def test_a_head_200_pixels_away_is_lit_within_a_tenth_of_a_second():
    bench = Bench()
    goal = (60.0, 120.0 - 40.0)
    bench.run(0.1)
    first = (260.0, 80.0)
    bench.scene = lambda stamp: seen(stamp, track(*first, stamp=stamp))
    bench.frame = math.ceil(30 * bench.now)
    bench.run(0.4)
    assert metres(bench.spot(), first) < 0.002
    assert bench.controller.lit
    bench.scene = lambda stamp: seen(stamp, track(*goal, stamp=stamp))
    bench.pointer.on_target(bench.scene(bench.now), bench.now)
    begin = bench.now
    while metres(bench.spot(), goal) > 0.005:
        state = bench.run(TICK)[-1]
        if not state.settled:
            assert not bench.controller.lit
    reached = bench.now - begin
    while not bench.controller.lit:
        bench.run(TICK)
    lit = bench.now - begin
    print(f"200 px: within 5 mm after {1000 * reached:.0f} ms, lit after {1000 * lit:.0f} ms")
    assert reached <= 0.1
    assert lit <= 0.12


def moving(speed: float, noise: float, sigma: float):
    """A head that goes to and fro along x between 60 and 260 px at a speed (px/s), and slowly along y."""
    chance = random.Random(4)

    def true(t: float) -> tuple[float, float, float]:
        way = (speed * t) % 400
        x, vx = (60 + way, speed) if way < 200 else (460 - way, -speed)
        return x, 120 + 40 * math.sin(0.7 * t), vx

    def scene(stamp: float) -> Target:
        x, y, vx = true(stamp)
        vy = 28 * math.cos(0.7 * stamp)
        return seen(stamp, track(x + chance.gauss(0, noise), y + chance.gauss(0, noise), vx, vy, stamp=stamp, sigma=sigma))

    return true, scene


def test_the_spot_keeps_to_a_head_moving_at_100_mm_a_second():
    true, scene = moving(speed=127.0, noise=0.7, sigma=1.0)  # as noisy as a good detector, before any filter
    bench = Bench(scene)
    bench.run(0.5)
    to_aim, to_centre, lit = [], [], 0
    for _ in range(int(10 / TICK)):
        state = bench.run(TICK)[-1]
        x, y, _vx = true(bench.now)
        to_aim.append(metres(bench.spot(), state.aim))
        to_centre.append(metres(bench.spot(), (x, y)))
        lit += bench.controller.lit
    print(
        f"100 mm/s: spot to aim p95 {1000 * p95(to_aim):.2f} mm, to the centre p95 {1000 * p95(to_centre):.2f} mm, "
        f"lit {100 * lit / len(to_aim):.0f} %, moves {bench.controller.calls.count('move')}"
    )
    assert p95(to_aim) <= 0.0022
    assert p95(to_centre) <= 0.005
    assert lit > 0.9 * len(to_aim)


def test_a_resting_head_with_noise_does_not_make_the_motors_dither():
    chance = random.Random(1)
    bench = Bench(lambda stamp: seen(stamp, track(200 + chance.gauss(0, 0.3), 100 + chance.gauss(0, 0.3), stamp=stamp)))
    bench.run(1.0)
    bench.controller.calls.clear()
    bench.run(5.0)
    assert bench.controller.calls.count("move") < 20


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.floats(20, 300), st.floats(20, 220), st.floats(-300, 300), st.floats(-300, 300)), min_size=2, max_size=6))
def test_whatever_heads_come_the_light_is_only_on_close_to_the_aim(heads):
    def scene(stamp: float) -> Target:
        x, y, vx, vy = heads[int(stamp / 0.15) % len(heads)]
        return seen(stamp, track(x, y, vx, vy, stamp=stamp))

    bench = Bench(scene)
    for _ in range(int(0.15 * len(heads) / TICK) + 20):
        state = bench.run(TICK)[-1]
        if bench.controller.lit:
            assert state.settled
            assert metres(bench.spot(), state.aim) <= GateSettings().settle_tolerance + 1e-9


def test_john_darkens_at_once_and_the_light_comes_back_when_he_has_gone():
    john_there = False

    def scene(stamp: float) -> Target:
        john = (track(215.0, 120.0, stamp=stamp, label="john", id=9),) if john_there else ()
        return seen(stamp, track(200.0, 100.0, stamp=stamp), john)

    bench = Bench(scene)
    bench.run(0.5)
    assert bench.controller.lit
    john_there = True
    bench.run(0.055)  # the next frame and its latency
    assert not bench.controller.lit
    assert bench.run(TICK)[-1].reasons == ("protected_near",)
    john_there = False
    bench.run(0.1)
    assert bench.controller.lit
    assert bench.pointer.armed


def test_without_a_target_the_mirrors_stay_and_are_dark():
    bench = Bench(still())
    bench.run(0.5)
    bench.scene = lambda stamp: seen(stamp)
    bench.run(0.2)
    bench.controller.calls.clear()
    state = bench.run(0.5)[-1]
    assert bench.controller.calls == []
    assert state.reasons == ("no_target",)
    assert (state.track_id, state.aim) == (0, None)


def test_a_selector_that_falls_silent_darkens():
    bench = Bench(still())
    bench.run(0.5)
    bench.scene = None
    bench.run(0.16)
    assert not bench.controller.lit
    assert bench.run(TICK)[-1].reasons == ("target_stale",)


def test_a_planner_that_falls_silent_leaves_darkness():
    bench = Bench(still())
    bench.run(0.5)
    assert bench.controller.lit
    bench.controller.now += 0.05
    assert not bench.controller.lit


def test_the_light_rests_after_its_longest_time():
    bench = Bench(still(), gate=GateSettings(max_on_time=1.0, min_off_time=0.3))
    lit = []
    for _ in range(800):
        bench.run(TICK)
        lit.append(bench.controller.lit)
    runs = "".join("#" if on else "." for on in lit).strip(".").split(".")
    assert max(len(run) for run in runs) * TICK <= 1.0 + 2 * TICK
    pauses = "".join("#" if on else "." for on in lit).strip(".").split("#")
    assert min(len(p) for p in pauses if p) * TICK >= 0.3 - 2 * TICK
    assert sum(lit) * TICK > 2.0


def test_no_clock_is_trusted_that_nobody_has_spoken_of():
    bench = Bench()
    with pytest.raises(TypeError, match="clocks"):
        bench.pointer.tick(bench.now)


def test_unsteady_clocks_darken_without_disarming():
    bench = Bench(still())
    bench.run(0.5)
    assert bench.pointer.tick(bench.now, clocks=Clocks(sane=False)).reasons == ("clocks_unsteady",)
    assert not bench.controller.lit
    bench.run(2 * TICK)
    assert bench.controller.lit


def test_an_aim_beyond_the_soft_limits_is_not_followed():
    narrow = dataclasses.replace(RIG, limits=((-10, 10), (-10, 10)))
    bench = Bench()
    bench.pointer.configure(calibration=narrow)
    bench.scene = still(250.0, 120.0)
    state = bench.run(0.3)[-1]
    assert "outside_limits" in state.reasons
    assert "not_armed" in state.reasons  # another calibration disarms
    assert bench.controller.moves == []


def test_an_older_word_than_the_last_is_left_out():
    bench = Bench(still())
    bench.run(0.5)
    bench.pointer.on_target(seen(bench.now - 0.1, track(20.0, 20.0, stamp=bench.now - 0.1)), bench.now)
    assert bench.run(TICK)[-1].aim == (200.0, 100.0)


def test_the_latency_is_that_from_capture_to_the_first_tick_with_it():
    bench = Bench(still())
    assert 0.015 <= bench.run(0.5)[-1].latency <= 0.015 + TICK + 1e-9


def test_the_joints_turn_against_the_steps_of_the_default_wiring():
    bench = Bench()
    bench.scene = still(200.0, 160.0)
    while not bench.controller.moves:
        bench.run(TICK)
    state = bench.run(2 * TICK)[-1]
    assert state.rates[0] < 0
    assert state.rates[1] < 0
    state = bench.run(0.5)[-1]
    assert state.rates == (0, 0)
    assert state.angles == pytest.approx(RIG.geometry.mirror_angles(RIG.pixel_to_board(*state.spot)))


def test_settings_out_of_range_are_refused_and_the_old_ones_stay():
    bench = Bench()
    with pytest.raises(ValueError, match="guard_radius"):
        bench.pointer.configure(gate=GateSettings(guard_radius=-1.0))
    assert bench.pointer.gate == GateSettings()


def test_a_velocity_counts_as_far_as_it_is_known():
    known = track(100.0, 100.0, 100.0, 0.0, stamp=0.0, sigma=0.0)
    doubtful = track(100.0, 100.0, 100.0, 0.0, stamp=0.0, sigma=7.0)
    unknown = track(100.0, 100.0, 100.0, 0.0, stamp=0.0, sigma=12.0)
    slow = track(100.0, 100.0, 3.0, 0.0, stamp=0.0, sigma=0.0)
    aim = AimSettings()
    assert predict(known, 0.0, 0.1, aim)[0] == pytest.approx(110)
    assert 102 < predict(doubtful, 0.0, 0.1, aim)[0] < 108
    assert predict(unknown, 0.0, 0.1, aim)[0] == 100
    assert predict(slow, 0.0, 0.1, aim)[0] == 100
    assert predict(known, 0.0, 9.0, aim)[0] == pytest.approx(100 + 100 * aim.horizon)
    assert predict(known, 0.1, 0.0, aim)[0] == 100


def test_a_speed_whose_square_is_nought_is_no_trouble():
    head = track(100.0, 100.0, vx=1e-200, stamp=0.0)
    assert predict(head, 0.0, 0.1, AimSettings(min_speed=0.0)) == (100.0, 100.0)
