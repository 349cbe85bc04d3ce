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

"""Pictures for a net that sees one head at most: real, composed and simulated ones of a single head, and empty boards.

A picture of several heads has no right answer for such a net, so none is among them. A bit more than a quarter is empty, so that an
empty board and each label are about equally frequent.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from theylive_ros.detector.fit import PADDING
from theylive_ros.simulator.sample import sample_picture
from theylive_training.pictures.compose import LEAST_INSIDE, compose, extend
from theylive_training.pictures.picture import Box, Picture, similarity, warp
from theylive_training.pictures.pool import FRAME, Material, Pool, empty_board, fitted, letterboxed, upright, worn

Progress = Callable[[int, int], None]
Maker = Callable[[np.random.Generator, Material, int, int], Picture]
_LOOKS = 120  # drawn faces of each label
_APART = 40  # number of the first kind: its pictures are of another chance than those of the pool of many heads

# kind of picture -> its share
SHARES = {
    "real": 0.20,
    "real_moved": 0.16,
    "composed": 0.10,
    "composed_frame": 0.12,
    "mixed": 0.04,
    "mixed_frame": 0.05,
    "simulated": 0.04,
    "simulated_frame": 0.05,
    "board": 0.09,
    "board_frame": 0.08,
    "drawn_board": 0.03,
    "drawn_board_frame": 0.04,
}
_WITHOUT_REAL = ("mixed", "mixed_frame", "simulated", "simulated_frame", "drawn_board", "drawn_board_frame")


def make_single_pool(given: Material, size: int, side: int, seed: int, progress: Progress = lambda done, total: None) -> Pool:
    """`size` pictures of `side` x `side` px in the proportion of SHARES. The same material and seed give the same pictures."""
    shares = {k: v for k, v in SHARES.items() if _can_be_made(k, given)}
    whole = sum(shares.values())
    counts = {k: round(size * v / whole) for k, v in shares.items()}
    pictures: list[Picture] = []
    total = sum(counts.values())
    for number, (kind, count) in enumerate(counts.items()):
        stride = max(1, len(given.heads) // max(1, count))  # of a few turns the first must not all be of one sitting
        for index in range(count):
            rng = np.random.default_rng([seed, _APART + number, index])
            pictures.append(_MAKERS[kind](rng, given, side, index * stride))
            progress(len(pictures), total)
    return Pool(tuple(pictures), counts)


def _can_be_made(kind: str, given: Material) -> bool:
    """Of real pictures without a head that could be cut out, none is composed; boards are drawn where there are no real ones."""
    return kind in _WITHOUT_REAL or bool(given.cutouts if kind.startswith("composed") else given.heads)


def _real(rng: np.random.Generator, given: Material, side: int, index: int) -> Picture:
    """A picture as the camera took it, in another light; every picture gets its turn."""
    return upright(worn(rng, fitted(given.heads[index % len(given.heads)], side), strength=0.6))


def _real_moved(rng: np.random.Generator, given: Material, side: int, index: int) -> Picture:
    """A picture scaled and shifted, its head still in it."""
    picture = given.heads[index % len(given.heads)]
    height, width = picture.image.shape[:2]
    fill = (PADDING,) * 3 if rng.random() < 0.5 else tuple(int(v) for v in cv2.mean(picture.image)[:3])
    while True:
        target = side / 2 + rng.uniform(-50, 50), side / 2 + rng.uniform(-50, 50)
        moved = warp(picture, similarity(0.0, rng.uniform(0.6, 1.15), (width / 2, height / 2), target), (side, side), fill, LEAST_INSIDE)
        if moved.boxes:
            return upright(worn(rng, moved))


def _composed(rng: np.random.Generator, given: Material, side: int, index: int) -> Picture:
    return worn(rng, compose(rng, given.cutouts, empty_board(rng, given), (side, side), 1, (0.85, 1.15)))


def _composed_frame(rng: np.random.Generator, given: Material, side: int, index: int) -> Picture:
    return letterboxed(worn(rng, compose(rng, given.cutouts, empty_board(rng, given), FRAME, 1, (0.88, 1.12))), side)


def _mixed(rng: np.random.Generator, given: Material, side: int, index: int) -> Picture:
    return worn(rng, _compose_mixed(rng, given, (side, side)))


def _mixed_frame(rng: np.random.Generator, given: Material, side: int, index: int) -> Picture:
    return letterboxed(worn(rng, _compose_mixed(rng, given, FRAME)), side)


def _compose_mixed(rng: np.random.Generator, given: Material, size: tuple[int, int]) -> Picture:
    """A drawn head on a real or a drawn board, or a real one on a drawn board."""
    real_board = bool(given.boards) and rng.random() < 0.4
    heads = given.cutouts if given.cutouts and not real_board and rng.random() < 0.4 else given.drawn_cutouts
    return compose(rng, heads, empty_board(rng, given) if real_board else _drawn_board(rng, given), size, 1, (0.85, 1.15))


def _simulated(rng: np.random.Generator, given: Material, side: int, index: int) -> Picture:
    return _sample(rng, (side, side), (0.85, 1.15))


def _simulated_frame(rng: np.random.Generator, given: Material, side: int, index: int) -> Picture:
    return letterboxed(_sample(rng, FRAME, (0.78, 1.12)), side)


def _sample(rng: np.random.Generator, size: tuple[int, int], scale_range: tuple[float, float]) -> Picture:
    image, labels = sample_picture(rng, *size, scale_range=scale_range, most_heads=1, looks=_LOOKS)
    return Picture(image, tuple(Box(*label) for label in labels))


def _empty(rng: np.random.Generator, given: Material, side: int, index: int) -> Picture:
    return worn(rng, fitted(Picture(empty_board(rng, given), ()), side))


def _empty_frame(rng: np.random.Generator, given: Material, side: int, index: int) -> Picture:
    return letterboxed(worn(rng, Picture(extend(empty_board(rng, given), *FRAME), ())), side)


def _drawn_empty(rng: np.random.Generator, given: Material, side: int, index: int) -> Picture:
    return worn(rng, Picture(extend(_drawn_board(rng, given), side, side), ()))


def _drawn_empty_frame(rng: np.random.Generator, given: Material, side: int, index: int) -> Picture:
    return letterboxed(worn(rng, Picture(_drawn_board(rng, given), ())), side)


_MAKERS: dict[str, Maker] = {
    "real": _real,
    "real_moved": _real_moved,
    "composed": _composed,
    "composed_frame": _composed_frame,
    "mixed": _mixed,
    "mixed_frame": _mixed_frame,
    "simulated": _simulated,
    "simulated_frame": _simulated_frame,
    "board": _empty,
    "board_frame": _empty_frame,
    "drawn_board": _drawn_empty,
    "drawn_board_frame": _drawn_empty_frame,
}


def _drawn_board(rng: np.random.Generator, given: Material) -> np.ndarray:
    return given.drawn_boards[int(rng.integers(len(given.drawn_boards)))]
