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

"""The perceptual hash stays while the picture does, and changes with it."""

import cv2
import numpy as np
import pytest
from theylive_training.data import phash


def picture(seed, side=224):
    """A smooth random pattern, another for each seed."""
    coarse = np.random.default_rng(seed).integers(0, 255, (12, 12, 3), np.uint8)
    return cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)


def apart(a, b):
    return int(phash.distances(phash.difference_hash(a)[None], phash.difference_hash(b)[None])[0, 0])


def test_a_hash_has_256_bits():
    assert phash.difference_hash(picture(0)).nbytes * 8 == phash.BITS


def test_the_same_picture_compressed_shrunk_or_brighter_is_a_near_duplicate():
    image = picture(1)
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 30])
    assert apart(image, cv2.imdecode(data, cv2.IMREAD_COLOR)) <= phash.NEAR
    assert apart(image, cv2.resize(image, (160, 120), interpolation=cv2.INTER_AREA)) <= phash.NEAR
    assert apart(image, cv2.convertScaleAbs(image, alpha=0.7, beta=20)) <= phash.NEAR
    assert apart(image, cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)) <= 4


def test_other_pictures_are_far():
    assert min(apart(picture(1), picture(seed)) for seed in range(2, 12)) > 3 * phash.NEAR


def test_every_near_pair_is_found_once_and_no_other():
    rng = np.random.default_rng(0)
    hashes = rng.integers(0, 2**63, (600, 4), np.uint64)  # more than one block
    hashes[599] = hashes[3] ^ np.array([0b111, 0, 0, 1], np.uint64)
    hashes[300] = hashes[299]
    assert phash.near_within(hashes, 4).tolist() == [[3, 599, 4], [299, 300, 0]]
    assert phash.near_within(hashes, 3).tolist() == [[299, 300, 0]]


def test_near_pairs_of_two_sets_name_both_sides():
    a = np.array([[0, 0, 0, 0], [2**64 - 1] * 4], np.uint64)
    b = np.array([[0, 0, 0, 1]], np.uint64)
    assert phash.near(a, b, 1).tolist() == [[0, 0, 1]]
    assert phash.distances(a, b).tolist() == [[1], [255]]


@pytest.mark.parametrize("count", [0, 1])
def test_none_and_one_have_no_pairs(count):
    assert phash.near_within(np.zeros((count, 4), np.uint64)).shape == (0, 3)
