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

"""The original project's label file: rows of `name,centre_x,centre_y,class_id`, px of the picture; 0 alien, 1 john, 2 background.

A picture may have several rows, one for each head. A picture of the empty board has one row of class 2, whose centre means nothing (the
public set writes the picture's own). A box has no size here: whoever reads gives one.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from theylive_training.data.labelled import BAD_ROW, UNKNOWN_CLASS, Problem
from theylive_training.data.text import plain, shown, stays_inside
from theylive_training.pictures.picture import LABELS, Box

BACKGROUND = len(LABELS)  # the class of a picture without heads
_DIGITS = 3  # of a centre after the point: what six digits of a YOLO file make of 48 (48.000064) is 48 again


class Row(NamedTuple):
    """A head's centre, or label None for a picture of the empty board (x, y are 0 then)."""

    name: str
    label: str | None
    x: float
    y: float


def parse(text: str, source: Path) -> Iterator[Row | Problem]:
    """Every row of a file in its order; a line that is none comes as a Problem. A first line of column names is passed over."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not (number == 1 and line.split(",")[0].strip().lower() in ("name", "filename", "file")):
            yield _row(line, f"{source} line {number}", source)


def _row(line: str, where: str, source: Path) -> Row | Problem:
    try:
        fields = [field.strip() for field in next(csv.reader([line]))]
    except csv.Error:
        fields = []
    if len(fields) != 4 or not stays_inside(fields[0]):
        return Problem(BAD_ROW, source, f"{where} is {shown(line)}, not name,centre_x,centre_y,class")
    name, x, y, class_id = fields
    if class_id not in map(str, range(BACKGROUND + 1)):
        return Problem(UNKNOWN_CLASS, source, f"{where} has class {shown(class_id)} where 0..{BACKGROUND} are known")
    if int(class_id) == BACKGROUND:
        return Row(name, None, 0.0, 0.0)
    try:
        centre = float(x), float(y)
    except ValueError:
        centre = math.nan, math.nan
    if not all(map(math.isfinite, centre)):
        return Problem(BAD_ROW, source, f"{where} is {shown(line)}: its centre is no pair of numbers")
    return Row(name, LABELS[int(class_id)], *centre)


def format_rows(name: str, boxes: Iterable[Box], size: tuple[int, int]) -> str:
    """The lines of one picture, `size` its width and height (px); without boxes the one of class 2 with the picture's centre."""
    rows = [(name, plain(b.x, _DIGITS), plain(b.y, _DIGITS), LABELS.index(b.label)) for b in boxes]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows or [(name, plain(size[0] / 2, _DIGITS), plain(size[1] / 2, _DIGITS), BACKGROUND)])
    return text.getvalue()
