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

"""Pictures made for a data set: several heads composed on a board, crowds of them, empty boards, and the simulator's."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from theylive_training.pictures.compose import compose, extend
from theylive_training.pictures.picture import Picture
from theylive_training.pictures.pool import FRAME, Material, letterboxed, simulated
from theylive_training.pictures.wear import photograph, shine

CROP = (224, 224)  # width, height (px): the public set's, the camera's upper left corner at 1:1
FRAME_SIZE, CROP_SIZE, LETTERBOX = "frame", "crop", "letterbox"
SIZES = {
    FRAME_SIZE: f"{FRAME[0]}x{FRAME[1]}, as the camera gives it",
    CROP_SIZE: f"{CROP[0]}x{CROP[1]} at 1:1",
    LETTERBOX: f"a frame fitted into {CROP[0]}x{CROP[1]}, at 0.7",
}
_SCALES = (0.9, 1.1)  # px per px of the rig at 1:1

Maker = Callable[[np.random.Generator, Material, tuple[int, int]], Picture]


def make(kind: str, size: str, seed: int, index: int, given: Material) -> Picture:
    """The picture number `index` of a kind and a size: the same for the same material and seed, however many there are of others.

    Real heads and boards are taken where the material has them, else drawn ones. Every head's centre is in the picture: label formats
    have no place for another.
    """
    rng = np.random.default_rng([seed, list(KINDS).index(kind), list(SIZES).index(size), index])
    width, height = CROP if size == CROP_SIZE else FRAME
    while True:
        picture = _MAKERS[kind](rng, given, (width, height))
        if all(0 <= b.x <= width and 0 <= b.y <= height for b in picture.boxes):
            return letterboxed(picture, CROP[0]) if size == LETTERBOX else picture


def _composed(rng: np.random.Generator, given: Material, size: tuple[int, int]) -> Picture:
    return _set_down(rng, given, size, int(rng.integers(1, 4)))


def _crowd(rng: np.random.Generator, given: Material, size: tuple[int, int]) -> Picture:
    return _set_down(rng, given, size, int(rng.integers(5, 11)))


def _set_down(rng: np.random.Generator, given: Material, size: tuple[int, int], heads: int) -> Picture:
    return _worn(rng, compose(rng, given.cutouts or given.drawn_cutouts, _board(rng, given), size, heads, _SCALES))


def _empty(rng: np.random.Generator, given: Material, size: tuple[int, int]) -> Picture:
    return _worn(rng, Picture(extend(_board(rng, given), *size), ()))


def _simulated(rng: np.random.Generator, given: Material, size: tuple[int, int]) -> Picture:
    return simulated(rng, *size, _SCALES)


_MAKERS: dict[str, Maker] = {"composed": _composed, "crowd": _crowd, "board": _empty, "simulated": _simulated}
KINDS = {
    "composed": "one to three heads on a board",
    "crowd": "five to ten heads, touching and covering each other",
    "board": "the empty board",
    "simulated": "the simulator's",
}


def _board(rng: np.random.Generator, given: Material) -> np.ndarray:
    boards = given.boards or given.drawn_boards
    return cv2.flip(boards[int(rng.integers(len(boards)))], int(rng.integers(-1, 2)))


def _worn(rng: np.random.Generator, picture: Picture) -> Picture:
    image = picture.image.copy()
    if rng.random() < 0.2:
        shine(rng, image, picture.boxes)
    return Picture(photograph(rng, image), picture.boxes)
