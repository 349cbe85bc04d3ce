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

"""The calibration: pixels, board and microsteps are one chain both ways, and a bad file is refused in one line."""

from __future__ import annotations

import dataclasses
import math

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from theylive_ros.mirrors import plane
from theylive_ros.mirrors.calibration import Calibration, CalibrationError, Observed, nominal
from theylive_ros.mirrors.calibration_file import load, save
from theylive_ros.mirrors.correction import BEYOND, Correction, fault, monomials
from theylive_ros.mirrors.optics import Geometry, OpticsError

# m at the reach: a few pixels, as a lens would do
CUBIC = (0.0005, -0.0008, 0.0004, 0.0006, 0.0, -0.0003, 0.0015, -0.0002, 0.0012, 0.0001)
pixels = st.tuples(st.floats(0, 320), st.floats(0, 240))


def tilted(**changes) -> Calibration:
    """A camera that looks at the board askew."""
    m = 0.785e-3
    h = (m, 0.05 * m, -160 * m, -0.03 * m, 1.02 * m, -115 * m, 2e-4, -1e-4, 1.0)
    values = {
        "width": 320,
        "height": 240,
        "to_board": h,
        "field": ((10.0, 10.0), (300.0, 15.0), (310.0, 220.0), (20.0, 230.0)),
        "geometry": Geometry(rest_x=12.5, invert_y=True),
        "limits": ((-90, 110), (-80, 80)),
        "rest": (-7.5, 3.0),
        "correction": Correction(centre=(0.01, -0.01), reach=0.12, x=CUBIC, y=tuple(-2 * c for c in CUBIC)),
        "method": "sweep",
        "points": (Observed(100.0, 90.0, -20.0, 5.0, 0.3, 0.00025), Observed(200.0, 190.5, 31.0, -5.0, 0.1, 0.0001)),
        "rejected": 2,
        "rms_px": 0.25,
        "p95_m": 0.0004,
        "created": "2024-05-01T12:00:00",
    }
    return Calibration(**(values | changes))


@given(st.sampled_from([nominal(), tilted()]), pixels)
def test_pixels_steps_and_board_lead_back_to_themselves(calibration, pixel):
    assert math.dist(calibration.steps_to_pixel(*calibration.pixel_to_steps(*pixel)), pixel) < 1e-6
    point = calibration.pixel_to_board(*pixel)
    assert math.dist(calibration.steps_to_board(*calibration.board_to_steps(*point)), point) < 1e-9
    assert math.dist(calibration.board_to_pixel(*point), pixel) < 1e-6


def test_the_nominal_rig_looks_at_the_beam_at_rest():
    assert nominal().steps_to_pixel(0, 0) == pytest.approx((160, 120))
    assert nominal().pixel_to_board(161, 120) == pytest.approx((0.785e-3, 0))


def test_one_microstep_of_the_nominal_rig_is_two_pixels():
    x, y = nominal().steps_to_pixel(1, 1)
    assert (x - 160, y - 120) == pytest.approx((2.1, 2.0), abs=0.01)


def test_the_nominal_soft_limits_let_the_spot_reach_every_pixel():
    c = nominal(geometry=Geometry(invert_x=True, rest_y=30))
    assert all(c.inside_limits(*c.pixel_to_steps(x, y)) for x in range(0, 321, 20) for y in range(0, 241, 20))


@given(st.sampled_from([nominal(), tilted()]), pixels, st.floats(0, math.tau))
def test_no_direction_is_longer_than_the_metres_per_pixel(calibration, pixel, heading):
    x, y = pixel
    step = 1e-3
    a = calibration.pixel_to_board(x, y)
    b = calibration.pixel_to_board(x + step * math.cos(heading), y + step * math.sin(heading))
    assert math.dist(a, b) / step <= calibration.metres_per_pixel(x, y) * (1 + 1e-4)


def test_the_field_of_aim_is_what_its_polygon_encloses():
    c = tilted()
    assert c.inside_field(150, 100)
    assert not c.inside_field(5, 100)
    assert not c.inside_field(math.nan, 100)
    dented = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (5.0, 2.0), (0.0, 10.0))
    assert plane.depth_inside(dented, 1, 1) == 1
    assert plane.depth_inside(dented, 5, 8) < 0
    assert plane.depth_inside(dented, 13, 14) == -5


