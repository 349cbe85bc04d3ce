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

"""Writes what explain makes: whole or not at all, and over nothing that is there unless asked."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from theylive_training.data.checks.looking import fault_of
from theylive_training.errors import TrainingError
from theylive_training.whole_file import write_whole

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
    write_whole(path, lambda file: figure.savefig(file, format="png", dpi=dots_per_inch), "give a folder of your own")


@contextlib.contextmanager
def new_folder(path: Path, force: bool) -> Iterator[Callable[[Figure, str], None]]:
    """A folder that is there, with all that was saved, when the block is left without an error, and is as it was otherwise.

    Gives the function that saves a figure under a name. Raises TrainingError for one that holds something, unless forced.
    """
    if path.exists() and not path.is_dir():
        raise TrainingError(f"{path} is a file: give a folder as --out")
    if path.is_dir() and any(path.iterdir()) and not force:
        raise TrainingError(f"{path} holds something already: give a new folder, or --force to replace what has the same names")
    if not path.absolute().parent.is_dir():
        raise TrainingError(f"{path} cannot be made: give a folder in one that is there")
    temporary = _beside(path)
    try:
        temporary.mkdir()
        yield lambda figure, name: save_figure(figure, temporary / name)
        path.mkdir(exist_ok=True)
        for one in sorted(temporary.iterdir()):
            os.replace(one, path / one.name)
    except OSError as cause:
        raise TrainingError(f"{path} cannot be written ({cause.strerror}): give a folder of your own") from cause
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def read_picture(path: Path) -> np.ndarray:
    """A picture, uint8 (height, width, 3) BGR. Raises TrainingError."""
    if not path.is_file():
        raise TrainingError(f"there is no picture {path}: give a JPEG or PNG file")
    data = path.read_bytes()
    if fault_of(data):
        raise TrainingError(f"{path} is cut short: copy it again")
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if image is None:
        raise TrainingError(f"{path} is not a picture: give a JPEG or PNG file")
    return image


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}")
