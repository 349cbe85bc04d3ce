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

"""Recognises what lies in a folder: the public data set, captured pictures with their label file, a YOLO folder, or a COCO json.

`find(folder)` gives the labelled pictures in order of capture, or raises TrainingError at the first thing that is wrong.

`survey(folder)` reads on: it raises only where the folder holds no data set at all. What is wrong comes in `Survey.problems`, each with
its kind, its file and one line of words; `Survey.items` holds what is good, with size, part and name of each picture. Problems that
concern one picture leave it out. Only the head of a picture's file is read, so pictures that break off are not noticed here.

| layout | what is looked for |
|---|---|
| public | data_yolov8n/targets with heads and data_mnetv2 with backgrounds, also in a sub-folder humanxalien |
| csv | labels.csv or labels_*.csv, the pictures beside it or in targets (what capture writes; data_mnetv2 alone) |
| yolo | images/<part> and labels/<part>, or <part>/images and <part>/labels, or no parts; data.yaml names the classes |
| coco | *.json in the folder, in annotations or in a part's folder; the pictures beside it, in images, in <part> or images/<part> |

The public set comes in two layouts of the same pictures: heads are taken from the YOLO one, backgrounds (class 2) from the CSV.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from theylive_training.data import capture_time, coco_labels, csv_labels
from theylive_training.data.gathered import Gathered
from theylive_training.data.image_size import pictures_in
from theylive_training.data.labelled import (
    CONTRADICTION,
    MISSING,
    UNLABELLED,
    LabelledFile,
    Problem,
    Survey,
)
from theylive_training.errors import TrainingError
from theylive_training.pictures.picture import BOX, Box

PUBLIC, CSV, YOLO, COCO = "public", "csv", "yolo", "coco"
PARTS = ("train", "val", "test")
HEADS = Path("data_yolov8n", "targets")  # of the public set: images/{train,val}, labels/{train,val}
BACKGROUNDS = Path("data_mnetv2", "targets")
BACKGROUND_LABELS = Path("data_mnetv2", "labels_mnetv2.csv")
_OTHER_WORDS = {"valid": "val", "validation": "val", "training": "train", "testing": "test"}
_NEAR = 1.0  # px by which the public set's two layouts may differ


def find(folder: Path, box: float = BOX) -> list[LabelledFile]:
    """The labelled pictures in `folder`, in order of capture. box: side (px) of a head whose label tells its centre only.

    Raises TrainingError.
    """
    found = survey(folder, box)
    found.refuse_errors()
    return found.files


def survey(folder: Path, box: float = BOX) -> Survey:
    """All that lies in `folder`, and what is wrong with it. Raises TrainingError where it holds no data set."""
    try:
        root, layout = _recognise(folder)
        read = {PUBLIC: _public, CSV: _csv, YOLO: _yolo, COCO: _coco}[layout]
        found = read(root, box)
    except OSError as cause:
        raise TrainingError(f"{cause.filename or folder} cannot be read ({cause.strerror}): mend its rights") from cause
    if not found.items and not found.problems:
        raise TrainingError(f"{folder} holds labels and pictures of nothing: give the folder of a data set")
    found.items.sort(key=lambda item: (*capture_time.order(item.file.path), str(item.file.path)))
    return Survey(root, layout, tuple(found.items), tuple(found.problems))


def _recognise(folder: Path) -> tuple[Path, str]:
    """The folder that the paths of a data set lie in, and its layout. Raises TrainingError."""
    for root in (folder, folder / "humanxalien"):
        if (root / HEADS / "images").is_dir():
            return root, PUBLIC
    if not folder.is_dir():
        raise TrainingError(f"there is no data set in {folder}: {'it is no folder' if folder.exists() else 'there is no such folder'}")
    tables = _tables(folder)
    if len(tables) > 1:
        raise TrainingError(f"{folder} holds {len(tables)} label files ({', '.join(t.name for t in tables)}): leave one there")
    if tables:
        return folder, CSV
    if _yolo_folders(folder):
        return folder, YOLO
    if _jsons(folder):
        return folder, COCO
    raise TrainingError(
        f"there is no data set in {folder}: give a folder with {HEADS}/images (chxadr/humanxalien-dataset), with labels.csv and pictures, "
        "with images and labels of YOLO, or with a COCO json"
    )


def _public(root: Path, box: float) -> Gathered:
    found = _yolo(root / HEADS, box)
    table = root / BACKGROUND_LABELS
    rows = found.rows(table)
    heads = {Path(item.name).name: item for item in found.items}
    for name, mine in rows.items():
        if mine == [None]:
            found.add(root / BACKGROUNDS / name, "", name, (), str(table))
        elif name in heads and None not in mine and not _agree(mine, heads[name].file.boxes):
            words = f"{table} and the YOLO labels say different things of {name}: the latter are taken"
            found.lacks(CONTRADICTION, table, words, is_error=False)
        elif name not in heads:
            found.lacks(MISSING, table, f"{name} has heads in {table} but is not in {root / HEADS}: not used", is_error=False)
        found.refuses(mine, name, table)
    found.name_strays(root / BACKGROUNDS, rows, table)
    return found


def _csv(root: Path, box: float) -> Gathered:
    (table,) = _tables(root)
    folder = root / "targets" if (root / "targets").is_dir() else root
    found = Gathered()
    rows = found.rows(table)
    for name, mine in rows.items():
        if not found.refuses(mine, name, table):
            boxes = tuple(Box(row.label, row.x, row.y, box, box) for row in mine if row is not None)
            found.add(folder / name, "", name, boxes, str(table))
    found.name_strays(folder, rows, table)
    return found


def _yolo(root: Path, box: float) -> Gathered:
    found = Gathered()
    names = found.class_names(root)
    for pictures, labels, fixed in _yolo_folders(root):
        known = set()
        for path in pictures_in(pictures):
            below = path.relative_to(pictures)
            part, name = (fixed, below.as_posix()) if fixed else _part_and_name(below)
            label = labels / below.with_suffix(".txt")
            known.add(label)
            found.add_yolo(path, part, name, label, names)
        for label in sorted(labels.rglob("*.txt")):
            if label not in known and label.name != "classes.txt":
                found.lacks(MISSING, label, f"{label} has no picture in {pictures}")
    return found


def _coco(root: Path, box: float) -> Gathered:
    found = Gathered()
    named = set()
    for path in _jsons(root):
        part = _part(path.stem) or _part(path.parent.name)
        for image in coco_labels.parse(_json(path), path):
            if isinstance(image, Problem):
                found.problems.append(image)
                continue
            places = (path.parent, root / "images" / part, root / part, root / "images", root)
            picture = next((p / image.name for p in places if (p / image.name).is_file()), places[1] / image.name)
            if picture in named:
                found.lacks(CONTRADICTION, path, f"{picture} stands in the COCO json more than once")
                continue
            named.add(picture)
            added = found.add(picture, part, image.name, image.boxes, str(path))
            if added and image.size not in (None, added.size):
                found.items.pop()
                found.lacks(CONTRADICTION, picture, f"{picture} is {_by(added.size)} px, but {path} says {_by(image.size)}")
    for picture in pictures_in(root):
        if picture not in named:
            found.lacks(UNLABELLED, picture, f"{picture} stands in no COCO json", is_error=False)
    return found


def _agree(rows: Iterable[csv_labels.Row | None], boxes: tuple[Box, ...]) -> bool:
    mine = sorted((r.label, r.x, r.y) for r in rows if r is not None and r.label is not None)
    theirs = sorted((b.label, b.x, b.y) for b in boxes)
    return len(mine) == len(theirs) and all(
        a[0] == b[0] and abs(a[1] - b[1]) <= _NEAR and abs(a[2] - b[2]) <= _NEAR for a, b in zip(mine, theirs, strict=True)
    )


def _tables(folder: Path) -> list[Path]:
    return [folder / "labels.csv"] if (folder / "labels.csv").is_file() else sorted(folder.glob("labels_*.csv"))


def _yolo_folders(root: Path) -> list[tuple[Path, Path, str]]:
    """Folder of pictures, folder of labels, and the part where the folder is one."""
    if (root / "images").is_dir() and (root / "labels").is_dir():
        return [(root / "images", root / "labels", "")]
    parts = [p for p in sorted(root.iterdir()) if (p / "images").is_dir() and (p / "labels").is_dir()]
    return [(p / "images", p / "labels", _part(p.name)) for p in parts if _part(p.name)]


def _jsons(folder: Path) -> list[Path]:
    places = [folder, folder / "annotations", *(folder / p for p in (*PARTS, *_OTHER_WORDS))]
    return [path for place in places if place.is_dir() for path in sorted(place.glob("*.json")) if coco_labels.is_coco(_json(path))]


def _json(path: Path) -> Any:
    """Its content; None for a file that is no json."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        return None


def _part_and_name(below: Path) -> tuple[str, str]:
    part = _part(below.parts[0]) if len(below.parts) > 1 else ""
    return part, below.relative_to(below.parts[0]).as_posix() if part else below.as_posix()


def _part(word: str) -> str:
    """train, val or test for a folder's or a file's name that says so (val, valid, instances_val2017), else nothing."""
    words = "".join(c if c.isalpha() else " " for c in word.lower()).split()
    return next((p for p in (_OTHER_WORDS.get(w, w) for w in words) if p in PARTS), "")


def _by(size: tuple[int, int] | None) -> str:
    return "x".join(map(str, size or ()))
