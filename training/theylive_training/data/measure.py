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

"""How large heads are, measured in their pictures: a head is what comes off its board (pictures/cutout.py).

Only a head that is alone in its picture, lies wholly in it, and comes off in one piece can be measured. The others get the median of
their class. The label's centre stays where it is, for it is what is aimed at: the box is the smallest one about it that holds the head.
"""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from theylive_training.data.labelled import LabelledFile
from theylive_training.errors import TrainingError
from theylive_training.pictures.cutout import cut_out
from theylive_training.pictures.picture import LABELS, Box

NEIGHBOURS = 12  # pictures before and after that show the board
_SOFT = 2  # px by which a cut-out's soft edge makes a head smaller
_LEAST_SHARE = 0.5  # of a class's heads that must be measured, so that their median can stand for the others

Size = tuple[float, float]


@dataclasses.dataclass(frozen=True)
class Measured:
    """files: with the new boxes. counts: of each class how many heads were measured, and how many there are. medians: width, height."""

    files: tuple[LabelledFile, ...]
    counts: dict[str, tuple[int, int]]
    medians: dict[str, Size]


def measure(files: Sequence[LabelledFile], done: Callable[[], None]) -> Measured:
    """Measure all heads. files: in order of capture. done: called after each picture with heads. Raises TrainingError."""
    single = [f for f in files if len(f.boxes) == 1]
    place = {f.path: i for i, f in enumerate(single)}
    sizes: dict[Path, Size] = {}
    for file in files:
        i = place.get(file.path)
        size = None if i is None else _size(single[max(0, i - NEIGHBOURS) : i + NEIGHBOURS + 1], file)
        if size is not None:
            sizes[file.path] = size
        if file.boxes:
            done()
    counts, medians = {}, {}
    for label in LABELS:
        mine = [sizes[f.path] for f in single if f.path in sizes and f.boxes[0].label == label]
        total = sum(b.label == label for f in files for b in f.boxes)
        if total and len(mine) < total * _LEAST_SHARE:
            raise TrainingError(
                f"only {len(mine)} of {total} {label} heads can be measured (alone, wholly in the picture, off a board that neighbouring "
                "pictures show): give the size in px instead, such as --box 64"
            )
        if total:
            counts[label] = len(mine), total
            medians[label] = statistics.median(w for w, _ in mine), statistics.median(h for _, h in mine)
    return Measured(tuple(_resized(f, sizes.get(f.path), medians) for f in files), counts, medians)


def _size(near: Sequence[LabelledFile], file: LabelledFile) -> Size | None:
    """Width and height (px) of the one head in `file`, which is among `near`; None where it does not come off."""
    for cutout in cut_out(near, [file]):
        solid = cutout.patch[:, :, 3] >= 128
        if solid.any():
            return _about_middle(solid.any(axis=0)), _about_middle(solid.any(axis=1))
    return None


def _about_middle(line: np.ndarray) -> float:
    """The length about the middle of `line`, bool (n,), that holds all that is set."""
    places = np.flatnonzero(line)
    middle = len(line) / 2
    return 2 * max(middle - float(places[0]), float(places[-1]) + 1 - middle) + _SOFT


def _resized(file: LabelledFile, size: Size | None, medians: dict[str, Size]) -> LabelledFile:
    boxes = tuple(Box(b.label, b.x, b.y, *(size or medians[b.label])) for b in file.boxes)
    return dataclasses.replace(file, boxes=boxes)
