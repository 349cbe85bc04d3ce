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

"""One look: what is ordered when, and which frames count."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from sweep_rig import TICK, SweepRig

from theylive_ros.calibrator.blink import Blink, BlinkSettings
from theylive_ros.calibrator.looks import Look
from theylive_ros.mirrors.optics import Geometry
from theylive_ros.settings import check

GEOMETRY = Geometry()


def look_at(*steps):
    return Look(GEOMETRY.angles(steps))


def run(rig, look, limit=20.0, on_tick=lambda: None):
    rig.blink.begin(look, rig.now)
    end = rig.now + limit
    while rig.blink.sighting is None and rig.now < end:
        rig.tick()
        on_tick()
    return rig.blink.sighting


def test_a_look_finds_the_spot_where_it_truly_is():
    rig = SweepRig()
    sighting = run(rig, look_at(20, -10))
    assert sighting.found
    assert sighting.angles == pytest.approx(GEOMETRY.angles((20, -10)))
    assert math.dist((sighting.x, sighting.y), rig.true_pixel(20, -10)) < 0.3
    assert rig.now < 0.6


def test_it_is_dark_before_and_after_and_while_the_mirrors_move():
    rig = SweepRig(speed=200.0)
    run(rig, look_at(0, 0))
    lit = []
    rig.blink.begin(look_at(60, 20), rig.now)
    while rig.blink.sighting is None:
        rig.tick()
        lit.append((rig.lit, rig.at == [60, 20]))
    assert not any(on and not there for on, there in lit)
    assert not lit[-1][0]
    assert not rig.blink.order(rig.now).light


def test_the_duty_stays_low_however_many_looks_there_are():
    rig = SweepRig()
    log = []
    for k in range(14):
        run(rig, look_at(4 * k, 0), on_tick=lambda: log.append(rig.lit))
    window = round(2.0 / TICK)
    shares = [np.mean(log[i : i + window]) for i in range(len(log) - window)]
    assert len(shares) > 100
    assert max(shares) <= 0.4
    assert np.mean(log) > 0.15, "nor does it dawdle"


def test_a_frame_half_exposed_in_the_light_does_not_count():
    rig = SweepRig()
    counted = []
    original = rig.blink.on_frame

    def spy(image, stamp):
        before = len(rig.blink._lit)
        original(image, stamp)
        if len(rig.blink._lit) > before:
            counted.append(stamp)

    rig.blink.on_frame = spy
    lit_at = []
    run(rig, look_at(10, 10), on_tick=lambda: lit_at.append((rig.now, rig.lit)))
    assert len(counted) >= 2
    margin = rig.blink.settings.exposure
    for stamp in counted:
        assert all(on for t, on in lit_at if stamp - margin <= t <= stamp + margin)


def test_light_that_goes_out_by_itself_is_waited_for_and_its_frames_are_dropped():
    rig = SweepRig()
    switched = []

    def interrupt():
        # a protected head comes by for half a second just when it was lit
        if rig.lit and not switched:
            switched.append(rig.now)
        rig.obstinate = bool(switched) and rig.now < switched[0] + 0.5

    sighting = run(rig, look_at(10, 10), on_tick=interrupt)
    assert sighting.found
    assert rig.now > switched[0] + 0.5
    assert math.dist((sighting.x, sighting.y), rig.true_pixel(10, 10)) < 0.3


def test_a_laser_that_stays_dark_is_told_with_the_reason():
    rig = SweepRig(obstinate=True)
    sighting = run(rig, look_at(0, 0))
    assert not sighting.found
    assert sighting.kept_dark
    assert sighting.reason == "the laser stayed dark: obstinate"
    assert rig.now == pytest.approx(rig.blink.settings.patience, abs=0.1)
    assert not rig.blink.order(rig.now).light


def test_mirrors_that_do_not_come_are_told():
    rig = SweepRig(speed=0.0)
    sighting = run(rig, look_at(50, 0))
    assert sighting.kept_dark
    assert "did not come to rest" in sighting.reason


@pytest.mark.parametrize(("rate", "reason"), [(0.01, "no dark frames came")])
def test_a_camera_that_is_silent_is_told(rate, reason):
    rig = SweepRig(rate=rate)
    sighting = run(rig, look_at(5, 0))
    assert not sighting.found
    assert not sighting.kept_dark
    assert sighting.reason == reason
    assert rig.light_s == 0.0


def test_mirrors_that_tremble_in_the_light_spoil_the_frames_but_not_the_look():
    rig = SweepRig()
    rig.blink.begin(look_at(10, 0), rig.now)
    shaken = False
    while rig.blink.sighting is None:
        rig.tick()
        if rig.lit and not shaken:
            shaken = True
            rig.blink.on_mirrors(GEOMETRY.angles((12, 0)), True, rig.now)
    assert shaken
    assert math.dist((rig.blink.sighting.x, rig.blink.sighting.y), rig.true_pixel(10, 0)) < 0.3


def test_a_given_up_look_is_dark_and_the_next_one_works():
    rig = SweepRig()
    rig.blink.begin(look_at(10, 0), rig.now)
    while not rig.lit:
        rig.tick()
    rig.blink.abandon(rig.now)
    assert not rig.blink.order(rig.now).light
    for _ in range(10):
        rig.tick()
    assert not rig.lit
    assert rig.blink.sighting is None
    assert run(rig, look_at(-10, 4)).found


def test_before_the_first_look_it_orders_no_light():
    blink = Blink(GEOMETRY.microstep)
    blink.on_laser(False, 0.0)
    blink.on_frame(np.zeros((24, 32, 3), np.uint8), 1.0)
    assert not blink.order(5.0).light
    assert blink.sighting is None


def test_slow_cameras_and_long_latencies_only_take_longer():
    quick, slow = SweepRig(), SweepRig(rate=10.0, latency=0.2, lag=0.06)
    assert run(quick, look_at(10, 10)).found
    assert run(slow, look_at(10, 10)).found
    assert quick.now < slow.now < 3.0


def test_the_settings_are_within_their_own_bounds():
    check(BlinkSettings())
    assert dataclasses.replace(BlinkSettings(), max_duty=0.4).max_duty <= 0.4
