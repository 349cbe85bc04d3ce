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

"""Labelled pictures that are made one by one, as a data set on disk: it appears whole, and its making goes on after a stop."""

from __future__ import annotations

import dataclasses
import json
import os
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2

from theylive_training.data import csv_labels, yolo_labels
from theylive_training.data.labelled import LabelledFile
from theylive_training.errors import TrainingError
from theylive_training.locked import locked
from theylive_training.pictures.picture import LABELS, Box, Picture
from theylive_training.pictures.sheet import save_sheet
from theylive_training.run_folder import read_json, write_json

CSV, YOLO = "csv", "yolo"
FACTS = "synth.json"
_JOURNAL = "made.jsonl"  # a line for each picture that is made: name, size, boxes
_QUALITY = 95  # of a JPEG
_COLUMNS = 8  # of the sheet

_Made = tuple[tuple[int, int], tuple[Box, ...]]  # width and height of a picture (px), its heads


@dataclasses.dataclass(frozen=True)
class Order:
    """A picture to be made. name: of its file, .jpg; kind: as the sheet calls it; make: makes it, the same each time."""

    name: str
    kind: str
    make: Callable[[], Picture]


def already(out: Path, plan: dict[str, Any]) -> bool:
    """Whether `out` is the data set of this very plan. Raises TrainingError where it is anything but that, new or empty."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return False
    if (out / FACTS).is_file() and read_json(out / FACTS).get("plan") == plan:
        return True
    raise TrainingError(f"{out} holds something else: give a new folder as --out")


def store(orders: Sequence[Order], form: str, out: Path, plan: dict[str, Any], facts: dict[str, Any], made: Callable[[], None]) -> None:
    """Make the pictures and write them as a folder of YOLO (images, labels, data.yaml) or CSV (targets, labels.csv).

    Beside them come a sheet of some of each kind and FACTS. Until all is there it lies in a hidden folder beside `out`, where the same
    plan goes on. made: called after each picture. Raises TrainingError.
    """
    part = out.absolute().with_name(f".{out.name}.part")
    try:
        part.mkdir(parents=True, exist_ok=True)
        with locked(part):
            _begin(part, plan)
            if "pictures" not in read_json(part / FACTS):  # else it was stopped one step before its end
                _fill(orders, form, part, made)
                told = {"pictures": Counter(order.kind for order in orders), "heads": _heads(part)}
                write_json(part / FACTS, {"plan": plan, **facts, **told})
            (part / _JOURNAL).unlink(missing_ok=True)
            os.rename(part, out.absolute())
    except OSError as cause:
        raise TrainingError(f"{out} cannot be written ({cause.strerror or cause}): make room, or give a folder of your own") from cause


def _begin(part: Path, plan: dict[str, Any]) -> None:
    for path in part.glob(".*.new"):  # what was being written when it was stopped
        path.unlink()
    if not (part / FACTS).is_file():
        write_json(part / FACTS, {"plan": plan})
    elif read_json(part / FACTS).get("plan") != plan:
        raise TrainingError(f"{part} holds the beginning of another data set: remove it, or give another folder as --out")


def _fill(orders: Sequence[Order], form: str, part: Path, made: Callable[[], None]) -> None:
    folder = part / ("images" if form == YOLO else "targets")
    folder.mkdir(exist_ok=True)
    known = _journal(part)
    with (part / _JOURNAL).open("a", encoding="utf-8") as journal:
        for order in orders:
            if order.name not in known:
                picture = order.make()
                coded = cv2.imencode(".jpg", picture.image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1]
                (folder / order.name).write_bytes(coded.tobytes())
                known[order.name] = (picture.image.shape[1], picture.image.shape[0]), picture.boxes
                journal.write(json.dumps([order.name, *known[order.name]]) + "\n")  # from now on it is made
                journal.flush()
            made()
    _save_sheet(orders, {order.name: LabelledFile(folder / order.name, known[order.name][1]) for order in orders}, part / "sheet.jpg")
    if form == CSV:
        (part / "labels.csv").write_text("".join(csv_labels.format_rows(o.name, known[o.name][1], known[o.name][0]) for o in orders))
        return
    (part / "labels").mkdir(exist_ok=True)
    for order in orders:
        size, boxes = known[order.name]
        (part / "labels" / order.name).with_suffix(".txt").write_text(yolo_labels.format_boxes(boxes, size))
    (part / "data.yaml").write_text(yolo_labels.format_yaml([]))


def _journal(part: Path) -> dict[str, _Made]:
    """What is made already. A last line that was cut off goes, with its picture."""
    path, known = part / _JOURNAL, {}
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else []
    whole = [line for line in lines if line.endswith("\n")]
    for line in whole:
        name, size, boxes = json.loads(line)
        known[name] = tuple(size), tuple(Box(*b) for b in boxes)
    path.write_text("".join(whole), encoding="utf-8")
    return known


def _heads(part: Path) -> dict[str, int]:
    count = Counter(box.label for _, boxes in _journal(part).values() for box in boxes)
    return {label: count[label] for label in LABELS}


def _save_sheet(orders: Sequence[Order], files: dict[str, LabelledFile], path: Path) -> None:
    by_kind: dict[str, list[LabelledFile]] = {}
    for order in orders:
        by_kind.setdefault(order.kind, []).append(files[order.name])
    shown = {kind: row[:_COLUMNS] for kind, row in by_kind.items()}
    pictures = [file.read() for row in shown.values() for file in row]
    save_sheet(pictures, {kind: len(row) for kind, row in shown.items()}, path, _COLUMNS, {k: len(row) for k, row in by_kind.items()})
