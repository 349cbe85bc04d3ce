"""A data set divided: which pictures are learned from, which stop the training, which judge."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from theylive_training.data import find
from theylive_training.data.labelled import LabelledFile
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
    """What a net learns from (train), what stops its training (val) and what only judges it (test; may be empty). split: its name."""

    root: Path
    split: str
    train: Part
    val: Part
    test: Part = Part()


def load(folder: Path, split: Path | None = None) -> Dataset:
    """The data set in `folder` (any layout of find.py), divided as the split file says, None for the set's own division.

    The public set's own division keeps the backgrounds' last fifth, in order of capture, to judge. Raises TrainingError, also for a
    picture on two sides.
    """
    if split is not None:
        raise TrainingError("split files are not read yet")
    found = find.survey(folder)
    found.refuse_errors()
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
    data = Dataset(found.root, "random" if found.layout == find.PUBLIC else "own", *(_part(sides[part]) for part in find.PARTS))
    _refuse_leaks(data)
    return data


def hash_files(paths: Iterable[Path]) -> str:
    """One SHA-256 over the sorted SHA-256s of the files: the same pictures give the same, whatever their names and order."""
    return hashlib.sha256("\n".join(sorted(_sha256(p) for p in paths)).encode()).hexdigest()


def _part(files: Sequence[LabelledFile]) -> Part:
    return Part(tuple(f for f in files if f.boxes), tuple(f for f in files if not f.boxes))


def _refuse_leaks(data: Dataset) -> None:
    seen: dict[str, Path] = {}
    for part in (data.train, data.val, data.test):
        new = {_sha256(p): p for p in part.paths}
        for digest, path in new.items():
            if digest in seen:
                raise TrainingError(f"{path} is the same picture as {seen[digest]}: a picture must be on one side of a split only")
        seen |= new


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
