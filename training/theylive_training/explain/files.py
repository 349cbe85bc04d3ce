"""Writes what explain makes: whole or not at all, and over nothing that is there unless asked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from theylive_training.errors import TrainingError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def free(path: Path, suffix: str, force: bool) -> None:
    """Raise TrainingError for a file that cannot or must not be written, before anything is computed for it."""
    if path.suffix.lower() != suffix:
        raise TrainingError(f"{path} does not end in {suffix}: name the file so")
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise TrainingError(f"{path} cannot be written: give a file in a folder that is there")
    if path.exists() and not force:
        raise TrainingError(f"{path} is there already: give another name, or --force to replace it")


def save_figure(figure: Figure, path: Path, dots_per_inch: int = 110) -> None:
    """Write a drawing as PNG. Raises TrainingError."""
    temporary = _beside(path)
    try:
        figure.savefig(temporary, format="png", dpi=dots_per_inch)
        os.replace(temporary, path)
    except OSError as cause:
        temporary.unlink(missing_ok=True)
        raise TrainingError(f"{path} cannot be written ({cause.strerror}): give a folder of your own") from cause


def read_picture(path: Path) -> np.ndarray:
    """A picture, uint8 (height, width, 3) BGR. Raises TrainingError."""
    if not path.is_file():
        raise TrainingError(f"there is no picture {path}: give a JPEG or PNG file")
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise TrainingError(f"{path} is not a picture: give a JPEG or PNG file")
    return image


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}")
