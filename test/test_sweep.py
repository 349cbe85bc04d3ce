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

"""The whole calibration in virtual time: from a rig of which nothing is known to a map, on true pictures, or to the reason why not."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from sweep_rig import LIMITS, SweepRig

from theylive_ros.calibrator.blink import BlinkSettings
from theylive_ros.calibrator.fit import FitError, fit_sweep
from theylive_ros.calibrator.looks import Sighting
from theylive_ros.calibrator.picture import residuals
from theylive_ros.calibrator.sweep import Feedback, Sweep, SweepError, SweepSettings
from theylive_ros.mirrors.calibration import nominal
from theylive_ros.mirrors.optics import Geometry
from theylive_ros.settings import check
from theylive_ros.simulator.beam import CROOKED, Beam, BeamSettings
from theylive_ros.simulator.board import BoardSettings
from theylive_ros.simulator.camera import CameraSettings, SimCamera
from theylive_ros.simulator.scenario import Actor, Scenario, Static, load_scenario

GEOMETRY = Geometry()
SMALL = SweepSettings(columns=6, rows=5)


def true_errors(calibration, rig):
    """Distance (px, and m) of the map from the truth, all over the field of aim."""
    (low_x, high_x), (low_y, high_y) = calibration.limits
    px, m = [], []
    for x in range(low_x, high_x + 1, 4):
        for y in range(low_y, high_y + 1, 4):
            place = rig.true_pixel(x, y)
            if calibration.inside_field(*place):
                px.append(math.dist(calibration.steps_to_pixel(x, y), place))
                m.append(math.dist(calibration.steps_to_board(x, y), calibration.pixel_to_board(*place)))
    return np.array(px), np.array(m)


def calibrate(rig, **options):
    swept = rig.sweep(**options)
    size = rig.world.camera.settings
    return fit_sweep(swept.pairs, swept.again, rig.geometry, size.width, size.height)


def test_calibration_from_nothing_reaches_its_figures():
    """At most 60 s simulated, cross-validated at most 0.5 px RMS and 0.8 mm p95 over the whole field; asserted with margin."""
    rig = SweepRig(scenario=load_scenario("empty_board"), seed=3)
    feedback = []
    calibration = calibrate(rig, on_tick=lambda rig, sweep: feedback.append(sweep.feedback))
    assert rig.now < 50.0
    assert calibration.rms_px < 0.25
    assert calibration.p95_m < 0.0004
    assert calibration.rejected <= 0.05 * len(calibration.points)
    assert len(calibration.points) >= 60
    px, m = true_errors(calibration, rig)
    assert px.max() < 0.25
    assert np.percentile(m, 95) < 0.0002
    # the field reaches to the spot's own width from every edge
    assert all(calibration.inside_field(x, y) for x, y in ((16, 16), (304, 16), (304, 224), (16, 224), (160, 120)))
    assert rig.light_s / rig.now <= 0.35
    stages = [f.stage for f in feedback]
    assert sorted(set(stages), key=stages.index) == ["search", "probe", "grid"]
    progress = [f.progress for f in feedback]
    assert progress == sorted(progress)
    assert 0 <= progress[0] < 0.01 < 0.95 < progress[-1] <= 1
    assert feedback[-1].residual < 0.2
    assert feedback[-1].found <= feedback[-1].tried


def test_people_may_pass_meanwhile():
    rig = SweepRig(scenario=load_scenario("moving_aliens"), seed=6)
    calibration = calibrate(rig, settings=SMALL)
    assert calibration.rms_px < 0.3
    assert true_errors(calibration, rig)[0].max() < 0.5


@pytest.mark.parametrize(
    "changes",
    [
        {"scenario": Scenario(camera=CameraSettings(spot_colour="green"), board=BoardSettings(seed=5, grain=2.0))},
        {"rate": 15.0, "latency": 0.08, "lag": 0.03},
    ],
    ids=["green", "slow"],
)
def test_every_camera_will_do(changes):
    rig = SweepRig(**changes)
    calibration = calibrate(rig, settings=SMALL)
    assert calibration.rms_px < 0.3
    assert np.percentile(true_errors(calibration, rig)[0], 95) < 0.3


def test_a_board_with_standing_heads_is_calibrated_around_them():
    heads = tuple(Actor(label, path=Static(at_mm=at)) for label, at in (("alien", [-60, -30]), ("alien", [10, 40]), ("alien", [70, -20])))
    rig = SweepRig(scenario=Scenario(actors=heads))
    calibration = calibrate(rig, settings=SMALL)
    assert true_errors(calibration, rig)[0].max() < 0.5


def refused(rig, reason, **options):
    with pytest.raises((SweepError, FitError)) as caught:
        calibrate(rig, settings=options.pop("settings", SMALL), **options)
    assert caught.value.reason == reason
    assert "\n" not in str(caught.value)
    assert not rig.blink.order(rig.now).light
    return str(caught.value)


def test_a_laser_that_never_reaches_the_board_is_refused():
    rig = SweepRig(beam=BeamSettings(camera_x_mm=290.0), blink_settings=BlinkSettings(dark_after=0, lit_frames=1))
    short = dataclasses.replace(SMALL, search_reach=0.06)
    assert "none of 9 places" in refused(rig, "no_spot", settings=short)


def test_a_laser_that_is_not_allowed_to_shine_is_refused_with_its_reason():
    assert "obstinate" in refused(SweepRig(obstinate=True), "kept_dark")


def test_an_overexposed_picture_is_refused():
    rig = SweepRig(scenario=Scenario(camera=CameraSettings(brightness=4.0)))
    message = refused(rig, "no_spot", settings=dataclasses.replace(SMALL, search_reach=0.06))
    assert "see to laser, camera and light" in message


def nudge(at, **changes):
    """Something gives way once so much of the sweep is done."""

    def on_tick(rig, sweep):
        if sweep.feedback.progress > at and "done" not in rig.__dict__:
            rig.done = True
            for name, value in changes.items():
                setattr(rig, name, value)
            rig.beam_now = Beam(rig.geometry, rig.world.camera, rig.beam)

    return on_tick


def test_a_camera_that_is_pushed_meanwhile_is_refused():
    pushed = dataclasses.replace(CROOKED, camera_x_mm=CROOKED.camera_x_mm + 3.0)
    assert "have moved" in refused(SweepRig(), "moved", on_tick=nudge(0.6, beam=pushed))


def test_a_spot_that_goes_away_is_given_up_soon():
    rig = SweepRig(blink_settings=BlinkSettings(patience=2.0))
    gone = BeamSettings(camera_x_mm=290.0)
    message = refused(rig, "lost", on_tick=nudge(0.4, beam=gone), settings=SweepSettings())
    assert "in a row" in message


# -- the course alone, without pictures

CAMERA = SimCamera(CameraSettings(), np.zeros((240, 320, 3), np.uint8), 1)


def course(sweep, see, limit=2000):
    looks = sweep.looks()
    look = next(looks)
    asked = []
    while len(asked) < limit:
        asked.append(look)
        try:
            look = looks.send(see(look))
        except StopIteration as end:
            return asked, end.value
    raise AssertionError("no end")


def truthful(beam, geometry=GEOMETRY, noise=0.05):
    rng = np.random.default_rng(1)

    def see(look):
        x, y = beam.place(*geometry.steps(look.angles))
        if not (6 < x < 314 and 6 < y < 234):
            return Sighting(look.angles, reason="no spot is seen")
        return Sighting(look.angles, x + rng.normal(0, noise), y + rng.normal(0, noise), noise)

    return see


@pytest.mark.parametrize(
    ("geometry", "mounted"),
    [
        (GEOMETRY, BeamSettings()),
        (GEOMETRY, dataclasses.replace(CROOKED, camera_roll_deg=90.0)),
        (GEOMETRY, BeamSettings(rest_x=-40.0, rest_y=35.0, camera_x_mm=-40.0)),
        (Geometry(microsteps=16, invert_y=True), dataclasses.replace(CROOKED, rest_x=18.0)),
        (Geometry(microsteps=1), BeamSettings(tilt_x_deg=3.0)),
        (Geometry(board_distance=0.6, mirror_distance=0.05, rest_x=7.0), CROOKED),
    ],
    ids=["ideal", "on its side", "far off", "sixteenths", "full steps", "other measures"],
)
def test_every_rig_can_be_calibrated(geometry, mounted):
    beam = Beam(geometry, CAMERA, mounted)
    _, swept = course(Sweep(geometry, 320, 240, ((-300, 300), (-300, 300))), truthful(beam, geometry))
    calibration = fit_sweep(swept.pairs, swept.again, geometry, 320, 240)
    assert calibration.rms_px < 0.15
    (low_x, high_x), (low_y, high_y) = calibration.limits
    places = [((x, y), beam.place(x, y)) for x in range(low_x, high_x + 1) for y in range(low_y, high_y + 1)]
    off = [math.dist(calibration.steps_to_pixel(*s), p) for s, p in places if calibration.inside_field(*p)]
    assert max(off) < 0.3
    assert len(off) > 100


@pytest.mark.parametrize(("change", "after"), [("camera", 20), ("steps", 50), ("mirror", 70)])
def test_what_gives_way_meanwhile_is_refused(change, after):
    before, count = Beam(GEOMETRY, CAMERA, CROOKED), iter(range(1000))
    changes = {"camera": {"camera_y_mm": -6.0}, "steps": {"rest_x": 12.0}, "mirror": {"rest_y": -8.0}}
    later = Beam(GEOMETRY, CAMERA, dataclasses.replace(CROOKED, **changes[change]))
    first, second = truthful(before), truthful(later)
    _, swept = course(Sweep(GEOMETRY, 320, 240, LIMITS), lambda look: (first if next(count) < after else second)(look))
    with pytest.raises(FitError) as caught:
        fit_sweep(swept.pairs, swept.again, GEOMETRY, 320, 240)
    assert caught.value.reason == "moved"


@pytest.mark.parametrize("axis", ["x", "y"])
def test_wrong_directions_are_refused_and_named(axis):
    """The motors run the other way than the geometry says."""
    beam = Beam(Geometry(**{f"invert_{axis}": True}), CAMERA, CROOKED)
    _, swept = course(Sweep(GEOMETRY, 320, 240, LIMITS), truthful(beam))
    with pytest.raises(FitError, match=f"geometry.invert_{axis}") as caught:
        fit_sweep(swept.pairs, swept.again, GEOMETRY, 320, 240)
    assert caught.value.reason == "mirrored"


def test_places_beyond_the_limits_are_counted_with_what_the_limits_would_have_to_be():
    narrow = (-45, 140), (-140, 35)
    _, swept = course(Sweep(GEOMETRY, 320, 240, narrow), truthful(Beam(GEOMETRY, CAMERA, CROOKED)))
    beyond = {b.limit: b for b in swept.beyond}
    assert set(beyond) == {"low_x", "high_y"}
    assert all(b.places >= 3 for b in swept.beyond)
    wide = (min(-45, beyond["low_x"].needed), 140), (-140, max(35, beyond["high_y"].needed))
    _, all_of_it = course(Sweep(GEOMETRY, 320, 240, wide), truthful(Beam(GEOMETRY, CAMERA, CROOKED)))
    # where more was seen the map is a little better, and so is what is asked for
    assert sum(b.places for b in all_of_it.beyond) <= 2
    assert len(all_of_it.pairs) > len(swept.pairs) + 10


def test_within_wide_limits_nothing_lies_beyond():
    _, swept = course(Sweep(GEOMETRY, 320, 240, LIMITS), truthful(Beam(GEOMETRY, CAMERA, CROOKED)))
    assert swept.beyond == ()


def test_looks_are_whole_microsteps_within_the_limits_and_never_too_many():
    limits = (-60, 60), (-40, 35)
    asked, swept = course(Sweep(GEOMETRY, 320, 240, limits), truthful(Beam(GEOMETRY, CAMERA, CROOKED)))
    for look in asked:
        steps = GEOMETRY.steps(look.angles)
        assert np.allclose(steps, np.round(steps), atol=1e-6)
        assert all(low <= round(s) <= high for s, (low, high) in zip(steps, limits, strict=True))
    assert len(asked) < 110
    assert len(swept.pairs) >= 24


def test_the_grid_goes_from_the_middle_outwards():
    _, swept = course(Sweep(GEOMETRY, 320, 240, LIMITS), truthful(Beam(GEOMETRY, CAMERA, CROOKED)))
    away = [max(abs(p.x / 320 - 0.5), abs(p.y / 240 - 0.5)) for p in swept.pairs[7:-10]]
    assert np.mean(away[:15]) < np.mean(away[15:30]) < np.mean(away[30:45])
    assert len(swept.again) == 5


def test_no_place_is_looked_at_twice_but_to_tell_whether_anything_moved():
    asked, swept = course(Sweep(GEOMETRY, 320, 240, LIMITS), truthful(Beam(GEOMETRY, CAMERA, CROOKED)))
    assert len(set(asked)) == len(asked) - 5
    assert all(math.dist(a[:2], b[:2]) < 0.4 for a, b in swept.again)


def test_a_search_goes_round_from_the_beam_at_rest():
    beam = Beam(GEOMETRY, CAMERA, BeamSettings(camera_x_mm=170.0, camera_y_mm=60.0))
    sweep = Sweep(GEOMETRY, 320, 240, ((-200, 200), (-200, 200)))
    asked, swept = course(sweep, truthful(beam))
    first = next(k for k, look in enumerate(asked) if truthful(beam)(look).found)
    away = [math.hypot(*GEOMETRY.board_point(look.angles)) for look in asked[: first + 1]]
    assert away[0] == pytest.approx(0, abs=1e-3)
    assert first < 25
    assert len(swept.pairs) >= 60


def test_a_motor_that_does_not_turn_is_named():
    def see(look):
        x, _ = GEOMETRY.steps(look.angles)
        return Sighting(look.angles, 160 + 2 * x, 120.0, 0.1)

    with pytest.raises(SweepError) as caught:
        course(Sweep(GEOMETRY, 320, 240, LIMITS), see)
    assert caught.value.reason == "stuck"


def test_a_reflection_that_stands_still_is_not_taken_for_the_spot():
    with pytest.raises(SweepError) as caught:
        course(Sweep(GEOMETRY, 320, 240, LIMITS), lambda look: Sighting(look.angles, 100.0, 80.0, 0.1))
    assert caught.value.reason == "stuck"


@pytest.mark.parametrize("seed", range(8))
def test_however_often_the_spot_is_missed_the_course_ends(seed):
    rng = np.random.default_rng(seed)
    beam = Beam(GEOMETRY, CAMERA, CROOKED)

    def see(look):
        kind = rng.random()
        if kind < 0.4:
            return truthful(beam)(look)
        if kind < 0.8:
            return Sighting(look.angles, reason="several spots are seen")
        return Sighting(look.angles, rng.uniform(0, 320), rng.uniform(0, 240), 0.1)

    try:
        _, swept = course(Sweep(GEOMETRY, 320, 240, LIMITS), see)
        fit_sweep(swept.pairs, swept.again, GEOMETRY, 320, 240)
    except (SweepError, FitError) as error:
        assert error.reason in ("no_spot", "stuck", "lost", "too_few", "moved", "outliers", "residual", "degenerate", "mirrored")  # noqa: PT017


def test_feedback_begins_with_nothing():
    assert Sweep(GEOMETRY, 320, 240, LIMITS).feedback[:4] == Feedback("search", 0.0, 0, 0, math.nan)[:4]


def test_the_settings_are_within_their_own_bounds():
    check(SweepSettings())


# -- its picture


def test_the_residuals_can_be_looked_at():
    rig = SweepRig()
    beam = Beam(GEOMETRY, CAMERA, CROOKED)
    _, swept = course(Sweep(GEOMETRY, 320, 240, LIMITS), truthful(beam))
    calibration = fit_sweep(swept.pairs, swept.again, GEOMETRY, 320, 240)
    blank, over = residuals(calibration), residuals(calibration, rig.world.frame())
    assert blank.shape == over.shape == (816, 960, 3)
    assert blank.dtype == np.uint8
    assert (blank != over).any()
    # every seen spot is marked
    for p in calibration.points:
        assert blank[round(p.y * 3), round(p.x * 3)].tolist() != [250, 250, 250]


def test_a_calibration_without_points_has_a_picture_too():
    assert residuals(nominal()).shape == (816, 960, 3)
    assert residuals(nominal(1280, 720, 0.0002)).shape[1] == 1280
