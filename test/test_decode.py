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

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from theylive_ros.detector.decode import (
    BINS,
    DISTANCES,
    LOGIT,
    NORMALISED,
    PIXELS,
    PROBABILITY,
    Decoder,
    Output,
    expected_bin,
    raw_threshold,
)
from theylive_ros.detector.interface import DetectorError
from theylive_ros.detector.layout import BOXES, PREDICTIONS, SCORES, find_meanings
from theylive_ros.detector.tflite import Tensor

SIZE = 64  # px of the network's input in these tests: grids of 8, 4 and 2 cells


def quantised(shape, scale, zero_point=-128, dtype="int8", name="t"):
    return Tensor(name, shape, dtype, scale, zero_point)


def real(shape, name="t"):
    return Tensor(name, shape, "float32", 0.0, 0)


def raw(tensor, values):
    """Real values as the tensor holds them."""
    if tensor.dtype == "float32":
        return np.asarray(values, np.float32)
    limits = np.iinfo(tensor.dtype)
    return np.clip(np.round(np.asarray(values) / tensor.scale + tensor.zero_point), limits.min, limits.max).astype(tensor.dtype)


def one_scale(columns, dtype="int8", bins=False, values=PROBABILITY, classes=2, flat=False):
    channels = 64 if bins else 4
    grid = (columns * columns,) if flat else (columns, columns)
    zero = {"int8": -128, "uint8": 0, "float32": 0}[dtype]
    box = real((1, *grid, channels)) if dtype == "float32" else quantised((1, *grid, channels), 0.0625, zero, dtype)
    score = real((1, *grid, classes))
    if dtype != "float32":
        score = (
            quantised((1, *grid, classes), 1 / 256, zero, dtype)
            if values == PROBABILITY
            else quantised((1, *grid, classes), 0.1, zero + 128, dtype)
        )
    return Output(box, BOXES, BINS if bins else DISTANCES), Output(score, SCORES, values)


def logit(p):
    return math.log(p / (1 - p))


@pytest.mark.parametrize("dtype", ["int8", "uint8", "float32"])
@pytest.mark.parametrize("bins", [False, True])
@pytest.mark.parametrize("values", [PROBABILITY, LOGIT])
@pytest.mark.parametrize("flat", [False, True])
def test_a_cells_distances_become_a_box_around_its_centre(dtype, bins, values, flat):
    box, score = one_scale(4, dtype, bins, values, flat=flat)
    distances, scores = np.zeros((1, 4, 4, box.tensor.shape[-1])), np.full((1, 4, 4, 2), 0.001 if values == PROBABILITY else -9.0)
    if bins:
        side = np.zeros((4, 16))
        side[[0, 1, 2, 3], [1, 2, 3, 4]] = 15.9  # nearly all weight on these bins
        distances[0, 2, 1] = side.ravel()
    else:
        distances[0, 2, 1] = (1, 2, 3, 4)
    scores[0, 2, 1, 1] = 0.9 if values == PROBABILITY else logit(0.9)
    tensors = [raw(o.tensor, v.reshape(o.tensor.shape)) for o, v in ((box, distances), (score, scores))]
    boxes, found, classes = Decoder([box, score], 2, SIZE, SIZE).decode(tensors, 0.5)
    # cell (column 1, row 2) of 16 px: centre (24, 40)
    assert boxes[0] == pytest.approx([24 - 16, 40 - 32, 24 + 48, 40 + 64], abs=0.05)
    assert (len(boxes), classes.tolist()) == (1, [1])
    assert found[0] == pytest.approx(0.9, abs=0.01)


