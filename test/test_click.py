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

"""A clicked point in space becomes the mirror angles whose beam goes through it, or is refused with the reason."""

from __future__ import annotations

import dataclasses
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theylive_ros.mirrors.calibration import nominal
from theylive_ros.mirrors.click import ClickError, angles_through
from theylive_ros.mirrors.correction import Correction
from theylive_ros.mirrors.optics import Geometry

GEOMETRY = Geometry(rest_x=3.0)
CALIBRATION = dataclasses.replace(
    nominal(geometry=GEOMETRY),
    rest=(4.0, -6.0),
    correction=Correction(x=(0.001, 0.0, 0.0, 0.002, 0.0, 0.0), y=(0.002, 0.01, 0.0, 0.0, 0.0, 0.0)),
)
places = st.tuples(st.floats(-0.12, 0.12), st.floats(-0.09, 0.09))


@settings(deadline=None)
@given(places)
def test_a_calibrated_rig_puts_the_spot_where_the_calibration_sees_it(place):
    steps = GEOMETRY.steps(angles_through((*place, GEOMETRY.board_distance), GEOMETRY, CALIBRATION))
    assert CALIBRATION.steps_to_board(*steps) == pytest.approx(place, abs=1e-6)


@given(places)
def test_a_rig_without_calibration_goes_by_its_geometry(place):
    assert GEOMETRY.board_point(angles_through((*place, GEOMETRY.board_distance), GEOMETRY, None)) == pytest.approx(place, abs=1e-9)


@given(places, st.floats(0.05, 0.39))
def test_a_point_before_the_board_is_one_on_the_line_from_mirror_2(place, z):
    x, y = place
    near = x * z / GEOMETRY.board_distance, y * z / GEOMETRY.board_distance, z
    on_board = angles_through((x, y, GEOMETRY.board_distance), GEOMETRY, None)
    assert angles_through(near, GEOMETRY, None) == pytest.approx(on_board, abs=1e-9)


@pytest.mark.parametrize("point", [(0, 0, 0), (0, 0, -0.4), (0.01, 0, 0.01), (math.nan, 0, 0.4), (0, math.inf, 0.4), (0, 0, math.nan)])
def test_the_rig_itself_and_what_is_nowhere_is_refused(point):
    for calibration in (None, CALIBRATION):
        with pytest.raises(ClickError, match="not in front of the mirrors"):
            angles_through(point, GEOMETRY, calibration)


def test_outside_the_field_of_aim_it_is_refused():
    narrow = dataclasses.replace(CALIBRATION, field=((100.0, 60.0), (220.0, 60.0), (220.0, 180.0), (100.0, 180.0)))
    angles_through((0.04, 0.0, 0.4), GEOMETRY, narrow)
    with pytest.raises(ClickError, match="outside the field of aim"):
        angles_through((0.06, 0.0, 0.4), GEOMETRY, narrow)


def test_a_place_that_the_camera_cannot_see_is_refused():
    tilted = dataclasses.replace(CALIBRATION, to_board=(1e-3, 0, -0.16, 0, 1e-3, -0.12, 1e-3, 0, 1))
    for x in (2.0, 1e9):
        with pytest.raises(ClickError, match=r"click on the board|outside the field"):
            angles_through((x, 0.0, 0.4), GEOMETRY, tilted)