def test_a_saved_calibration_is_read_back_the_same(tmp_path):
    for c in (tilted(), nominal()):
        save(c, tmp_path / "deep" / "rig.yaml")
        assert load(tmp_path / "deep" / "rig.yaml", width=320, height=240) == c
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["rig.yaml"]


def test_a_failed_save_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "rig.yaml"
    save(nominal(), path)
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(CalibrationError, match="cannot be written: No space left"):
        save(tilted(), path)
    assert load(path) == nominal()
    assert list(tmp_path.iterdir()) == [path]


def edited(tmp_path, edit):
    path = tmp_path / "rig.yaml"
    save(tilted(), path)
    data = yaml.safe_load(path.read_text())
    edit(data)
    path.write_text(yaml.safe_dump(data))
    return path


@pytest.mark.parametrize(
    ("edit", "complaint"),
    [
        (lambda d: d.update(format="something"), "no calibration"),
        (lambda d: d.update(version=1), "version 1"),
        (lambda d: d.pop("to_board"), "lacks to_board"),
        (lambda d: d.update(tobord=1), "unknown tobord"),
        (lambda d: d.update(to_board=[1.0] * 9), "singular"),
        (lambda d: d.update(to_board=[math.nan] * 9), "not finite"),
        (lambda d: d.update(to_board=[10**400] * 9), "too large"),
        (lambda d: d.update(to_board=[True] * 9), "to_board"),
        (lambda d: d.update(to_board=[1.0] * 8), "9 numbers"),
        (lambda d: d.update(to_board=[1e-3, 0, 0, 0, 1e-3, 0, -0.01, 0, 1.0]), "horizon"),
        (lambda d: d.update(width="wide"), "width"),
        (lambda d: d.update(width=0), "size"),
        (lambda d: d.update(field=[[0, 0], [1, 1]]), "three or more"),
        (lambda d: d.update(field=[[0, 0], [1, 1], [2, 2]]), "no area"),
        (lambda d: d.update(field=[[0, 0], [400, 0], [0, 200]]), "leaves the picture"),
        (lambda d: d.update(field=[[0, 0], [math.nan, 0], [0, 200]]), "finite"),
        (lambda d: d.update(field=7), "field"),
        (lambda d: d["limits"].update(x=[5, 5]), "soft limits of axis x"),
        (lambda d: d.update(limits=[1, 2]), "limits"),
        (lambda d: d["geometry"].update(board_distance=-0.4), "board_distance"),
        (lambda d: d["geometry"].update(microsteps=8.5), "microsteps"),
        (lambda d: d["geometry"].update(rest_x=math.nan), "rest_x"),
        (lambda d: d["geometry"].pop("invert_x"), "geometry"),
        (lambda d: d.update(rest=[0.0, math.inf]), "rest"),
        (lambda d: d.update(rest=[0.0]), "rest"),
        (lambda d: d.update(method="guessed"), "method"),
        (lambda d: d.update(rms_px=-1.0), "residuals"),
        (lambda d: d.update(p95_m=math.nan), "residuals"),
        (lambda d: d.update(rms_px="small"), "rms_px"),
        (lambda d: d.update(rejected=-1), "residuals"),
        (lambda d: d.update(points=[[1.0, 2.0]]), "points"),
        (lambda d: d.update(points=5), "points"),
        (lambda d: d.update(points=[[1.0, 2.0, 3.0, 4.0, -1.0, 0.0]]), "points"),
        (lambda d: d.update(points=[[1.0, math.nan, 3.0, 4.0, 1.0, 0.0]]), "points"),
        (lambda d: d["correction"].pop("reach"), "correction"),
        (lambda d: d["correction"].update(reach=0.0), "correction"),
        (lambda d: d["correction"].update(x=[0.0, 1.0]), "coefficients"),
        (lambda d: d["correction"].update(x=[0.1] * 10), "neighbouring points"),
        (lambda d: d["correction"].update(y=[math.nan] * 10), "correction"),
    ],
)
def test_every_defect_of_a_file_is_refused_in_one_line(tmp_path, edit, complaint):
    path = edited(tmp_path, edit)
    with pytest.raises(CalibrationError, match=complaint) as caught:
        load(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_file_that_is_missing_unreadable_or_damaged_is_refused(tmp_path):
    with pytest.raises(CalibrationError, match="there is no calibration"):
        load(tmp_path / "none.yaml")
    with pytest.raises(CalibrationError, match="cannot be read"):
        load(tmp_path)
    for content in (b"\xff\xfe\x00", b"{ [", b"a: b: c", b"!!python/object:os.system {}"):
        (tmp_path / "rig.yaml").write_bytes(content)
        with pytest.raises(CalibrationError, match="damaged"):
            load(tmp_path / "rig.yaml")
    save(nominal(), tmp_path / "rig.yaml")
    whole = (tmp_path / "rig.yaml").read_bytes()
    for cut in range(0, len(whole) - 5, 40):
        (tmp_path / "rig.yaml").write_bytes(whole[:cut])
        with pytest.raises(CalibrationError):
            load(tmp_path / "rig.yaml")


def test_a_calibration_for_other_pictures_is_refused(tmp_path):
    save(nominal(), tmp_path / "rig.yaml")
    with pytest.raises(CalibrationError, match="320x240 px, these are 640x480"):
        load(tmp_path / "rig.yaml", width=640, height=480)


def test_a_pixel_beyond_the_horizon_has_no_place_on_the_board():
    with pytest.raises(OpticsError):
        tilted().pixel_to_board(-6000, 0)
    with pytest.raises(OpticsError):
        tilted().board_to_pixel(math.nan, 0)


def test_a_calibration_made_by_hand_is_checked_too():
    with pytest.raises(CalibrationError, match="singular"):
        dataclasses.replace(nominal(), to_board=(1.0,) * 9)


SHIFT = Correction(centre=(0.01, -0.01), reach=0.12, x=CUBIC, y=tuple(-2 * c for c in CUBIC))
places = st.tuples(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))