def test_three_scales_are_decoded_whatever_the_order_of_the_outputs():
    pairs = [one_scale(n) for n in (2, 8, 4)]
    outputs = [pairs[0][0], pairs[1][1], pairs[2][1], pairs[2][0], pairs[0][1], pairs[1][0]]
    tensors = []
    for o in outputs:
        values = np.full(o.tensor.shape, 1.0 if o.meaning == BOXES else 0.0)
        if o.meaning == SCORES:
            values[0, 0, 0, 0] = 0.75
        tensors.append(raw(o.tensor, values))
    boxes, _, _ = Decoder(outputs, 2, SIZE, SIZE).decode(tensors, 0.5)
    assert sorted(map(tuple, boxes.tolist())) == [(-16, -16, 48, 48), (-8, -8, 24, 24), (-4, -4, 12, 12)]


def test_scales_joined_in_one_pair_of_outputs_are_told_apart():
    cells = 64 + 16 + 4
    box, score = Output(real((1, cells, 4)), BOXES, DISTANCES), Output(real((1, cells, 2)), SCORES, PROBABILITY)
    scores = np.zeros((1, cells, 2), np.float32)
    scores[0, 64 + 5, 0] = 0.9  # the sixth cell of the stride 16: column 1, row 1
    boxes, _, _ = Decoder([box, score], 2, SIZE, SIZE).decode([np.ones((1, cells, 4), np.float32), scores], 0.5)
    assert boxes.tolist() == [[8, 8, 40, 40]]


@pytest.mark.parametrize(
    ("tensor", "values"), [(quantised((1, 6, 84), 1 / 255), NORMALISED), (real((1, 6, 84)), NORMALISED), (real((1, 6, 84)), PIXELS)]
)
def test_ultralytics_single_output_is_decoded(tensor, values):
    table = np.zeros((1, 6, 84))
    unit = 1 if values == NORMALISED else SIZE
    table[0, :, 7] = (0.5 * unit, 0.25 * unit, 0.125 * unit, 0.25 * unit, 0.1, 0.8)
    decoder = Decoder([Output(tensor, PREDICTIONS, values)], 2, SIZE, SIZE)
    boxes, scores, classes = decoder.decode([raw(tensor, table)], 0.5)
    assert boxes[0] == pytest.approx([28, 8, 36, 24], abs=0.5)
    assert (classes.tolist(), scores[0]) == ([1], pytest.approx(0.8, abs=0.01))


def test_a_single_output_whose_scale_drowned_its_scores_is_refused():
    with pytest.raises(DetectorError, match="leaves nothing of its scores"):
        Decoder([Output(quantised((1, 6, 84), 0.9), PREDICTIONS, PIXELS)], 2, SIZE, SIZE)


def test_a_cell_that_is_sure_of_alien_and_john_reports_both():
    box, score = one_scale(4)
    scores = np.zeros((1, 4, 4, 2))
    scores[0, 0, 0] = 0.9
    _, _, classes = Decoder([box, score], 2, SIZE, SIZE).decode(
        [raw(box.tensor, np.ones(box.tensor.shape)), raw(score.tensor, scores)], 0.5
    )
    assert classes.tolist() == [0, 1]


@given(st.floats(0, 1), st.sampled_from([PROBABILITY, LOGIT]), st.sampled_from([("int8", -128), ("int8", 3), ("uint8", 0), ("uint8", 100)]))
def test_the_integer_threshold_passes_just_the_scores_at_or_above_it(threshold, values, kind):
    dtype, zero = kind
    tensor = quantised((256,), 1 / 256 if values == PROBABILITY else 0.07, zero, dtype)
    output = Output(tensor, SCORES, values)
    limits = np.iinfo(dtype)
    every = np.arange(limits.min, limits.max + 1)
    true = (every - zero) * tensor.scale
    if values == LOGIT:
        true = 1 / (1 + np.exp(-true))
    passed = every >= raw_threshold(output, threshold)
    assert (true[passed] >= threshold - 1e-5).all()
    assert (true[~passed] <= threshold + 1e-5).all()


