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

"""From pairs to a calibration: optics first, a smooth correction, outliers out, and no calibration where there is a reason."""

from __future__ import annotations

import contextlib
import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theylive_ros.calibrator.fit import FitError, FitSettings, fit_manual, fit_sweep
from theylive_ros.calibrator.looks import Pair
from theylive_ros.mirrors import plane
from theylive_ros.mirrors.calibration_file import load, save
from theylive_ros.mirrors.optics import Geometry
from theylive_ros.settings import check
from theylive_ros.simulator.beam import CROOKED, Beam, BeamSettings
from theylive_ros.simulator.camera import CameraSettings, SimCamera

BOARD = np.zeros((240, 320, 3), np.uint8)
CAMERA = SimCamera(CameraSettings(), BOARD, 1)
GEOMETRY = Geometry()


def rig(beam=CROOKED, geometry=GEOMETRY, camera=CAMERA):
    return Beam(geometry, camera, beam)


def swept(true, noise=0.08, pitch=14, seed=1, margin=8.0, camera=CAMERA):
    """Pairs all over the picture."""
    rng = np.random.default_rng(seed)
    width, height = camera.settings.width, camera.settings.height
    pairs = []
    for x in range(-120, 121, pitch):
        for y in range(-90, 91, pitch - 2):
            u, v = true.place(x, y)
            if margin <= u <= width - margin and margin <= v <= height - margin:
                du, dv = rng.normal(0, noise, 2)
                pairs.append(Pair(u + du, v + dv, x, y, noise))
    return pairs


def fitted(pairs, again=(), **changes):
    return fit_sweep(pairs, again, GEOMETRY, 320, 240, FitSettings(**changes))


def true_errors(calibration, true):
    """Distance (px) of the map from the truth, all over the field of aim."""
    (low_x, high_x), (low_y, high_y) = calibration.limits
    places = [((x, y), true.place(x, y)) for x in range(low_x, high_x + 1, 3) for y in range(low_y, high_y + 1, 3)]
    return np.array([math.dist(calibration.steps_to_pixel(*s), p) for s, p in places if calibration.inside_field(*p)])


def test_the_crooked_rig_is_known_to_a_tenth_of_a_pixel():
    true = rig()
    calibration = fitted(swept(true))
    assert true_errors(calibration, true).max() < 0.15
    assert calibration.rms_px < 0.15
    assert calibration.p95_m < 0.0002
    assert calibration.method == "sweep"
    assert calibration.rejected == 0


def test_the_residual_told_is_what_new_pairs_show():
    true = rig()
    calibration = fitted(swept(true, noise=0.3))
    anew = [math.dist(calibration.steps_to_pixel(p.steps_x, p.steps_y), p[:2]) for p in swept(true, noise=0.3, seed=2, margin=12.0)]
    assert calibration.rms_px == pytest.approx(math.sqrt(np.mean(np.square(anew))), rel=0.15)


@settings(max_examples=12, deadline=None)
@given(
    st.builds(
        BeamSettings,
        rest_x=st.floats(-15, 15),
        rest_y=st.floats(-15, 15),
        tilt_x_deg=st.floats(-8, 8),
        tilt_y_deg=st.floats(-8, 8),
        camera_x_mm=st.floats(-25, 25),
        camera_y_mm=st.floats(-25, 25),
        camera_yaw_deg=st.floats(-8, 8),
        camera_roll_deg=st.floats(-180, 180),
        distortion=st.floats(-0.03, 0.03),
    )
)
def test_however_it_is_mounted_it_is_known(beam):
    true = rig(beam)
    calibration = fitted(swept(true))
    assert true_errors(calibration, true).max() < 0.35
    assert calibration.rms_px < 0.2


def test_an_ideal_rig_needs_no_correction_and_keeps_its_rest():
    calibration = fitted(swept(rig(BeamSettings())))
    assert calibration.correction.x == ()
    assert np.abs(calibration.rest).max() < 8
    assert true_errors(calibration, rig(BeamSettings())).max() < 0.1


def test_the_map_leads_back_to_itself():
    calibration = fitted(swept(rig()))
    for x in range(10, 311, 25):
        for y in range(10, 231, 20):
            assert math.dist(calibration.steps_to_pixel(*calibration.pixel_to_steps(x, y)), (x, y)) < 1e-3


