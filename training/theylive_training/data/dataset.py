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

"""A data set divided: which pictures are learned from, which stop the training, which judge."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from theylive_training.data import find, split_file
from theylive_training.data.digest import sha256
from theylive_training.data.labelled import LabelledFile, Survey
from theylive_training.errors import TrainingError

_HELD_OUT = 0.2  # share of the backgrounds, the last in order of capture, that judges


@dataclasses.dataclass(frozen=True)
class Part:
    """One side of a split. heads: pictures with heads; boards: pictures of the empty board; each in order of capture."""

    heads: tuple[LabelledFile, ...] = ()
    boards: tuple[LabelledFile, ...] = ()

    @property
    def paths(self) -> list[Path]:
        """All its files."""
        return [p.path for p in (*self.heads, *self.boards)]


@dataclasses.dataclass(frozen=True)
class Dataset:
    """What a net learns from (train), what stops its training (val) and what only judges it (test; may be empty).

    layout: the set's (see find.py). split: how it was divided: time, random (so also the public set's own division), or own. left_out:
    labelled pictures in the folder that are on no side, because the split file dropped them or does not know them.
    """

    root: Path
    layout: str
    split: str
    train: Part
    val: Part
    test: Part = Part()
    left_out: int = 0


def load(folder: Path, split: Path | None = None) -> Dataset:
    """The data set in `folder` (any layout of find.py), divided as the split file says, None for the set's own division.

    The public set's own division keeps the backgrounds' last fifth, in order of capture, to judge. Raises TrainingError, also for a
    picture on two sides.
    """
    found = find.survey(folder)
    found.refuse_errors()
    if split is not None:
        name, sides, left_out = split_file.read(split, found)
    else:
        name, sides, left_out = *_own_division(found, folder), 0
    data = Dataset(found.root, found.layout, name, *(_part(sides[part]) for part in find.PARTS), left_out)
    if split is None:  # a split file was looked into when it was read
        _refuse_leaks(data)
    return data


def parts(found: Survey, split: Path | None = None) -> dict[Path, str]:
    """Of each picture its part, "" where the layout has none: as the split file says, whose dropped pictures are missing here, or the set's
    own. Raises TrainingError.
    """
    if split is None and found.layout != find.PUBLIC:
        return {item.file.path: item.part for item in found.items}
    sides = split_file.read(split, found)[1] if split else _own_division(found, found.root)[1]
    return {file.path: part for part, files in sides.items() for file in files}


def hash_files(paths: Iterable[Path]) -> str:
    """One SHA-256 over the sorted SHA-256s of the files: the same pictures give the same, whatever their names and order."""
    return hashlib.sha256("\n".join(sorted(sha256(p) for p in paths)).encode()).hexdigest()


def _own_division(found: Survey, folder: Path) -> tuple[str, dict[str, list[LabelledFile]]]:
    sides = {part: [item.file for item in found.items if item.part == part] for part in find.PARTS}
    undivided = [item.file for item in found.items if not item.part]
    if not (sides["train"] and sides["val"]) or (undivided and found.layout != find.PUBLIC):
        raise TrainingError(
            f"{folder} has no division into train and val of its own: make one with `theylive-train split {folder} --out split.json`, "
            "and give it as --split"
        )
    judges = len(undivided) - round(len(undivided) * _HELD_OUT)
    sides["train"] += undivided[:judges]
    sides["val"] += undivided[judges:]
    return "random" if found.layout == find.PUBLIC else "own", sides


def _part(files: Sequence[LabelledFile]) -> Part:
    return Part(tuple(f for f in files if f.boxes), tuple(f for f in files if not f.boxes))


def _refuse_leaks(data: Dataset) -> None:
    seen: dict[str, Path] = {}
    for part in (data.train, data.val, data.test):
        new = {sha256(p): p for p in part.paths}
        for digest, path in new.items():
            if digest in seen:
                raise TrainingError(f"{path} is the same picture as {seen[digest]}: a picture must be on one side of a split only")
        seen |= new
