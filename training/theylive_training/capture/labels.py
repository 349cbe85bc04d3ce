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

"""The label file of captured pictures, `name,centre_x,centre_y,class_id`: one row a head, one for a picture of the empty board."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from theylive_training.errors import TrainingError
from theylive_training.pictures.picture import LABELS

CLASSES = (*LABELS, "background")
BACKGROUND = CLASSES.index("background")
_TITLES = (b"name", b"filename", b"file")  # a first line of column names begins so, and is passed over


class Label(NamedTuple):
    """What is said of a picture. x, y: a head's centre, for an empty board the picture's (px of the picture)."""

    class_id: int
    x: float
    y: float


class Row(NamedTuple):
    """A label with its picture's name."""

    name: str
    x: float
    y: float
    class_id: int

    def line(self) -> str:
        """As it stands in the file, with its end; centres are whole px, as in the public set."""
        return f"{self.name},{round(self.x)},{round(self.y)},{self.class_id}\n"


@dataclasses.dataclass(frozen=True)
class Table:
    """What a label file holds. rows: those that are whole; starts: where each begins (bytes); torn: what follows the last line's end."""

    rows: tuple[Row, ...]
    starts: tuple[int, ...]
    size: int
    torn: bytes

    @property
    def names(self) -> set[str]:
        """All pictures that have a row."""
        return {row.name for row in self.rows}


@dataclasses.dataclass(frozen=True)
class Mend:
    """How a torn file becomes a whole one: keep so many bytes, then add these. words: what was wrong, for a person."""

    keep: int
    add: bytes
    words: str


def parse_line(text: str) -> Row | None:
    """The row in one line, None where it is none."""
    parts = [part.strip() for part in text.split(",")]
    try:
        name, x, y, class_id = parts[0], float(parts[1]), float(parts[2]), int(parts[3])
    except (ValueError, IndexError):
        return None
    good = len(parts) == 4 and name and math.isfinite(x) and math.isfinite(y) and 0 <= class_id < len(CLASSES)
    return Row(name, x, y, class_id) if good else None


def parse(data: bytes, source: str) -> Table:
    """Read a label file. source: named in errors. Raises TrainingError for a line that is no row; a torn end is no error."""
    *whole, torn = data.split(b"\n")
    rows, starts, at = [], [], 0
    for number, line in enumerate(whole, 1):
        if line.strip() and not (number == 1 and line.partition(b",")[0].strip().lower() in _TITLES):
            row = parse_line(line.decode("utf-8", "replace"))
            if row is None:
                shown = line[:40].decode("ascii", "backslashreplace")
                raise TrainingError(
                    f"{source} line {number} is {shown!r}, not name,centre_x,centre_y,class (0..{len(CLASSES) - 1}): "
                    "mend it, or give another folder as --out"
                )
            rows.append(row)
            starts.append(at)
        at += len(line) + 1
    return Table(tuple(rows), tuple(starts), len(data), torn if torn.strip() else b"")


def mend(table: Table, pending: Mapping[str, int]) -> Mend | None:
    """What to do about an end that a crash left; None where it is sound. pending: pictures that were being saved, and their rows.

    A picture without all its rows would be labelled wrongly, so it keeps none.
    """
    torn = parse_line(table.torn.decode("utf-8", "replace"))
    counts = Counter(row.name for row in (*table.rows, torn) if row)
    lacking = {name for name, rows in pending.items() if 0 < counts[name] < rows}
    if torn and torn.name not in lacking:
        return Mend(table.size, b"\n", "the last line had no end: added")
    if table.torn:
        lacking.add(table.torn.partition(b",")[0].decode("utf-8", "replace"))
    ends = [start for start, row in zip(table.starts, table.rows, strict=True) if row.name in lacking]
    if table.torn:
        ends.append(table.size - len(table.torn))
    if not ends:
        return None
    return Mend(min(ends), b"", "its end was torn by a crash or a full disk: the label of the last picture was cut off")