@given(places)
def test_a_correction_can_be_undone_everywhere(place):
    assert math.dist(SHIFT.apply(*SHIFT.undo(*place)), place) < 1e-8
    assert Correction().apply(*place) == Correction().undo(*place) == place


@given(places)
def test_a_correction_is_the_polynomial_of_its_monomials_within_its_reach(place):
    x, y = place[0] / 5, place[1] / 5
    u, v = (x - 0.01) / 0.12, (y + 0.01) / 0.12
    shift = [sum(c * m for c, m in zip(row, monomials(u, v, 10), strict=True)) for row in (SHIFT.x, SHIFT.y)]
    assert SHIFT.apply(x, y) == pytest.approx((x + shift[0], y + shift[1]), abs=1e-12)
    quadratic = dataclasses.replace(SHIFT, x=CUBIC[:6], y=(0.0,) * 6)
    assert quadratic.apply(x, y) == pytest.approx((x + sum(map(float.__mul__, CUBIC[:6], monomials(u, v, 6))), y), abs=1e-12)


def test_beyond_its_reach_a_correction_stays_as_it_is():
    edge = 0.01 + BEYOND * 0.12
    (ax, ay), (bx, by) = SHIFT.apply(edge, 0.0), SHIFT.apply(edge + 3.0, 0.0)
    assert (bx - ax, by - ay) == pytest.approx((3.0, 0.0))


def test_a_correction_that_folds_or_is_no_number_is_at_fault():
    assert not fault(SHIFT)
    assert not fault(Correction())
    assert "apart" in fault(dataclasses.replace(SHIFT, x=tuple(30 * c for c in CUBIC)))
    assert "as many" in fault(dataclasses.replace(SHIFT, y=()))
    assert "finite" in fault(dataclasses.replace(SHIFT, reach=math.nan))
    assert "finite" in fault(dataclasses.replace(SHIFT, x=(math.inf,) * 10))


def test_a_polygon_is_inset_evenly_whichever_way_it_turns():
    square = ((0.0, 0.0), (10.0, 0.0), (10.0, 6.0), (0.0, 6.0))
    for polygon in (square, square[::-1]):
        inner = plane.inset(polygon, 1.0)
        assert abs(plane.area(inner)) == pytest.approx(32)
        assert all(plane.depth_inside(polygon, *corner) == pytest.approx(1.0) for corner in inner)
    assert plane.inset(square, 4.0) == ()
    assert plane.area(plane.inset(square, 0.0)) == pytest.approx(60)
    triangle = plane.inset(((0.0, 0.0), (40.0, 0.0), (0.0, 30.0)), 2.0)
    assert len(triangle) == 3
    assert all(plane.depth_inside(((0.0, 0.0), (40.0, 0.0), (0.0, 30.0)), *corner) == pytest.approx(2.0) for corner in triangle)
