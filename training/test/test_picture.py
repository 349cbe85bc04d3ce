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

"""Labels move with the pixels that they name."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from theylive_training.pictures.picture import Box, Picture, inside, similarity, turn, warp

SIZE = (120, 80)


def marked(x, y):
    """A white disc on black with a box about its centre."""
    image = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    cv2.circle(image, (round((x - 0.5) * 16), round((y - 0.5) * 16)), 5 * 16, (255, 255, 255), -1, cv2.LINE_AA, 4)
    return Picture(image, (Box("alien", x, y, 20, 20),))


def centroid(image):
    rows, cols = np.nonzero(image[:, :, 0] > 127)
    return cols.mean() + 0.5, rows.mean() + 0.5


@pytest.mark.parametrize("quarters", range(4))
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_turned_and_mirrored_picture_keeps_its_label_on_its_head(quarters, mirrored):
    turned = turn(marked(30, 55), quarters, mirrored)
    box = turned.boxes[0]
    assert (box.x, box.y) == pytest.approx(centroid(turned.image), abs=0.3)
    assert turned.image.shape[:2] == (SIZE if quarters % 2 else SIZE[::-1])


@settings(max_examples=60, deadline=None)
@given(degrees=st.floats(0, 360), scale=st.floats(0.6, 1.4), x=st.floats(35, 85), y=st.floats(30, 50))
def test_a_warped_picture_keeps_its_label_on_its_head(degrees, scale, x, y):
    matrix = similarity(degrees, scale, (60, 40), (100, 100))
    warped = warp(marked(x, y), matrix, (200, 200), fill=(0, 0, 0))
    box = warped.boxes[0]
    assert (box.x, box.y) == pytest.approx(centroid(warped.image), abs=0.5)
    assert (box.width, box.height) == pytest.approx((20 * scale, 20 * scale))


def test_a_box_that_a_warp_takes_out_of_the_picture_goes():
    away = similarity(0, 1, (0, 0), (-200, 0))
    assert warp(marked(60, 40), away, SIZE, least_inside=0.5).boxes == ()


def test_the_share_of_a_box_inside_is_of_its_area():
    assert inside(Box("john", 0, 40, 20, 20), SIZE) == pytest.approx(0.5)
    assert inside(Box("john", 0, 0, 20, 20), SIZE) == pytest.approx(0.25)
    assert inside(Box("john", -50, 40, 20, 20), SIZE) == 0