@given(st.sampled_from(["int8", "uint8", "float32"]), st.sampled_from([PROBABILITY, LOGIT]), st.floats(0, 1), st.integers(0, 2**31))
def test_lowering_the_threshold_never_loses_a_box(dtype, values, threshold, seed):
    box, score = one_scale(4, dtype, values=values)
    random = np.random.default_rng(seed)
    tensors = [raw(o.tensor, random.uniform(-3 if o is score else 0, 3, o.tensor.shape)) for o in (box, score)]
    decoder = Decoder([box, score], 2, SIZE, SIZE)
    some, all_of_them = decoder.decode(tensors, threshold), decoder.decode(tensors, 0.0)
    # a raw score one float32 rounding below the threshold may pass
    assert (some.scores >= threshold - 1e-5).all()
    assert {(*b, c) for b, c in zip(some.boxes.tolist(), some.classes.tolist(), strict=True)} <= {
        (*b, c) for b, c in zip(all_of_them.boxes.tolist(), all_of_them.classes.tolist(), strict=True)
    }


def test_a_threshold_changed_between_frames_counts_from_the_next_frame_on():
    box, score = one_scale(4)
    tensors = [raw(box.tensor, np.ones(box.tensor.shape)), raw(score.tensor, np.full(score.tensor.shape, 0.6))]
    decoder = Decoder([box, score], 2, SIZE, SIZE)
    assert [len(decoder.decode(tensors, t).boxes) for t in (0.7, 0.5, 0.7)] == [0, 32, 0]


def test_bins_give_the_mean_of_their_distribution():
    logits = np.zeros((1, 64), np.float32)
    assert expected_bin(logits).tolist() == [[7.5] * 4]
    logits[0, 5] = 50
    assert expected_bin(logits)[0, 0] == pytest.approx(5)
    assert expected_bin(np.zeros((0, 64), np.float32)).shape == (0, 4)


def test_maps_are_told_apart_by_shape():
    outputs = [real((1, 4, 4, 2), "a"), real((1, 8, 8, 64), "b"), real((1, 4, 4, 64), "c"), real((1, 8, 8, 2), "d")]
    assert find_meanings("yolov8", outputs, [""] * 4, 2, SIZE, SIZE) == [SCORES, BOXES, BOXES, SCORES]
    assert find_meanings("yolov8", [real((1, 6, 84))], [""], 2, SIZE, SIZE) == [PREDICTIONS]


def test_four_classes_beside_bins_are_told_apart_but_not_beside_plain_distances():
    assert find_meanings("yolov8", [real((1, 4, 4, 4)), real((1, 4, 4, 64))], ["", ""], 4, SIZE, SIZE) == [SCORES, BOXES]
    twins = [real((1, 4, 4, 4), "first"), real((1, 4, 4, 4), "second")]
    with pytest.raises(DetectorError, match=r"first, second.*--outputs"):
        find_meanings("yolov8", twins, ["", ""], 4, SIZE, SIZE)
    assert find_meanings("yolov8", twins, [SCORES, ""], 4, SIZE, SIZE) == [SCORES, BOXES]


@pytest.mark.parametrize(
    "shapes", [[(1, 300, 6)], [(1, 6, 300)], [(1, 4, 4, 3), (1, 4, 4, 4)], [(1, 4, 4, 2)], [(1, 8, 8, 2), (1, 4, 4, 4)]]
)
def test_outputs_of_no_known_layout_are_refused(shapes):
    with pytest.raises(DetectorError, match="none of the yolov8 layouts for 2 labels"):
        find_meanings("yolov8", [real(s) for s in shapes], [""] * len(shapes), 2, SIZE, SIZE)


def test_a_manifest_with_more_labels_than_the_model_has_classes_is_refused():
    with pytest.raises(DetectorError, match="2 classes, its manifest names 3"):
        Decoder(list(one_scale(4)), 3, SIZE, SIZE)
    with pytest.raises(DetectorError, match="2 classes, its manifest names 3"):
        Decoder([Output(real((1, 6, 84)), PREDICTIONS, NORMALISED)], 3, SIZE, SIZE)
