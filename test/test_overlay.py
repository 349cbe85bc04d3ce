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

"""The drawing over a camera picture: it shows what is known where it is, and nothing that is known can break it."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theylive_ros import overlay
from theylive_ros.overlay import Scene
from theylive_ros.types import Region, Target, Track

COVARIANCE = (0.0,) * 16
ALIEN = Track(1, "alien", 0.9, 100.0, 80.0, 40.0, 40.0, 0.0, 0.0, COVARIANCE, True, 1.0)
JOHN = dataclasses.replace(ALIEN, id=2, label="john", x=240.0, y=160.0)
GREY = np.full((240, 320, 3), 127, np.uint8)


def target(track=None, protected=(), others=()):
    return Target(1.0, 320, 240, track, tuple(protected), tuple(others), Region(0, 0, 320, 240), True)


def changed(picture, scale=2):
    """Where a drawing differs from the bare picture, in px of the picture: (x_min, y_min, x_max, y_max), or None."""
    ys, xs = np.nonzero((picture[: 240 * scale] != 127).any(axis=2))
    return (xs.min() / scale, ys.min() / scale, xs.max() / scale, ys.max() / scale) if len(xs) else None


@pytest.mark.parametrize("scale", [1, 2, 3])
def test_the_picture_is_enlarged_and_has_a_strip_below(scale):
    drawn = overlay.draw(Scene(GREY), scale)
    assert drawn.shape == (240 * scale + 30, 320 * scale, 3)
    assert drawn.dtype == np.uint8
    assert changed(drawn, scale) is None


def test_a_grey_or_read_only_picture_of_a_message_is_not_changed():
    picture = GREY.copy()
    picture.flags.writeable = False
    overlay.draw(Scene(picture, target(ALIEN, [JOHN]), (10, 10), (20, 20), True), 2)
    assert (picture == 127).all()


def test_a_box_is_drawn_round_the_head():
    x_min, y_min, x_max, y_max = changed(overlay.draw(Scene(GREY, target(ALIEN)), 2))
    assert x_min == pytest.approx(80, abs=2)
    assert y_max == pytest.approx(100, abs=2)
    assert y_min < 60, "its name is above the box"
    assert x_max > 120


def test_john_has_the_colour_of_the_protected_and_the_distance_kept_from_him():
    drawn = overlay.draw(Scene(GREY, target(None, [JOHN]), guard=10.0), 2)
    assert (drawn == overlay.PROTECTED).all(axis=2).any()
    assert not (drawn == overlay.ALIEN).all(axis=2).any()
    x_min, _, x_max, y_max = changed(drawn)
    assert (x_min, x_max, y_max) == pytest.approx((210, 270, 190), abs=2)


def test_aim_and_spot_are_where_they_are():
    aim = changed(overlay.draw(Scene(GREY, aim=(50.0, 60.0)), 2))
    assert ((aim[0] + aim[2]) / 2, (aim[1] + aim[3]) / 2) == pytest.approx((50, 60), abs=1)
    spot = changed(overlay.draw(Scene(GREY, spot=(200.0, 30.0), laser_on=True), 2))
    assert ((spot[0] + spot[2]) / 2, (spot[1] + spot[3]) / 2) == pytest.approx((200, 30), abs=1)


@pytest.mark.parametrize("lit", [True, False])
def test_the_strip_says_that_the_rig_is_being_commissioned(lit):
    strips = [overlay.draw(Scene(GREY, laser_on=lit, commissioning=mode))[480:] for mode in (False, True)]
    assert (strips[0] != strips[1]).any()


def test_the_strip_says_lit_and_dark_differently():
    lit, dark, why = (
        overlay.draw(scene, 2)[480:] for scene in (Scene(GREY, laser_on=True), Scene(GREY), Scene(GREY, reasons=("no_target",)))
    )
    assert (lit == overlay.BEAM).all(axis=2).sum() > 100
    assert not (dark == overlay.BEAM).all(axis=2).any()
    assert (dark != why).any()


anything = st.floats(width=64)
near = st.floats(-2000, 2000)
tracks = st.builds(
    Track,
    st.integers(0, 2**32 - 1),
    st.text(max_size=20),
    anything,
    anything | near,
    anything | near,
    anything | near,
    anything | near,
    anything,
    anything,
    st.just(COVARIANCE),
    st.booleans(),
    anything,
)
points = st.none() | st.tuples(anything | near, anything | near)


@settings(max_examples=150, deadline=None)
@given(
    track=st.none() | tracks,
    heads=st.lists(tracks, max_size=3),
    aim=points,
    spot=points,
    latency=st.none() | anything,
    guard=anything | near,
    scale=st.integers(1, 6),
    reasons=st.lists(st.text(max_size=30), max_size=30),
    size=st.tuples(st.integers(1, 50), st.integers(1, 50)),
)
def test_nothing_that_may_be_known_breaks_the_drawing(track, heads, aim, spot, latency, guard, scale, reasons, size):
    scene = Scene(np.zeros((*size, 3), np.uint8), target(track, heads[:1], heads[1:]), aim, spot, True, True, reasons, latency, guard)
    assert overlay.draw(scene, scale).shape == (size[0] * scale + 30, size[1] * scale, 3)
    assert overlay.draw(dataclasses.replace(scene, laser_on=False), scale).any()
    assert math.prod(scene.image.shape) == scene.image.size
    assert not scene.image.any()
