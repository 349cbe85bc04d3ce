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

"""The file that `theylive-train split` writes: which picture learns, which judges, which is dropped.

JSON: schema, by (time or random), seed, shares, gap_s (by time), counts (of each part: its pictures, and those that show each class),
groups (by time: part, from, to, pictures kept and dropped), parts (train, val, test: lists of path, sha256 and, by time, group) and dropped
(path, sha256, why). Paths are relative to the data set's folder, with /. Nothing in it tells when or where it was written: the same
pictures and the same seed give the same bytes.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from theylive_training.data.capture_time import capture_time
from theylive_training.data.digest import sha256
from theylive_training.data.division import Division, Group, counts
from theylive_training.data.find import PARTS
from theylive_training.data.labelled import LabelledFile, Survey
from theylive_training.data.text import stays_inside
from theylive_training.errors import TrainingError
from theylive_training.run_folder import read_json

SCHEMA = 1


class Given(NamedTuple):
    """What a split was asked for. by: time or random. shares: of PARTS. gap: s, None by chance."""

    by: str
    seed: int
    shares: Mapping[str, float]
    gap: float | None


def to_json(root: Path, files: Sequence[LabelledFile], digests: Sequence[str], division: Division, given: Given) -> dict[str, Any]:
    """The content of the file. files: in order of capture, below `root`; digests: their SHA-256."""
    rows: list[dict[str, Any]] = [
        {"path": f.path.relative_to(root).as_posix(), "sha256": digest} for f, digest in zip(files, digests, strict=True)
    ]
    for number, group in enumerate(division.groups):
        for row in rows[group.first : group.last + 1]:
            row["group"] = number
    table: dict[str, Any] = {"schema": SCHEMA, "by": given.by, "seed": given.seed, "shares": dict(given.shares)}
    if given.gap is not None:
        table["gap_s"] = given.gap
    table["counts"] = counts(files, division.parts)
    if division.groups:
        table["groups"] = [_group(group, files, division.parts) for group in division.groups]
    table["parts"] = {part: [row for row, mine in zip(rows, division.parts, strict=True) if mine == part] for part in PARTS}
    table["dropped"] = [{**rows[i], "why": division.why[i]} for i in sorted(division.why)]
    return table


def to_text(table: Mapping[str, Any]) -> str:
    """One line for each picture, so that two splits can be compared by eye and by diff."""
    lines = []
    for key, value in table.items():
        if key == "parts":
            value = {part: [_Line(row) for row in rows] for part, rows in value.items()}
        elif isinstance(value, list):
            value = [_Line(row) for row in value]
        lines.append(f" {json.dumps(key)}: {_indented(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def read(path: Path, found: Survey) -> tuple[str, dict[str, list[LabelledFile]], int]:
    """What the split was by, the pictures of each part in order of capture, and how many of `found` are on none.

    Raises TrainingError for a damaged file, and where the pictures are not those that were split: one is missing, has changed, has no
    label any more, or stands on two sides.
    """
    table = read_json(path)
    if table.get("schema") != SCHEMA:
        raise TrainingError(f"{path} is no split file of this program: give one that `theylive-train split` wrote")
    by, parts = table.get("by"), table.get("parts")
    if not isinstance(by, str) or not isinstance(parts, dict) or set(parts) != set(PARTS):
        raise TrainingError(f"{path} is damaged (no by and parts): write it again with `theylive-train split`")
    files = {f.path: f for f in found.files}
    sides: dict[str, list[LabelledFile]] = {part: [] for part in PARTS}
    seen: dict[str, str] = {}
    for part in PARTS:
        for name, digest in _rows(parts[part], path):
            file = _file(name, digest, found, files, path)
            if digest in seen:
                raise TrainingError(f"{path} holds {name} twice (also as {seen[digest]}): a picture must be on one side of a split, once")
            seen[digest] = f"{name} in {part}"
            sides[part].append(file)
    if not (sides["train"] and sides["val"]):
        raise TrainingError(f"{path} has no pictures in train or in val: write it again with `theylive-train split`")
    order = {f.path: i for i, f in enumerate(found.files)}
    return by, {part: sorted(mine, key=lambda f: order[f.path]) for part, mine in sides.items()}, len(files) - len(seen)


class _Line(dict[str, Any]):
    """Is written in one line."""


def _indented(value: Any, depth: int = 1) -> str:
    pad = " " * (depth + 1)
    if isinstance(value, _Line) or not value or not isinstance(value, dict | list):
        return json.dumps(value)
    if isinstance(value, dict):
        inner = ",\n".join(f"{pad}{json.dumps(k)}: {_indented(v, depth + 1)}" for k, v in value.items())
        return "{\n" + inner + "\n" + " " * depth + "}"
    return "[\n" + ",\n".join(pad + _indented(v, depth + 1) for v in value) + "\n" + " " * depth + "]"


def _group(group: Group, files: Sequence[LabelledFile], parts: Sequence[str]) -> dict[str, Any]:
    kept = sum(bool(part) for part in parts[group.first : group.last + 1])
    return {
        "part": group.part,
        "from": _moment(files[group.first].path),
        "to": _moment(files[group.last].path),
        "pictures": kept,
        "dropped": group.last + 1 - group.first - kept,
    }


def _moment(path: Path) -> str:
    """The time of capture, for a person; the file's name where it tells none."""
    time = capture_time(path)
    if time is None:
        return path.name
    return (datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=time)).isoformat(" ", "seconds")


def _rows(rows: Any, path: Path) -> list[tuple[str, str]]:
    try:
        pairs = [(row["path"], row["sha256"]) for row in rows]
    except (TypeError, KeyError):
        pairs = [("", "")] if rows else []
    wrong = next((True for name, digest in pairs if not stays_inside(name) or not isinstance(digest, str)), False)
    if wrong or not isinstance(rows, list):
        raise TrainingError(f"{path} is damaged (a picture without path and sha256): write it again with `theylive-train split`")
    return pairs


def _file(name: str, digest: str, found: Survey, files: Mapping[Path, LabelledFile], path: Path) -> LabelledFile:
    picture = found.root / name
    if not picture.is_file():
        raise TrainingError(f"{name} of {path} is missing in {found.root}: give the data that was split, or split anew")
    if picture not in files:
        raise TrainingError(f"{name} of {path} has no label in {found.root} any more: label it, or split anew")
    if sha256(picture) != digest:
        raise TrainingError(f"{picture} has changed since {path} was written: copy it again, or split anew")
    return files[picture]
