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

"""Writes labelled pictures as a folder in one of the label formats. The pictures are copied, so that the folder can be used alone.

csv: labels.csv with the pictures beside it. yolo: images/<part>, labels/<part>, data.yaml. coco: images/<part> and
annotations/instances_<part>.json. Pictures without a part lie in images itself, with instances.json. find.py reads all of them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from theylive_training.data import coco_labels, csv_labels, yolo_labels
from theylive_training.data.find import COCO, CSV, PARTS, YOLO
from theylive_training.data.labelled import Item
from theylive_training.errors import TrainingError

FORMATS = (CSV, YOLO, COCO)

Copied = Callable[[], None]


def refuse_clashes(items: Iterable[Item], form: str) -> None:
    """Raise TrainingError where two pictures would get one name, or one label file."""
    seen: dict[tuple[str, str], Path] = {}
    for item in items:
        key = ("" if form == CSV else item.part, str(Path(item.name).with_suffix("")) if form == YOLO else item.name)
        if key in seen:
            raise TrainingError(f"{item.file.path} and {seen[key]} would get the same name in {form}: rename one of them")
        seen[key] = item.file.path


def write_set(items: Sequence[Item], form: str, folder: Path, copied: Copied) -> None:
    """Fill an empty folder. items: in order of capture. form: of FORMATS. copied: called after each picture. Raises OSError."""
    {CSV: _csv, YOLO: _yolo, COCO: _coco}[form](items, folder, copied)


def _csv(items: Sequence[Item], folder: Path, copied: Copied) -> None:
    for item in items:
        _copy(item, folder, copied)
    rows = [csv_labels.format_rows(item.name, item.file.boxes, item.size) for item in items]
    (folder / "labels.csv").write_text("".join(rows), encoding="utf-8")


def _yolo(items: Sequence[Item], folder: Path, copied: Copied) -> None:
    for item in items:
        _copy(item, folder / "images" / item.part, copied)
        label = (folder / "labels" / item.part / item.name).with_suffix(".txt")
        label.parent.mkdir(parents=True, exist_ok=True)
        label.write_text(yolo_labels.format_boxes(item.file.boxes, item.size), encoding="utf-8")
    (folder / "data.yaml").write_text(yolo_labels.format_yaml(_parts(items)), encoding="utf-8")


def _coco(items: Sequence[Item], folder: Path, copied: Copied) -> None:
    (folder / "annotations").mkdir()
    for item in items:
        _copy(item, folder / "images" / item.part, copied)
    for part in _parts(items):
        images = [coco_labels.Image(item.name, item.size, item.file.boxes) for item in items if item.part == part]
        name = f"instances_{part}.json" if part else "instances.json"
        (folder / "annotations" / name).write_text(coco_labels.format_images(images), encoding="utf-8")


def _parts(items: Iterable[Item]) -> list[str]:
    given = {item.part for item in items}
    return [part for part in (*PARTS, "") if part in given]


def _copy(item: Item, folder: Path, copied: Copied) -> None:
    target = folder / item.name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(item.file.path, target)
    copied()
