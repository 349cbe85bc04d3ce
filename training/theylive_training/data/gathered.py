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

"""What reading a data set gathers: its labelled pictures, and what is wrong with the rest."""

from __future__ import annotations

import dataclasses
from collections.abc import Container
from pathlib import Path

from theylive_training.data import csv_labels, yolo_labels
from theylive_training.data.image_size import image_size, pictures_in
from theylive_training.data.labelled import (
    CONTRADICTION,
    MISSING,
    UNLABELLED,
    UNREADABLE,
    Item,
    LabelledFile,
    Problem,
)
from theylive_training.pictures.picture import LABELS, Box


@dataclasses.dataclass
class Gathered:
    """items: what is good, in the order of reading; problems: what is not. A picture with a problem of its own is no item."""

    items: list[Item] = dataclasses.field(default_factory=list)
    problems: list[Problem] = dataclasses.field(default_factory=list)

    def lacks(self, kind: str, path: Path, words: str, is_error: bool = True) -> None:
        """Note a problem of a file."""
        self.problems.append(Problem(kind, path, words, is_error))

    def add(self, path: Path, part: str, name: str, boxes: tuple[Box, ...], source: str) -> Item | None:
        """Add a picture whose labels are known from `source`; None where it is missing or no picture."""
        if not path.is_file():
            self.lacks(MISSING, path, f"{path} is missing, and {source} has labels for it")
            return None
        size = self._size(path)
        if size is None:
            return None
        self.items.append(Item(LabelledFile(path, boxes), size, part, name))
        return self.items[-1]

    def add_yolo(self, path: Path, part: str, name: str, label: Path, names: tuple[str, ...]) -> None:
        """Add a picture whose labels are in a file of YOLO's. names: of the classes, by their numbers."""
        text = self.text(label) if label.is_file() else None
        if not label.is_file():
            self.lacks(UNLABELLED, path, f"{path} has no label file {label} (an empty one says that it shows no head)")
        size = self._size(path)
        if text is None or size is None:
            return
        boxes = list(yolo_labels.parse(text, size, names, label))
        wrong = [b for b in boxes if isinstance(b, Problem)]
        self.problems += wrong
        if not wrong:
            self.items.append(Item(LabelledFile(path, tuple(b for b in boxes if isinstance(b, Box))), size, part, name))

    def text(self, path: Path) -> str | None:
        """A file's words; None where it has none that can be read."""
        try:
            return path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as cause:
            why = cause.strerror if isinstance(cause, OSError) else "not a text file"
            self.lacks(UNREADABLE, path, f"{path} cannot be read ({why})")
            return None

    def rows(self, table: Path) -> dict[str, list[csv_labels.Row | None]]:
        """Of each name in a CSV its heads, or [None] for a picture of the empty board, in order of first mention."""
        rows: dict[str, list[csv_labels.Row | None]] = {}
        for row in csv_labels.parse(self.text(table) or "", table):
            if isinstance(row, Problem):
                self.problems.append(row)
            elif row.label is None and rows.get(row.name) == [None]:
                continue  # said twice
            else:
                rows.setdefault(row.name, []).append(None if row.label is None else row)
        return rows

    def refuses(self, mine: list[csv_labels.Row | None], name: str, table: Path) -> bool:
        """Whether a picture is told to be a background and to show a head."""
        is_both = None in mine and mine != [None]
        if is_both:
            self.lacks(CONTRADICTION, table, f"{table} says of {name} that it shows a head and that it is a background")
        return is_both

    def name_strays(self, folder: Path, rows: Container[str], table: Path) -> None:
        """Note the pictures of a folder that have no row."""
        for path in pictures_in(folder):
            if path.relative_to(folder).as_posix() not in rows:
                self.lacks(UNLABELLED, path, f"{path} has no row in {table.name}", is_error=False)

    def class_names(self, root: Path) -> tuple[str, ...]:
        """The classes of a YOLO folder in the order of their numbers; LABELS where nothing names them."""
        path = next((p for p in (root / "data.yaml", root / "data.yml", root / "dataset.yaml") if p.is_file()), None)
        if path is None:
            words = f"no data.yaml in {root} names the classes: 0 is taken for {LABELS[0]}, 1 for {LABELS[1]}"
            self.lacks(UNREADABLE, root / "data.yaml", words, is_error=False)
            return LABELS
        names = yolo_labels.parse_names(self.text(path) or "", path)
        if isinstance(names, Problem):
            self.problems.append(names)
            return ()
        return names

    def _size(self, path: Path) -> tuple[int, int] | None:
        try:
            size = image_size(path)
        except OSError as cause:
            self.lacks(UNREADABLE, path, f"{path} cannot be read ({cause.strerror})")
            return None
        if size is None:
            self.lacks(UNREADABLE, path, f"{path} is not a picture")
        return size