def test_the_configured_geometry_is_kept_so_that_angles_mean_the_same_afterwards():
    geometry = Geometry(rest_x=5.0, invert_y=True, microsteps=16)
    true = rig(dataclasses.replace(CROOKED, rest_x=4.0), geometry)
    pairs = [Pair(*true.place(x, y), x, y) for x in range(-170, 230, 25) for y in range(-130, 150, 25)]
    pairs = [p for p in pairs if 8 < p.x < 312 and 8 < p.y < 232]
    calibration = fit_sweep(pairs, (), geometry, 320, 240)
    assert calibration.geometry == geometry
    assert true_errors(calibration, true).max() < 0.1


def test_outliers_are_rejected_and_counted():
    true, rng = rig(), np.random.default_rng(4)
    pairs = swept(true)
    wrong = set(rng.choice(len(pairs), len(pairs) // 8, replace=False).tolist())
    bent = [p._replace(x=p.x + rng.uniform(4, 90), y=p.y - rng.uniform(4, 50)) if k in wrong else p for k, p in enumerate(pairs)]
    calibration = fitted(bent)
    assert calibration.rejected == len(wrong)
    assert true_errors(calibration, true).max() < 0.2


def test_the_field_of_aim_is_within_what_was_seen_and_the_limits_take_it_all():
    pairs = swept(rig())
    calibration = fitted(pairs, inset_px=3.0)
    seen = np.array([p[:2] for p in pairs])
    assert all(plane.depth_inside(calibration.field, *p) <= 1e-6 for p in seen[np.abs(seen - (160, 120)).max(axis=1) > 150])
    assert calibration.inside_field(160, 120)
    assert not calibration.inside_field(3, 3)
    for x in range(5, 320, 9):
        for y in range(5, 240, 9):
            if calibration.inside_field(x, y):
                assert calibration.inside_limits(*calibration.pixel_to_steps(x, y))


def refused(pairs, again=(), reason="", geometry=GEOMETRY, **changes):
    with pytest.raises(FitError) as caught:
        fit_sweep(pairs, again, geometry, 320, 240, FitSettings(**changes))
    assert caught.value.reason == reason
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_too_few_places_are_refused():
    assert "12 places only" in refused(swept(rig())[:12], reason="too_few")
    refused([], reason="too_few")


def test_a_moved_camera_is_refused():
    pairs = swept(rig())
    again = [(p, p._replace(x=p.x + 2.5)) for p in pairs[:5]]
    assert "2.5 px" in refused(pairs, again, reason="moved")
    quiet = [(p, p._replace(x=p.x + 0.1)) for p in pairs[:5]]
    assert fitted(pairs, quiet)
    # one of five spoiled: the others tell that nothing has moved
    assert fitted(pairs, [*quiet[:4], (pairs[4], pairs[4]._replace(x=pairs[4].x + 60))])


def test_a_camera_that_moved_half_way_is_refused_even_if_it_came_back():
    pairs = swept(rig())
    half = len(pairs) // 2
    with pytest.raises(FitError):
        fitted([*pairs[:half], *(p._replace(x=p.x + 6, y=p.y + 5) for p in pairs[half:])])


def test_a_mirrored_axis_is_refused_and_named():
    true = rig(geometry=Geometry(invert_x=True))
    assert "geometry.invert_x" in refused(swept(true), reason="mirrored")
    true = rig(geometry=Geometry(invert_y=True))
    assert "geometry.invert_y" in refused(swept(true), reason="mirrored")


def test_a_camera_upside_down_is_no_mirror():
    true = rig(dataclasses.replace(CROOKED, camera_roll_deg=180.0))
    assert true_errors(fitted(swept(true)), true).max() < 0.2


def test_places_on_a_line_or_in_a_corner_are_refused():
    pairs = swept(rig(), pitch=7)
    refused([p for p in pairs if abs(p.y - p.x * 0.5 - 40) < 12], reason="degenerate")
    refused([p for p in pairs if p.x < 100 and p.y < 100], reason="degenerate")


def test_motors_that_do_not_turn_are_refused():
    rng = np.random.default_rng(1)
    still = [Pair(160 + rng.normal(0, 0.1), 120 + rng.normal(0, 0.1), k % 10, k // 10) for k in range(80)]
    refused(still, reason="degenerate")
    one = [Pair(10 + 300 * (k % 10) / 9, 120 + rng.normal(0, 0.1), 10 * (k % 10), 10 * (k // 10)) for k in range(80)]
    refused(one, reason="degenerate")


def test_spots_all_over_the_place_are_refused():
    rng = np.random.default_rng(2)
    noise = [p._replace(x=rng.uniform(0, 320), y=rng.uniform(0, 240)) for p in swept(rig())]
    with pytest.raises(FitError):
        fitted(noise)
    shaky = [p._replace(x=p.x + rng.normal(0, 2), y=p.y + rng.normal(0, 2)) for p in swept(rig())]
    assert "px RMS" in refused(shaky, reason="residual")


def test_a_calibration_survives_its_file(tmp_path):
    calibration = fitted(swept(rig()))
    save(calibration, tmp_path / "rig.yaml")
    assert load(tmp_path / "rig.yaml", 320, 240) == calibration


def marked(places, off=0.0, seed=1):
    """Pairs as a person clicks them."""
    true, rng = rig(), np.random.default_rng(seed)
    return [Pair(*(np.array(true.place(x, y)) + rng.normal(0, off, 2)), x, y, 1.0) for x, y in places]


CORNERS = [(-50, -60), (70, -65), (75, 35), (-55, 30)]


def test_four_clicked_pairs_make_a_calibration():
    calibration = fit_manual(marked(CORNERS), GEOMETRY, 320, 240)
    assert calibration.method == "manual"
    assert calibration.rms_px == 0.0
    assert calibration.correction.x == ()
    assert max(p.residual_px for p in calibration.points) < 1e-6
    assert true_errors(calibration, rig()).max() < 7


def test_more_clicked_pairs_are_better_and_can_be_checked():
    grid = [(x, y) for x in (-50, -10, 30, 70) for y in (-60, -30, 0, 30)]
    calibration = fit_manual(marked(grid, off=0.7), GEOMETRY, 320, 240)
    assert 0.5 < calibration.rms_px < 3
    assert true_errors(calibration, rig()).max() < 3.5


@pytest.mark.parametrize("count", range(4, 26))
def test_any_number_of_pairs_from_four_on_will_do(count):
    rng = np.random.default_rng(count)
    more = [(int(x), int(y)) for x, y in zip(rng.integers(-50, 70, count - 4), rng.integers(-60, 35, count - 4), strict=True)]
    calibration = fit_manual(marked(CORNERS + more, off=0.3), GEOMETRY, 320, 240)
    assert true_errors(calibration, rig()).max() < 9


@pytest.mark.parametrize(
    ("places", "reason"),
    [
        (CORNERS[:3], "too_few"),
        ([(-50, 0), (0, 0), (30, 0), (60, 0)], "degenerate"),
        ([(-50, -60)] * 4, "degenerate"),
        ([(-50, -60), (70, -65), (70, -65), (-55, 30)], "degenerate"),
    ],
)
def test_pairs_that_say_too_little_are_refused(places, reason):
    with pytest.raises(FitError) as caught:
        fit_manual(marked(places), GEOMETRY, 320, 240)
    assert caught.value.reason == reason


def test_a_wrong_click_among_many_is_refused():
    grid = marked([(x, y) for x in (-50, -10, 30, 70) for y in (-60, -30, 0, 30)])
    grid[5] = grid[5]._replace(x=grid[5].x + 60)
    with pytest.raises(FitError, match="mark it anew") as caught:
        fit_manual(grid, GEOMETRY, 320, 240)
    assert caught.value.reason == "residual"


@given(st.lists(st.tuples(*[st.floats(-1e4, 1e4)] * 4), min_size=0, max_size=40))
@settings(max_examples=40, deadline=None)
def test_rubbish_is_refused_by_nothing_but_a_fit_error(values):
    pairs = [Pair(*v) for v in values]
    for fit in (lambda: fit_sweep(pairs, (), GEOMETRY, 320, 240), lambda: fit_manual(pairs, GEOMETRY, 320, 240)):
        with contextlib.suppress(FitError):
            fit()


def test_the_settings_are_within_their_own_bounds():
    check(FitSettings())
