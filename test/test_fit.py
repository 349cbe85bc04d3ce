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

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from theylive_ros.detector.fit import FITS, PADDING, Fitter, crop, letterbox, stretch

sizes = st.integers(min_value=8, max_value=2000)
PLANS = {"letterbox": letterbox, "crop": crop, "stretch": stretch}


def disc(width, height, x, y, radius):
    """A picture with a soft white disc whose centre is exactly (x, y) in continuous px."""
    xs, ys = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    grey = np.clip(radius - np.hypot(xs - x, ys - y), 0, 1) * 255
    return np.repeat(np.round(grey)[..., None], 3, axis=2).astype(np.uint8)


def centroid(picture):
    weight = picture[..., 0].astype(float)
    weight[weight == PADDING] = 0
    ys, xs = np.mgrid[: weight.shape[0], : weight.shape[1]]
    return (weight * (xs + 0.5)).sum() / weight.sum(), (weight * (ys + 0.5)).sum() / weight.sum()


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("size", [(320, 240), (640, 480), (240, 320), (224, 224), (100, 90), (1280, 720)])
def test_a_head_seen_by_the_network_is_brought_back_to_where_it_is_in_the_frame(fit, size):
    width, height = size
    x, y = width * 0.53, height * 0.44
    picture, mapping = Fitter(fit, 224, 224).fit(disc(width, height, x, y, min(size) / 8))
    u, v = centroid(picture)
    back = mapping.to_frame(np.array([[u, v, u, v]]))[0]
    assert back[:2] == pytest.approx([x, y], abs=0.12 * max(1, width / 224))


@given(st.sampled_from(FITS), sizes, sizes, sizes, sizes)
def test_boxes_go_to_the_network_and_back_unchanged(fit, frame_width, frame_height, width, height):
    mapping = PLANS[fit](frame_width, frame_height, width, height)
    boxes = np.array([[0.0, 0.0, frame_width, frame_height], [1.5, 2.5, 3.0, 7.0]])
    assert np.allclose(mapping.to_frame(mapping.to_network(boxes)), boxes, atol=1e-6)


@given(st.sampled_from(FITS), sizes, sizes, sizes, sizes)
def test_the_seen_region_lies_in_the_frame_and_fills_the_network_or_its_letterbox(fit, frame_width, frame_height, width, height):
    mapping = PLANS[fit](frame_width, frame_height, width, height)
    seen = mapping.seen
    assert 0 <= seen.x_min < seen.x_max <= frame_width
    assert 0 <= seen.y_min < seen.y_max <= frame_height
    inside = mapping.to_network(np.array([[seen.x_min, seen.y_min, seen.x_max, seen.y_max]]))[0]
    assert (inside[:2] > -1e-6).all()
    assert inside[2] <= width + 1e-6
    assert inside[3] <= height + 1e-6
    if fit != "letterbox":
        assert inside == pytest.approx([0, 0, width, height])


def test_a_letterbox_shows_the_whole_frame_and_a_crop_only_its_middle():
    assert letterbox(320, 240, 224, 224).seen == stretch(320, 240, 224, 224).seen
    seen = crop(320, 240, 224, 224).seen
    assert (seen.x_min, seen.y_min, seen.x_max, seen.y_max) == (40, 0, 280, 240)


@pytest.mark.parametrize("fit", FITS)
def test_a_frame_of_the_networks_size_is_passed_on_as_it_is(fit):
    frame = np.zeros((224, 224, 3), np.uint8)
    picture, mapping = Fitter(fit, 224, 224).fit(frame)
    assert np.shares_memory(picture, frame)
    assert (mapping.scale_x, mapping.scale_y, mapping.offset_x, mapping.offset_y) == (1, 1, 0, 0)


def test_a_crop_of_a_larger_frame_that_needs_no_scaling_is_not_copied():
    frame = np.zeros((224, 400, 3), np.uint8)
    picture, _ = Fitter("crop", 224, 224).fit(frame)
    assert np.shares_memory(picture, frame)


def test_borders_are_grey_again_after_a_frame_of_another_shape():
    fitter = Fitter("letterbox", 64, 64)
    fitter.fit(np.full((120, 40, 3), 255, np.uint8))
    picture, _ = fitter.fit(np.full((40, 120, 3), 255, np.uint8))
    assert (picture[0] == PADDING).all()
    assert (picture[-1] == PADDING).all()
    assert (picture[32] == 255).all()


def test_the_buffer_is_reused():
    fitter, frame = Fitter("letterbox", 64, 64), np.zeros((48, 100, 3), np.uint8)
    assert fitter.fit(frame)[0] is fitter.fit(frame)[0]


@given(st.sampled_from(FITS), st.integers(1, 700), st.integers(1, 700))
def test_any_frame_gives_a_whole_input(fit, width, height):
    picture, _ = Fitter(fit, 96, 64).fit(np.full((height, width, 3), 7, np.uint8))
    assert picture.shape == (64, 96, 3)
    assert cv2.countNonZero((picture == 7).all(axis=2).astype(np.uint8)) > 0
