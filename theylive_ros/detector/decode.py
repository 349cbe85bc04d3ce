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

"""From a YOLOv8's raw outputs to boxes, in NumPy alone.

Scores are compared as they come, against a threshold turned into a raw value once; only cells at or above it are decoded. A cell
that is sure of two classes gives a box for each: where alien and John contend, both are reported.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from theylive_ros.detector.interface import DetectorError
from theylive_ros.detector.layout import PREDICTIONS, anchors_of, pair
from theylive_ros.detector.tflite import Tensor

# what the numbers of an output are
DISTANCES, BINS, PROBABILITY, LOGIT, NORMALISED, PIXELS = "distances", "bins", "probability", "logit", "normalised", "pixels"
VALUES = (DISTANCES, BINS, PROBABILITY, LOGIT, NORMALISED, PIXELS)
_COARSEST_SCORE = 0.05  # a single tensor whose scale is above this has lost its scores


@dataclasses.dataclass(frozen=True)
class Output:
    """An output tensor with what it means (layout.MEANINGS) and what its numbers are (VALUES)."""

    tensor: Tensor
    meaning: str
    values: str


class Boxes(NamedTuple):
    """boxes: float32 (n, 4) x_min, y_min, x_max, y_max in px of the network's input; scores: float32 (n,), 0..1; classes: (n,)."""

    boxes: np.ndarray
    scores: np.ndarray
    classes: np.ndarray


