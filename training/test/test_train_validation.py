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

"""Validation during training counts what the robot would find."""

import math

import numpy as np
import pytest
import torch
from theylive_training.pictures.picture import Box, Picture
from theylive_training.train.validation import validate

ALIEN, JOHN = Box("alien", 60, 60, 64, 64), Box("john", 160, 150, 64, 64)


class Seer:
    """Stands in for a net: finds in the k-th picture what the k-th list says, whatever the order in which they come."""

    def __init__(self, pictures, found):
        self._found = {float(p.image[0, 0, 0]): f for p, f in zip(pictures, found, strict=True)}

    def __call__(self, images):
        tables = torch.zeros(len(images), 6, 8)
        for table, image in zip(tables, images, strict=True):
            for cell, (label, x, y, side, score) in enumerate(self._found[round(float(image[2, 0, 0]) * 255)]):
                table[:4, cell] = torch.tensor([x, y, side, side])
                table[4 + ("alien", "john").index(label), cell] = score
        return tables, None

    def loss(self, batch, output):
        return torch.tensor([1.0, 0.5, 0.25]) * len(batch["img"]), {}  # as ultralytics gives it


def see(boxes, found):
    """Scores for pictures with these boxes in which that was found."""
    pictures = [Picture(np.full((224, 224, 3), 10 * k, np.uint8), tuple(b)) for k, b in enumerate(boxes)]
    return validate(Seer(pictures, found), pictures, 2, "cpu")


def test_heads_found_where_they_are_score_full():
    loss, scores = see(
        [[ALIEN, JOHN], [], [JOHN]], [[("alien", 60, 60, 64, 0.9), ("john", 160, 150, 64, 0.8)], [], [("john", 160, 150, 64, 0.9)]]
    )
    assert loss == pytest.approx(1.75)
    assert scores == pytest.approx({"quality": 1, "recall": 1, "precision": 1, "iou": 1, "centre_p50_px": 0}, abs=1e-5)


def test_a_shifted_box_costs_overlap_and_centre():
    _, scores = see([[ALIEN]], [[("alien", 63, 64, 64, 0.9)]])
    assert scores["centre_p50_px"] == pytest.approx(5)
    assert scores["quality"] == scores["iou"] == pytest.approx(61 * 60 / (2 * 64 * 64 - 61 * 60), rel=1e-4)


@pytest.mark.parametrize(
    ("found", "quality", "recall", "precision"),
    [
        ([("alien", 60, 60, 64, 0.9)], 1 / 1.5, 0.5, 1),  # one missed
        ([("alien", 60, 60, 64, 0.9), ("alien", 160, 150, 64, 0.9)], 0.5, 0.5, 0.5),  # John called an alien
        ([("alien", 60, 60, 64, 0.9), ("john", 160, 150, 64, 0.9), ("john", 150, 40, 64, 0.9)], 1 / 1.25, 1, 2 / 3),  # one made up
        ([("alien", 60, 60, 64, 0.9), ("alien", 62, 60, 64, 0.8), ("john", 160, 150, 64, 0.9)], 1, 1, 1),  # a double is suppressed
        ([("alien", 60, 60, 64, 0.49), ("john", 160, 150, 64, 0.9)], 1 / 1.5, 0.5, 1),  # unsure
    ],
)
def test_missed_confused_and_made_up_heads_cost_quality(found, quality, recall, precision):
    _, scores = see([[ALIEN, JOHN]], [found])
    assert (scores["quality"], scores["recall"], scores["precision"]) == pytest.approx((quality, recall, precision), abs=1e-5)


def test_a_net_that_finds_nothing_has_no_quality_yet():
    _, scores = see([[ALIEN], []], [[], []])
    assert math.isnan(scores["quality"])
    assert scores["recall"] == 0
    assert "centre_p50_px" not in scores
