"""The public data set (chxadr/humanxalien-dataset) on disk: which pictures there are, what they show, who learns and who judges."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable
from pathlib import Path

import cv2

from theylive_training.errors import TrainingError
from theylive_training.pictures.picture import LABELS, Box, Picture

HEADS = Path("data_yolov8n", "targets")  # images/{train,val}, labels/{train,val}
BACKGROUNDS = Path("data_mnetv2", "targets")
BACKGROUND_LABELS = Path("data_mnetv2", "labels_mnetv2.csv")
_BACKGROUND_CLASS = "2"
_HELD_OUT = 0.2  # share of the backgrounds, the last in order of capture, that judges


@dataclasses.dataclass(frozen=True)
class LabelledFile:
    """A picture file and the heads in it; none on a picture of the empty board."""

    path: Path
    boxes: tuple[Box, ...]

    def read(self) -> Picture:
        """The picture. Raises TrainingError when the file is damaged."""
        image = cv2.imread(str(self.path), cv2.IMREAD_COLOR)
        if image is None:
            raise TrainingError(f"{self.path} is not a picture: copy the data set again")
        return Picture(image, self.boxes)


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
    """Find the data set in `folder` or in its sub-folder humanxalien, divided as the split file says, None for the set's own division.

    Raises TrainingError, also for a picture on two sides.
    """
    root = next((r for r in (folder, folder / "humanxalien") if (r / HEADS / "images").is_dir()), None)
    if root is None:
        raise TrainingError(f"there is no data set in {folder}: give the folder that holds {HEADS}/images (chxadr/humanxalien-dataset)")
    if split is not None:
        raise TrainingError("split files are not read yet")
    heads = {side: _heads(root / HEADS, side) for side in ("train", "val")}
    backgrounds = _backgrounds(root)
    judges = len(backgrounds) - round(len(backgrounds) * _HELD_OUT)
    data = Dataset(root, "random", Part(heads["train"], backgrounds[:judges]), Part(heads["val"], backgrounds[judges:]))
    _refuse_leaks(data)
    return data


def hash_files(paths: Iterable[Path]) -> str:
    """One SHA-256 over the sorted SHA-256s of the files: the same pictures give the same, whatever their names and order."""
    return hashlib.sha256("\n".join(sorted(_sha256(p) for p in paths)).encode()).hexdigest()


def _heads(root: Path, split: str) -> tuple[LabelledFile, ...]:
    paths = sorted((root / "images" / split).glob("*.jpg"))
    if not paths:
        raise TrainingError(f"{root / 'images' / split} holds no pictures: copy the data set again")
    return tuple(LabelledFile(p, _boxes(root / "labels" / split / f"{p.stem}.txt", p)) for p in paths)


def _boxes(path: Path, picture: Path) -> tuple[Box, ...]:
    """The boxes of a YOLO label file (class, centre and size as shares of the picture)."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        raise TrainingError(f"{picture.name} has no labels {path}: copy the data set again") from None
    image = cv2.imread(str(picture), cv2.IMREAD_COLOR)
    if image is None:
        raise TrainingError(f"{picture} is not a picture: copy the data set again")
    height, width = image.shape[:2]
    boxes = []
    for line in filter(None, map(str.split, text.splitlines())):
        try:
            label, (x, y, w, h) = LABELS[int(line[0])], map(float, line[1:])
        except (ValueError, IndexError):
            raise TrainingError(
                f"{path} has the line {' '.join(line)!r}: class (0..{len(LABELS) - 1}) x y width height is needed"
            ) from None
        boxes.append(Box(label, x * width, y * height, w * width, h * height))
    return tuple(boxes)


def _backgrounds(root: Path) -> tuple[LabelledFile, ...]:
    try:
        rows = [line.split(",") for line in (root / BACKGROUND_LABELS).read_text(encoding="utf-8").splitlines() if line.strip()]
        names = [row[0] for row in rows if row[3].strip() == _BACKGROUND_CLASS]
    except (OSError, IndexError):
        raise TrainingError(f"{root / BACKGROUND_LABELS} is missing or damaged: copy the data set again") from None
    paths = [root / BACKGROUNDS / name for name in sorted(names, key=_number)]
    missing = next((p for p in paths if not p.is_file()), None)
    if missing:
        raise TrainingError(f"{missing} is missing: copy the data set again")
    return tuple(LabelledFile(p, ()) for p in paths)


def _number(name: str) -> tuple[int, str]:
    digits = "".join(c for c in name if c.isdigit())
    return int(digits or 0), name


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
