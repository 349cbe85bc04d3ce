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

"""Composed frames have a label for every head that shows, where it shows."""

import numpy as np
import pytest
from theylive_training.data.dataset import LabelledFile
from theylive_training.pictures.compose import compose, extend
from theylive_training.pictures.cutout import SIDE, Cutout, cut_out
from theylive_training.pictures.picture import Box
from theylive_training.pictures.pool import letterboxed, make_pool, material


def disc(label, colour):
    """A cut-out that is a disc of 20 px about the box's centre."""
    rows, cols = np.mgrid[:SIDE, :SIDE] + 0.5 - SIDE / 2
    patch = np.zeros((SIDE, SIDE, 4), np.uint8)
    patch[np.hypot(rows, cols) < 20] = (*colour, 255)
    return Cutout(label, patch)


BOARD = np.full((224, 224, 3), 60, np.uint8)
DISCS = [disc("alien", (255, 0, 0)), disc("john", (0, 0, 255))]


@pytest.mark.parametrize("seed", range(20))
def test_a_lone_head_lies_in_the_middle_of_its_box(seed):
    picture = compose(np.random.default_rng(seed), DISCS, BOARD, (320, 240), 1)
    (box,) = picture.boxes
    channel = 0 if box.label == "alien" else 2
    rows, cols = np.nonzero(picture.image[:, :, channel] > 150)
    if 25 < box.x < 295 and 25 < box.y < 215:
        assert (cols.mean() + 0.5, rows.mean() + 0.5) == pytest.approx((box.x, box.y), abs=0.5)
    assert box.width == box.height == pytest.approx(64, rel=0.2)


@pytest.mark.parametrize("seed", range(20))
def test_every_head_that_shows_has_its_label(seed):
    picture = compose(np.random.default_rng(seed), DISCS, BOARD, (320, 240), 6)
    left = picture.image.copy()
    for box in picture.boxes:
        x0, y0 = max(0, int(box.x - 32)), max(0, int(box.y - 32))
        left[y0 : int(box.y + 33), x0 : int(box.x + 33)] = 60
    assert np.count_nonzero(left.max(axis=2) > 150) < 0.2 * 20**2 * np.pi  # but what is hardly seen


def test_the_same_seed_composes_the_same_frame():
    one, two = (compose(np.random.default_rng(5), DISCS, BOARD, (320, 240), 5) for _ in range(2))
    assert one.boxes == two.boxes
    assert (one.image == two.image).all()


def test_a_board_grows_to_a_whole_frame_by_its_mirror_image():
    board = np.arange(224, dtype=np.uint8)[None, :, None].repeat(224, 0).repeat(3, 2)
    grown = extend(board, 320, 240)
    assert grown.shape == (240, 320, 3)
    assert (grown[0, 224:320, 0] == np.arange(223, 127, -1)).all()


def test_a_letterboxed_frame_keeps_its_labels_on_its_heads():
    picture = compose(np.random.default_rng(3), DISCS, BOARD, (320, 240), 1)
    small = letterboxed(picture, 224)
    assert small.image.shape == (224, 224, 3)
    assert (small.boxes[0].x, small.boxes[0].y) == pytest.approx((picture.boxes[0].x * 0.7, picture.boxes[0].y * 0.7 + 28))
    assert small.boxes[0].width == pytest.approx(picture.boxes[0].width * 0.7)


def test_heads_are_cut_out_of_a_board_that_stands_still(tmp_path):
    import cv2

    rng = np.random.default_rng(1)
    board = cv2.GaussianBlur(rng.integers(80, 160, (224, 224, 3), np.uint8), (0, 0), 3)
    pictures = []
    for i in range(9):
        x, y = 45 + 16 * i, 180 - 15 * i
        image = board.copy()
        cv2.ellipse(image, (x, y), (16, 24), 30, 0, 360, (250, 250, 250), -1)
        path = tmp_path / f"{i}.png"
        cv2.imwrite(str(path), image)
        pictures.append(LabelledFile(path, (Box("alien", x + 0.5, y + 0.5, 64, 64),)))
    cutouts = cut_out(pictures)
    assert len(cutouts) == 9
    for cutout in cutouts:
        rows, cols = np.nonzero(cutout.patch[:, :, 3] > 127)
        assert (cols.mean() + 0.5, rows.mean() + 0.5) == pytest.approx((SIDE / 2, SIDE / 2), abs=1)
        assert len(rows) == pytest.approx(np.pi * 16 * 24, rel=0.15)


def test_a_pool_without_real_pictures_is_drawn_and_the_same_for_the_same_seed():
    given = material((), (), (), looks=2)
    one, two = (make_pool(given, 10, 224, seed=4) for _ in range(2))
    assert set(one.kinds) == {"mixed", "mixed_frame", "mixed_far", "simulated", "simulated_frame"}
    assert len(one.pictures) == sum(one.kinds.values()) == pytest.approx(10, abs=2)
    for a, b in zip(one.pictures, two.pictures, strict=True):
        assert a.image.shape == (224, 224, 3)
        assert a.boxes == b.boxes
        assert (a.image == b.image).all()
