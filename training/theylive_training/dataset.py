"""The public data set (chxadr/humanxalien-dataset) on disk: which pictures there are, what they show, who learns and who judges."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2

from theylive_training.errors import TrainingError
from theylive_training.picture import LABELS, Box, Picture

HEADS = Path("data_yolov8n", "targets")  # images/{train,val}, labels/{train,val}
BACKGROUNDS = Path("data_mnetv2", "targets")
BACKGROUND_LABELS = Path("data_mnetv2", "labels_mnetv2.csv")
_BACKGROUND_CLASS = "2"
_HELD_OUT = 0.2  # share of the backgrounds, the last in order of capture, that judges


@dataclasses.dataclass(frozen=True)
class RealPicture:
    """A picture file and the heads in it."""

    path: Path
    boxes: tuple[Box, ...]

    def read(self) -> Picture:
        """The picture. Raises TrainingError when the file is damaged."""
        image = cv2.imread(str(self.path), cv2.IMREAD_COLOR)
        if image is None:
            raise TrainingError(f"{self.path} is not a picture: copy the data set again")
        return Picture(image, self.boxes)


@dataclasses.dataclass(frozen=True)
class RealData:
    """What a model learns from (train, backgrounds) and what it has never seen (val, held_out), each in order of capture."""

    train: tuple[RealPicture, ...]
    val: tuple[RealPicture, ...]
    backgrounds: tuple[RealPicture, ...]
    held_out: tuple[RealPicture, ...]

    def learned_from(self) -> list[Path]:
        """The files that training reads."""
        return [p.path for p in (*self.train, *self.backgrounds)]


def load(folder: Path) -> RealData:
    """Find the data set in `folder` or in its sub-folder humanxalien. Raises TrainingError, also for a picture on both sides."""
    root = next((r for r in (folder, folder / "humanxalien") if (r / HEADS / "images").is_dir()), None)
    if root is None:
        raise TrainingError(f"there is no data set in {folder}: give the folder that holds {HEADS}/images (chxadr/humanxalien-dataset)")
    train, val = (_heads(root / HEADS, split) for split in ("train", "val"))
    backgrounds = _backgrounds(root)
    judges = len(backgrounds) - round(len(backgrounds) * _HELD_OUT)
    data = RealData(train, val, backgrounds[:judges], backgrounds[judges:])
    _refuse_leaks(data)
    return data


def hash_files(paths: Iterable[Path]) -> str:
    """One SHA-256 over the sorted SHA-256s of the files: the same pictures give the same, whatever their names and order."""
    return hashlib.sha256("\n".join(sorted(_sha256(p) for p in paths)).encode()).hexdigest()


def _heads(root: Path, split: str) -> tuple[RealPicture, ...]:
    paths = sorted((root / "images" / split).glob("*.jpg"))
    if not paths:
        raise TrainingError(f"{root / 'images' / split} holds no pictures: copy the data set again")
    return tuple(RealPicture(p, _boxes(root / "labels" / split / f"{p.stem}.txt", p)) for p in paths)


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


def _backgrounds(root: Path) -> tuple[RealPicture, ...]:
    try:
        rows = [line.split(",") for line in (root / BACKGROUND_LABELS).read_text(encoding="utf-8").splitlines() if line.strip()]
        names = [row[0] for row in rows if row[3].strip() == _BACKGROUND_CLASS]
    except (OSError, IndexError):
        raise TrainingError(f"{root / BACKGROUND_LABELS} is missing or damaged: copy the data set again") from None
    paths = [root / BACKGROUNDS / name for name in sorted(names, key=_number)]
    missing = next((p for p in paths if not p.is_file()), None)
    if missing:
        raise TrainingError(f"{missing} is missing: copy the data set again")
    return tuple(RealPicture(p, ()) for p in paths)


def _number(name: str) -> tuple[int, str]:
    digits = "".join(c for c in name if c.isdigit())
    return int(digits or 0), name


def _refuse_leaks(data: RealData) -> None:
    learned = {_sha256(p): p for p in data.learned_from()}
    for judge in _paths(data.val, data.held_out):
        twin = learned.get(_sha256(judge))
        if twin:
            raise TrainingError(f"{judge} is also learned from as {twin}: a picture must be on one side only")


def _paths(*groups: Sequence[RealPicture]) -> list[Path]:
    return [p.path for group in groups for p in group]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