class Decoder:
    """Decodes the outputs of one model."""

    def __init__(self, outputs: Sequence[Output], classes: int, width: int, height: int) -> None:
        """classes: number of labels; width, height: of the network's input (px). Raises DetectorError for outputs of no known layout."""
        tensors, meanings = [o.tensor for o in outputs], [o.meaning for o in outputs]
        if meanings == [PREDICTIONS]:
            self._heads: list[_Single | _Maps] = [_Single(outputs[0], classes, width, height)]
        else:
            self._heads = [_Maps(b, s, outputs[b], outputs[s], classes, width, height) for b, s in pair(tensors, meanings)]
        self._threshold = -1.0

    def decode(self, raw: Sequence[np.ndarray], threshold: float) -> Boxes:
        """The boxes that score at least `threshold`, unsuppressed. raw: the outputs in the order given at construction."""
        if threshold != self._threshold:
            self._threshold = threshold
            for head in self._heads:
                head.set_threshold(threshold)
        found = [head.decode(raw) for head in self._heads]
        return found[0] if len(found) == 1 else Boxes(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def raw_threshold(output: Output, threshold: float) -> float:
    """The least raw value of a score tensor that stands for a score of at least `threshold` (0..1); may lie outside its range."""
    real = threshold
    if output.values == LOGIT:
        real = -math.inf if threshold <= 0 else math.inf if threshold >= 1 else math.log(threshold / (1 - threshold))
    tensor = output.tensor
    if tensor.dtype == "float32" or math.isinf(real):
        return real
    return math.ceil(real / tensor.scale + tensor.zero_point - 1e-4)  # 1e-4: the scale is a float32


def probabilities(output: Output, raw: np.ndarray) -> np.ndarray:
    """Raw scores as probabilities, float32."""
    real = output.tensor.real(raw)
    return 1 / (1 + np.exp(-real)) if output.values == LOGIT else real


class _Maps:
    """A box output and a score output of the same cells: (1, rows, columns, channels) of one scale, or (1, cells, channels) of all."""

    def __init__(self, box_index: int, score_index: int, box: Output, score: Output, classes: int, width: int, height: int) -> None:
        self._box_index, self._score_index = box_index, score_index
        self._box, self._score = box, score
        self._channels, self._classes = box.tensor.shape[-1], classes
        if score.tensor.shape[-1] != classes:
            raise DetectorError(
                f"the model has {score.tensor.shape[-1]} classes, its manifest names {classes} labels: name each class once"
            )
        self._anchors = _anchors(box.tensor.shape[1:-1], width, height)
        self._least: float = math.inf

    def set_threshold(self, threshold: float) -> None:
        self._least = raw_threshold(self._score, threshold)

    def decode(self, raw: Sequence[np.ndarray]) -> Boxes:
        scores = raw[self._score_index].reshape(-1)
        hits = _at_least(scores, self._least)
        cells, classes = np.divmod(hits, self._classes)
        distances = self._box.tensor.real(raw[self._box_index].reshape(-1, self._channels)[cells])
        if self._box.values == BINS:
            distances = expected_bin(distances)
        x, y, stride = self._anchors[:, cells, None]
        left, top, right, bottom = distances.T[:, :, None] * stride
        boxes = np.concatenate((x - left, y - top, x + right, y + bottom), axis=1)
        return Boxes(boxes, probabilities(self._score, scores[hits]), classes)


class _Single:
    """Ultralytics' one output (1, 4 + classes, cells): centre, size and the classes' probabilities."""

    def __init__(self, output: Output, classes: int, width: int, height: int) -> None:
        tensor = output.tensor
        if tensor.shape[1] != 4 + classes:
            raise DetectorError(f"the model has {tensor.shape[1] - 4} classes, its manifest names {classes} labels: name each class once")
        if tensor.scale > _COARSEST_SCORE:
            raise DetectorError(
                f"output {tensor.name} steps by {tensor.scale:.2g}, which leaves nothing of its scores: "
                "export box and score maps as outputs of their own"
            )
        self._score = Output(tensor, output.meaning, PROBABILITY)
        self._unit = np.array([width, height, width, height], np.float32) if output.values == NORMALISED else np.float32(1)
        self._least: float = math.inf

    def set_threshold(self, threshold: float) -> None:
        self._least = raw_threshold(self._score, threshold)

    def decode(self, raw: Sequence[np.ndarray]) -> Boxes:
        table = raw[0][0]
        cells_per_class = table.shape[1]
        hits = _at_least(table[4:].reshape(-1), self._least)
        classes, cells = np.divmod(hits, cells_per_class)
        boxes = self._score.tensor.real(table[:4, cells].T) * self._unit
        half = boxes[:, 2:] / 2
        corners = np.concatenate((boxes[:, :2] - half, boxes[:, :2] + half), axis=1)
        return Boxes(corners, probabilities(self._score, table[4 + classes, cells]), classes)


def expected_bin(logits: np.ndarray) -> np.ndarray:
    """Distribution focal loss (Li et al. 2020, "Generalized Focal Loss", eq. 4): (n, 4 * bins) logits -> (n, 4) mean bins."""
    logits = logits.reshape(len(logits), 4, logits.shape[1] // 4)
    weights = np.exp(logits - logits.max(axis=2, keepdims=True))
    bins = np.arange(weights.shape[2], dtype=np.float32)
    return (weights @ bins) / weights.sum(axis=2)


def _at_least(values: np.ndarray, least: float) -> np.ndarray:
    if values.dtype.kind == "f":
        return np.flatnonzero(values >= least)
    limits = np.iinfo(values.dtype)
    if least > limits.max:  # compared as int8, the bound itself would not fit
        return np.zeros(0, np.intp)
    return np.flatnonzero(values >= values.dtype.type(max(least, limits.min)))


def _anchors(grid: tuple[int, ...], width: int, height: int) -> np.ndarray:
    """Centre x, y and stride (px) of each cell, (3, cells): a cell predicts distances from its centre in strides."""
    if len(grid) == 2:
        rows, columns = grid
        if width % columns or height % rows or width // columns != height // rows:
            raise DetectorError(
                f"an output of {columns}x{rows} cells does not divide the input of {width}x{height} px: export the model again"
            )
        grids: list[tuple[int, int, int]] | None = [(columns, rows, width // columns)]
    else:
        grids = anchors_of(grid[0], width, height)
        if grids is None:
            raise DetectorError(f"{grid[0]} cells are no set of grids of an input of {width}x{height} px: export one output per scale")
    parts = []
    for columns, rows, stride in grids or []:
        y, x = np.mgrid[:rows, :columns]
        parts.append(np.stack(((x.ravel() + 0.5) * stride, (y.ravel() + 0.5) * stride, np.full(rows * columns, stride))))
    return np.concatenate(parts, axis=1).astype(np.float32)
