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

"""The true beam of the simulated rig: ideal as the optics say, crooked as people build."""

from __future__ import annotations

import dataclasses
import math
import types

import pytest

from theylive_ros.mirrors.optics import Geometry
from theylive_ros.settings import check
from theylive_ros.simulator.beam import CROOKED, PRESETS, Beam, BeamSettings
from theylive_ros.simulator.board import BoardSettings, draw_board
from theylive_ros.simulator.camera import CameraSettings, SimCamera

CAMERA = SimCamera(CameraSettings(), draw_board(BoardSettings(), 320, 240), 1)
GEOMETRY = Geometry(rest_x=2.0, invert_y=True)


def places(beam, step=15):
    return {(x, y): beam.place(x, y) for x in range(-60, 61, step) for y in range(-45, 46, step)}


def test_the_ideal_rig_is_what_its_geometry_says():
    beam = Beam(GEOMETRY, CAMERA)
    for (x, y), place in places(beam).items():
        assert place == pytest.approx(CAMERA.to_px(*GEOMETRY.board_point(GEOMETRY.angles((x, y)))), abs=1e-9)


def test_motors_whose_zero_is_elsewhere_are_motors_that_stand_elsewhere():
    beam, moved = Beam(GEOMETRY, CAMERA), Beam(GEOMETRY, CAMERA, BeamSettings(rest_x=7.0, rest_y=-3.0))
    assert moved.place(20, 10) == pytest.approx(beam.place(13, 13))


def test_a_camera_aside_shifts_the_picture_and_a_rolled_one_turns_it():
    beam = Beam(GEOMETRY, CAMERA)
    x, y = beam.place(20, 10)
    aside = Beam(GEOMETRY, CAMERA, BeamSettings(camera_x_mm=7.85, camera_y_mm=-15.7))
    assert aside.place(20, 10) == pytest.approx((x - 10, y + 20))
    rolled = Beam(GEOMETRY, CAMERA, BeamSettings(camera_roll_deg=90.0))
    # a camera turned clockwise shows everything turned the other way
    assert rolled.place(20, 10) == pytest.approx((160 + (y - 120), 120 - (x - 160)))


def test_a_tilted_board_is_met_farther_out_on_the_side_that_goes_away():
    beam, tilted = Beam(Geometry(), CAMERA), Beam(Geometry(), CAMERA, BeamSettings(tilt_y_deg=-6.0))
    assert tilted.place(0, 0) == pytest.approx((160, 120))
    right, left = tilted.place(60, 0)[0] - 160, 160 - tilted.place(-60, 0)[0]
    straight = beam.place(60, 0)[0] - 160
    assert abs(right - straight) > 1
    assert (right - straight) * (left - straight) < 0
    assert tilted.place(0, 30)[0] == pytest.approx(160)


def test_the_lens_draws_the_corners_in_and_leaves_the_middle():
    straight, bent = Beam(Geometry(), CAMERA), Beam(Geometry(), CAMERA, BeamSettings(distortion=0.02))
    for x, y in ((0, 0), (30, 10), (75, 55)):
        a, b = straight.place(x, y), bent.place(x, y)
        r = math.hypot(a[0] - 160, a[1] - 120)
        assert math.hypot(b[0] - 160, b[1] - 120) == pytest.approx(r * (1 - 0.02 * (r / 200) ** 2))


def test_the_crooked_rig_is_far_off_and_still_sees_the_whole_picture():
    ideal, crooked = places(Beam(Geometry(), CAMERA)), places(Beam(Geometry(), CAMERA, CROOKED))
    off = [math.dist(ideal[k], crooked[k]) for k in ideal]
    assert min(off) > 10
    beam = Beam(Geometry(), CAMERA, CROOKED)
    seen = [beam.place(x, y) for x in range(-120, 121, 2) for y in range(-90, 91, 2)]
    for corner in ((0, 0), (320, 0), (320, 240), (0, 240)):
        assert min(math.dist(corner, p) for p in seen) < 5


def test_a_beam_that_does_not_reach_the_board_is_out_of_every_picture():
    beam = Beam(Geometry(), CAMERA, CROOKED)
    assert beam.place(420, 0) == (math.inf, math.inf)
    assert beam.place(math.nan, 0) == (math.inf, math.inf)
    # almost along the tilted board, it would meet it behind the mirrors
    assert beam.place(9, 385) == (math.inf, math.inf)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_within_their_own_bounds(name):
    check(PRESETS[name])


@pytest.mark.parametrize("field", [f.name for f in dataclasses.fields(BeamSettings)])
def test_every_setting_moves_the_spot(field):
    camera = types.SimpleNamespace(settings=CAMERA.settings, to_px=CAMERA.to_px)
    value = 0.05 if field == "distortion" else 5.0
    changed = Beam(Geometry(), camera, BeamSettings(**{field: value}))
    assert math.dist(changed.place(40, 30), Beam(Geometry(), camera).place(40, 30)) > 0.5
