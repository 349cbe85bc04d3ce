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

"""YOLO's label files: one a picture, one line a head, `class x y width height` as shares of the picture, and data.yaml with the names.

x, y is the box's centre; a box may reach beyond the picture. An empty file stands for a picture without heads.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from theylive_training.data.labelled import BAD_ROW, UNKNOWN_CLASS, UNREADABLE, Problem
from theylive_training.data.text import plain, shown
from theylive_training.pictures.picture import LABELS, Box

_DIGITS = 10  # after the point: exact to a millionth of a px, and 0.285714 is written as it was read
_FAR = 1.0  # pictures beyond the edge that a box's centre may be; numbers further out are px by mistake


def parse(text: str, size: tuple[int, int], names: Sequence[str], source: Path) -> Iterator[Box | Problem]:
    """Every head of a label file in its order, in px of a picture of `size` (width, height). names: of the classes, from data.yaml."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield _box(line, size, names, f"{source} line {number}", source)


def _box(line: str, size: tuple[int, int], names: Sequence[str], where: str, source: Path) -> Box | Problem:
    try:
        class_id, (x, y, w, h) = int(line.split()[0]), map(float, line.split()[1:])
    except ValueError:
        return Problem(BAD_ROW, source, f"{where} is {shown(line)}, not class x y width height")
    if not 0 <= class_id < len(names) or names[class_id] not in LABELS:
        name = f" ({names[class_id]})" if 0 <= class_id < len(names) else ""
        return Problem(UNKNOWN_CLASS, source, f"{where} has class {class_id}{name}, which is none of {', '.join(LABELS)}")
    if not (all(map(math.isfinite, (x, y, w, h))) and w > 0 and h > 0 and max(abs(x - 0.5), abs(y - 0.5), w / 2, h / 2) <= 0.5 + _FAR):
        return Problem(BAD_ROW, source, f"{where} is {shown(line)}: centre and size must be shares of the picture")
    return Box(names[class_id], x * size[0], y * size[1], w * size[0], h * size[1])


def format_boxes(boxes: Iterable[Box], size: tuple[int, int]) -> str:
    """The label file of a picture of `size` (width, height; px)."""
    lines = []
    for b in boxes:
        shares = (b.x / size[0], b.y / size[1], b.width / size[0], b.height / size[1])
        lines.append(" ".join([str(LABELS.index(b.label)), *(plain(share, _DIGITS) for share in shares)]) + "\n")
    return "".join(lines)


def parse_names(text: str, source: Path) -> tuple[str, ...] | Problem:
    """The classes that a data.yaml names, in order of their ids."""
    try:
        names: Any = yaml.safe_load(text)["names"]
        if isinstance(names, dict):
            names = [names[i] for i in range(len(names))]
        if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
            raise TypeError
    except (yaml.YAMLError, TypeError, KeyError):
        return Problem(UNREADABLE, source, f"{source} does not say which names the classes have (names: [{', '.join(LABELS)}])")
    return tuple(name.strip().lower() for name in names)


def format_yaml(parts: Sequence[str]) -> str:
    """The data.yaml of a folder with images/<part> for each of `parts`; without parts, of one with all pictures in images."""
    ways = {part: f"images/{part}" for part in parts} if any(parts) else {"train": "images", "val": "images"}
    return yaml.safe_dump({**ways, "nc": len(LABELS), "names": list(LABELS)}, sort_keys=False)
