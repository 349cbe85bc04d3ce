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

"""The simulated camera: geometry, spot, noise, drift, JPEG, and that it repeats itself to the bit."""

from __future__ import annotations

import dataclasses
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theylive_ros.simulator.camera import CameraSettings, HeadView, SimCamera, Upset, add_noise, decode, encode
from theylive_ros.simulator.spot import COLOURS, add_spot

GREY = np.full((240, 320, 3), 120, np.uint8)
STILL = CameraSettings(read_noise=0.0, shot_noise=0.0, blur_px=0.0, exposure_drift=0.0, white_drift=0.0)


@settings(deadline=None)
@given(x=st.floats(0, 320), y=st.floats(0, 240))
def test_pixels_and_board_are_each_others_inverse(x, y):
    camera = SimCamera(STILL, GREY, 1)
    assert camera.to_px(*camera.to_board(x, y)) == pytest.approx((x, y), abs=1e-9)


def test_the_middle_of_the_picture_is_the_origin_of_the_board():
    assert SimCamera(STILL, GREY, 1).to_px(0.00785, -0.00785) == pytest.approx((170, 110))


def test_a_still_camera_shows_the_board_as_it_is():
    assert np.array_equal(SimCamera(STILL, GREY, 1).picture(3.0, []), GREY)


def test_the_same_moment_gives_the_same_bytes_and_the_next_has_other_noise():
    camera = SimCamera(CameraSettings(), GREY, 5)
    head = HeadView("alien", 1, 100.3, 90.2, 0.4, 1.0, 60.0, 0.0)
    first = camera.picture(1.0, [head], (100.0, 90.0))
    assert np.array_equal(first, SimCamera(CameraSettings(), GREY, 5).picture(1.0, [head], (100.0, 90.0)))
    assert not np.array_equal(first, camera.picture(1.033, [head], (100.0, 90.0)))


@settings(deadline=None)
@given(level=st.integers(40, 210), read=st.floats(0.5, 4), shot=st.floats(0, 0.05))
def test_noise_has_the_variance_it_is_told(level, read, shot):
    flat = np.full((120, 160, 3), level, np.uint8)
    noisy = add_noise(flat, random.Random(3), read, shot).astype(float)
    assert noisy.mean() == pytest.approx(level, abs=0.35)
    assert noisy.std() == pytest.approx((read**2 + shot * level) ** 0.5, rel=0.15, abs=0.25)


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("at", [(80.0, 60.0), (80.37, 60.81), (79.5, 59.5)])
def test_the_spots_centroid_is_where_the_beam_is(colour, at):
    image = np.full((120, 160, 3), 40, np.uint8)
    add_spot(image, *at, colour=colour)
    weight = image.astype(float).sum(axis=2) - 120
    y, x = np.mgrid[0:120, 0:160] + 0.5
    assert ((weight * x).sum() / weight.sum(), (weight * y).sum() / weight.sum()) == pytest.approx(at, abs=0.03)


def test_the_spot_saturates_in_its_core_and_is_coloured_around_it():
    image = GREY.copy()
    add_spot(image, 160.5, 120.5, colour="red")
    assert (image[120, 160] == 255).all()
    blue, _, red = image[120, 165].astype(int)
    assert red > blue + 20
    assert (image[:60] == 120).all()


def test_a_spot_outside_the_picture_leaves_it_as_it_is():
    image = GREY.copy()
    add_spot(image, -80.0, 400.0)
    assert np.array_equal(image, GREY)


def test_no_spot_is_drawn_in_the_dark():
    camera = SimCamera(STILL, GREY, 1)
    assert np.array_equal(camera.picture(0.0, [], (100.0, 100.0), lit_share=0.0), camera.picture(0.0, []))


def test_an_upset_changes_exposure_tint_and_sharpness():
    camera = SimCamera(STILL, GREY, 1)
    assert camera.picture(0.0, [], upset=Upset(gain=0.5)).mean() == pytest.approx(60, abs=1)
    blue, _, red = camera.picture(0.0, [], upset=Upset(tint=0.2)).reshape(-1, 3).mean(0)
    assert blue > red + 30
    head = [HeadView("john", 1, 160.0, 120.0, 0.0, 1.0, 0.0, 0.0)]
    assert (
        np.diff(camera.picture(0.0, head, upset=Upset(blur=2.0)).astype(float), axis=1).std()
        < 0.7 * np.diff(camera.picture(0.0, head).astype(float), axis=1).std()
    )


def test_exposure_wanders_within_its_bounds():
    camera = SimCamera(dataclasses.replace(STILL, exposure_drift=0.1), GREY, 1)
    means = [camera.picture(t, []).mean() for t in np.arange(0, 40, 0.5)]
    assert 107 <= min(means) < 117
    assert 123 < max(means) <= 133


def test_what_moves_is_smeared_along_its_way():
    fast = [HeadView("alien", 1, 160.0, 120.0, 0.0, 1.0, 600.0, 0.0)]
    slow = [fast[0]._replace(vx=0.0)]
    camera = SimCamera(STILL, GREY, 1)
    sharp = [np.abs(np.diff(camera.picture(0.0, h).astype(float), axis=axis)).mean() for h in (fast, slow) for axis in (1, 0)]
    assert sharp[0] < 0.9 * sharp[2]


def test_jpeg_keeps_the_size_and_loses_more_at_low_quality():
    picture = SimCamera(CameraSettings(), GREY, 1).picture(0.0, [HeadView("john", 1, 160.0, 120.0, 0.0, 1.0, 0.0, 0.0)])
    errors = [np.abs(decode(encode(picture, q)).astype(int) - picture).mean() for q in (95, 30)]
    assert decode(encode(picture, 30)).shape == picture.shape
    assert errors[0] < errors[1]
