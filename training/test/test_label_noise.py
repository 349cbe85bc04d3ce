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

"""The scatter of the clicks is measured apart from the place clicked on and the hand's lean, and from nothing but the pixels."""

import cv2
import numpy as np
import pytest
from theylive_training.data import label_noise
from theylive_training.pictures.picture import similarity

LEAN = (1.5, -0.5)  # px
ON_HEAD = (4.0, -6.0)  # px from the head's middle, in its own frame
HEADS = 60


def draw_head():
    """An unsymmetrical head on a plain board, float32 (96, 96)."""
    head = np.full((96, 96), 120, np.uint8)
    cv2.ellipse(head, (48, 46), (15, 24), 0, 0, 360, 220, -1)
    cv2.circle(head, (42, 40), 5, 20, -1)
    cv2.circle(head, (54, 40), 5, 20, -1)
    cv2.rectangle(head, (38, 58), (56, 64), 60, -1)
    cv2.fillPoly(head, [np.array([[48, 70], [30, 80], [52, 78]])], 30)
    return head


def clicked(noise, count=HEADS, seed=0, head=None):
    """Patches of turned heads in pictures, clicked with a scatter of `noise` px, and the misses."""
    rng = np.random.default_rng(seed)
    head = draw_head() if head is None else head
    patches, misses = [], rng.normal(0, noise, (count, 2))
    for i in range(count):
        at, degrees = rng.uniform(80, 144, 2), float(rng.uniform(0, 360))
        matrix = similarity(degrees, 1.0, (48, 48), tuple(at))
        centred = matrix.copy()
        centred[:, 2] += centred[:, :2] @ (0.5, 0.5) - 0.5
        image = cv2.warpAffine(head, centred, (224, 224), borderValue=120)
        image = np.clip(image * rng.uniform(0.7, 1.1) + rng.normal(0, 4, image.shape), 0, 255).astype(np.uint8)
        x, y = matrix @ (48 + ON_HEAD[0], 48 + ON_HEAD[1], 1) + LEAN + misses[i]
        patches.append(label_noise.cut(image, f"{i}.jpg", "alien", x, y, 64))
    return patches, misses


def test_noise_and_lean_are_told_apart():
    patches, misses = clicked(1.5)
    noise = label_noise.measure(patches, 64)
    truth = np.hypot(*misses.T)
    assert len(noise.names) == noise.heads == HEADS
    assert noise.p50 == pytest.approx(np.median(truth), abs=0.2)
    assert noise.p95 == pytest.approx(np.percentile(truth, 95), abs=0.5)
    assert noise.lean_error == pytest.approx(1.5 / HEADS**0.5, rel=0.3)
    assert noise.lean == pytest.approx(LEAN, abs=3 * noise.lean_error)
    assert noise.registration < 0.3


def test_every_miss_is_found_on_its_picture():
    patches, misses = clicked(1.0)
    noise = label_noise.measure(patches, 64)
    assert np.abs(noise.misses - misses).max() < 0.8


def test_clicks_without_scatter_measure_as_none():
    patches, _ = clicked(0.0)
    noise = label_noise.measure(patches, 64)
    assert noise.p95 < 0.4
    assert noise.best_map > 0.99


def test_scale_of_the_patches_does_not_change_px_of_the_picture():
    patches, misses = clicked(2.0)
    coarse = [label_noise.Patch(p.name, p.label, p.grey, p.scale * 2) for p in patches]  # as if the pictures had been half as large
    assert label_noise.measure(coarse, 32).p50 == pytest.approx(np.median(np.hypot(*misses.T)) / 2, abs=0.1)


def test_too_few_heads_say_so():
    patches, _ = clicked(1.0, count=label_noise.LEAST_HEADS - 1)
    with pytest.raises(label_noise.UnmeasurableError, match="29 alien heads"):
        label_noise.measure(patches, 64)
    with pytest.raises(label_noise.UnmeasurableError, match="0 such heads"):
        label_noise.measure([], 64)


def test_heads_that_are_no_one_head_say_so():
    rng = np.random.default_rng(0)
    patches = [label_noise.Patch(f"{i}.jpg", "john", rng.integers(0, 255, (96, 96), np.uint8), 1.0) for i in range(40)]
    with pytest.raises(label_noise.UnmeasurableError, match="look like their mean"):
        label_noise.measure(patches, 64)


def test_a_head_that_leaves_its_picture_is_not_cut():
    image = np.zeros((224, 224, 3), np.uint8)
    assert label_noise.cut(image, "a.jpg", "alien", 30, 112, 64) is None
    assert label_noise.cut(image, "a.jpg", "alien", 112, 112, 64).grey.shape == (96, 96)


def test_a_lean_is_not_known_of_heads_that_all_stand_upright():
    turns = np.repeat(np.eye(2)[None], 50, axis=0)
    clicks = np.random.default_rng(0).normal(3, 1, (50, 2))
    e, _, _, lean_error = label_noise.fit(turns, clicks)
    assert lean_error == np.inf
    assert np.median(np.hypot(*e.T)) == pytest.approx(1.18, abs=0.3)


def test_the_best_score_falls_with_the_noise():
    assert label_noise.best_map(np.zeros((10, 2)), 64) == 1.0
    # 2 px across, 2 px down: overlap 62 * 62 / (2 * 64 * 64 - 62 * 62) = 0.884: found at 8 of 10 thresholds
    assert label_noise.best_map(np.full((10, 2), 2.0), 64) == pytest.approx(0.8)
    half = np.vstack([np.zeros((5, 2)), np.full((5, 2), 100.0)])
    assert label_noise.best_map(half, 64) == pytest.approx(0.25)


def test_one_head_is_more_like_its_own_mean():
    heads = [p.grey.astype(np.float32) for p in clicked(1.0, count=30)[0]]
    other = draw_head()[::-1].copy()
    cv2.rectangle(other, (20, 30), (76, 50), 10, -1)
    others = [p.grey.astype(np.float32) for p in clicked(1.0, count=30, head=other)[0]]
    mine, theirs = label_noise.mean_head(heads), label_noise.mean_head(others)
    assert (label_noise.likeness(mine, heads) - label_noise.likeness(theirs, heads)).min() > 0
