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

"""The optics: traced reflections and their closed inverse are one map, and its scale is that of the real rig."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from theylive_ros.mirrors.optics import Geometry, OpticsError

geometries = st.builds(
    Geometry,
    board_distance=st.floats(0.1, 3.0),
    mirror_distance=st.floats(0.005, 0.2),
    microsteps=st.sampled_from([1, 2, 4, 8, 16]),
    invert_x=st.booleans(),
    invert_y=st.booleans(),
    rest_x=st.floats(-500, 500),
    rest_y=st.floats(-500, 500),
)
spots = st.tuples(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))


@given(geometries, spots)
def test_tracing_the_beam_undoes_the_inverse_over_the_whole_field(geometry, point):
    found = geometry.board_point(geometry.mirror_angles(point))
    assert math.dist(found, point) < 1e-9


@given(geometries, st.tuples(st.floats(-0.7, 0.7), st.floats(-0.7, 0.7)))
def test_the_inverse_undoes_tracing_the_beam(geometry, angles):
    assert geometry.mirror_angles(geometry.board_point(angles)) == pytest.approx(angles, abs=1e-9)


@given(geometries, spots)
def test_steps_and_angles_are_the_same_turn(geometry, steps):
    assert geometry.steps(geometry.angles(steps)) == pytest.approx(steps, abs=1e-9)


@pytest.mark.parametrize(("microsteps", "millimetres"), [(1, 12.6), (4, 3.1), (8, 1.6), (16, 0.8)])
def test_one_step_moves_the_spot_as_far_as_on_the_prototype(microsteps, millimetres):
    geometry = Geometry(microsteps=microsteps)
    _, y = geometry.board_point(geometry.angles((0, 1)))
    assert 1000 * y == pytest.approx(millimetres, abs=0.05)


def test_the_arm_of_mirror_1_is_longer_by_the_mirrors_distance():
    geometry = Geometry(board_distance=0.4, mirror_distance=0.02)
    x, _ = geometry.board_point(geometry.angles((1, 0)))
    _, y = geometry.board_point(geometry.angles((0, 1)))
    assert x / y == pytest.approx(0.42 / 0.4)


def test_positive_steps_move_the_spot_right_and_down_unless_inverted():
    right_down = Geometry()
    left_up = Geometry(invert_x=True, invert_y=True)
    for geometry, sign in ((right_down, 1), (left_up, -1)):
        x, y = geometry.board_point(geometry.angles((3, 5)))
        assert sign * x > 0
        assert sign * y > 0


def test_at_rest_the_beam_meets_the_board_straight_ahead():
    geometry = Geometry(rest_x=120, rest_y=-33.5)
    assert geometry.board_point(geometry.angles((120, -33.5))) == pytest.approx((0, 0), abs=1e-12)


@pytest.mark.parametrize("angles", [(0.8, 0), (0, -0.8), (math.nan, 0), (0, math.inf)])
def test_a_mirror_turned_out_of_the_light_is_refused(angles):
    with pytest.raises(OpticsError):
        Geometry().board_point(angles)


@pytest.mark.parametrize("point", [(math.nan, 0), (0, math.inf)])
def test_a_point_that_is_none_is_refused(point):
    with pytest.raises(OpticsError):
        Geometry().mirror_angles(point)
