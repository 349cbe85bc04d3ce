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

"""The drawn heads: what they look like, and that they sit where they are put."""

from __future__ import annotations

import numpy as np
import pytest

from theylive_ros.simulator import heads


def _alone(label, look=1, x=60.0, y=60.0, **how):
    """A head on a plain green ground, and the mask of what it covers."""
    ground = np.full((120, 120, 3), (0, 255, 0), np.uint8)
    image = ground.copy()
    heads.paste(image, label, look, x, y, **how)
    return image, (image != ground).any(axis=2)


@pytest.mark.parametrize("label", heads.LABELS)
def test_the_same_look_is_the_same_picture_and_another_look_is_another(label):
    heads.texture.cache_clear()
    first = heads.texture(label, 3, 2)
    heads.texture.cache_clear()
    assert np.array_equal(first, heads.texture(label, 3, 2))
    assert not np.array_equal(first, heads.texture(label, 4, 2))


@pytest.mark.parametrize("label", heads.LABELS)
@pytest.mark.parametrize("look", range(6))
def test_a_head_fills_its_box_as_the_cut_outs_do(label, look):
    _, mask = _alone(label, look)
    rows, cols = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    height, width = np.ptp(rows) + 1, np.ptp(cols) + 1
    assert 46 <= height <= 64
    assert (26 <= width <= 44) if label == "alien" else (36 <= width <= 58)
    assert abs(rows.mean() + 0.5 - 60) < (4 if label == "alien" else 8)  # a John's box is about his face
    assert abs(cols.mean() + 0.5 - 60) < 4


@pytest.mark.parametrize("label", heads.LABELS)
def test_a_head_moves_by_fractions_of_a_pixel(label):
    def centre(x):
        image, _ = _alone(label, x=x)
        weight = np.abs(image.astype(float) - (0, 255, 0)).sum(axis=2)
        return (weight.sum(0) * (np.arange(120) + 0.5)).sum() / weight.sum()

    start = centre(60.0)
    assert [centre(60 + d) - start for d in (0.25, 0.5, 0.75, 7.5)] == pytest.approx([0.25, 0.5, 0.75, 7.5], abs=0.05)


def test_half_a_turn_puts_the_hair_below():
    upright, _ = _alone("alien")
    turned, _ = _alone("alien", rotation=np.pi)
    assert np.abs(upright.astype(int) - turned[::-1, ::-1].astype(int)).mean() < 1.5
    assert np.abs(upright.astype(int) - turned.astype(int)).mean() > 5


def test_a_head_over_the_edge_is_cut_off_and_one_outside_draws_nothing():
    _, inside = _alone("john", x=60)
    _, part = _alone("john", x=0)
    _, none = _alone("john", x=-60)
    assert 0 < part.sum() < inside.sum()
    assert not none.any()


def test_a_larger_scale_draws_a_larger_head():
    areas = [_alone("alien", scale=s)[1].sum() for s in (0.5, 1.0, 1.5)]
    assert areas[0] / areas[1] == pytest.approx(0.25, abs=0.06)
    assert areas[2] / areas[1] == pytest.approx(2.25, abs=0.2)


def test_aliens_are_blue_white_and_johns_are_tanned():
    """Red minus blue over the middle of the face tells them apart for every look."""
    for look in range(heads.LOOKS):
        alien, john = (_alone(label, look)[0][44:72, 52:68].reshape(-1, 3).mean(0) for label in heads.LABELS)
        assert alien[2] - alien[0] < john[2] - john[0] - 20


def test_a_sprite_has_straight_alpha():
    sprite = heads.sprite("john", 2, scale=2.0)
    assert sprite.shape == (176, 176, 4)
    assert set(np.unique(sprite[0, :, 3])) == {0}
    assert sprite[88, 88, 3] == 255


def test_a_head_that_does_not_exist_is_refused_by_name():
    with pytest.raises(ValueError, match="no head called 'piper'; there are: alien, john"):
        heads.texture("piper", 1, 2)
