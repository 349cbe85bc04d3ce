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

"""The pictures that a net learns from: real ones, composed ones and the simulator's, ready for its input, in a fixed proportion."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import cv2
import numpy as np

from theylive_ros.detector.fit import PADDING, Fitter
from theylive_ros.simulator.board import BoardSettings, draw_board
from theylive_ros.simulator.heads import LOOKS, sprite
from theylive_ros.simulator.sample import sample_picture
from theylive_training.data.dataset import LabelledFile
from theylive_training.pictures.compose import LEAST_INSIDE, compose, extend
from theylive_training.pictures.cutout import SIDE, Cutout
from theylive_training.pictures.picture import LABELS, Box, Picture, similarity, warp
from theylive_training.pictures.wear import photograph, shine

FRAME = (320, 240)  # what the rig's camera delivers
_FAR = (0.62, 0.9)  # scale of heads on a board that stands further away than the rig's
_STRIDE = 7919  # a prime, larger than a person's sitting
_LOOKS = 120  # of each label: as many as the simulator keeps drawn

Progress = Callable[[int, int], None]


@dataclasses.dataclass(frozen=True, eq=False)
class Pool:
    """pictures: each side x side px. kinds: how many of them are of which kind."""

    pictures: tuple[Picture, ...]
    kinds: dict[str, int]


@dataclasses.dataclass(frozen=True, eq=False)
class Material:
    """What pictures are made of: real ones, real empty boards and heads; drawn heads and boards. Kinds without theirs are left out."""

    heads: Sequence[Picture] = ()
    boards: Sequence[np.ndarray] = ()
    cutouts: Sequence[Cutout] = ()
    drawn_cutouts: Sequence[Cutout] = ()
    drawn_boards: Sequence[np.ndarray] = ()


# kind of picture -> its share of the pool
SHARES = {
    "real": 0.26,
    "real_moved": 0.08,
    "board": 0.02,
    "board_frame": 0.03,
    "composed": 0.10,
    "composed_frame": 0.16,
    "composed_far": 0.09,
    "mixed": 0.04,
    "mixed_frame": 0.07,
    "mixed_far": 0.03,
    "simulated": 0.04,
    "simulated_frame": 0.08,
}
_MADE_OF = {"real": "heads", "board": "boards", "composed": "cutouts"}  # what a kind needs of Material, by its name's first word


def material(pictures: Sequence[LabelledFile], boards: Sequence[LabelledFile], cutouts: Sequence[Cutout], looks: int = 60) -> Material:
    """Read the real pictures and draw the simulator's heads, `looks` of each label, and boards; no look that a scenario shows."""
    heads = [Cutout(label, _drawn_head(label, LOOKS + look)) for label in LABELS for look in range(looks)]
    drawn = [_drawn_board(seed) for seed in range(1 + looks // 2)]
    return Material([p.read() for p in pictures], [b.read().image for b in boards], cutouts, heads, drawn)


def make_pool(given: Material, size: int, side: int, seed: int, progress: Progress = lambda done, total: None) -> Pool:
    """`size` pictures of `side` x `side` px in the proportion of SHARES. The same material and seed give the same pictures."""
    shares = {k: v for k, v in SHARES.items() if _can_be_made(k, given)}
    whole = sum(shares.values())
    counts = {k: round(size * v / whole) for k, v in shares.items()}
    pictures: list[Picture] = []
    total = sum(counts.values())
    for number, (kind, count) in enumerate(counts.items()):
        for index in range(count):
            pictures.append(_MAKERS[kind](np.random.default_rng([seed, number, index]), given, side, index))
            progress(len(pictures), total)
    return Pool(tuple(pictures), counts)


def letterboxed(picture: Picture, side: int) -> Picture:
    """A whole frame as the robot's detector fits it to a square input."""
    image, mapping = Fitter("letterbox", side, side).fit(picture.image)
    boxes = (
        Box(
            b.label,
            b.x * mapping.scale_x + mapping.offset_x,
            b.y * mapping.scale_y + mapping.offset_y,
            b.width * mapping.scale_x,
            b.height * mapping.scale_y,
        )
        for b in picture.boxes
    )
    return Picture(image.copy(), tuple(boxes))


def simulated(rng: np.random.Generator, width: int, height: int, scale_range: tuple[float, float], looks: int = _LOOKS) -> Picture:
    """One of the simulator's pictures."""
    image, labels = sample_picture(rng, width, height, scale_range=scale_range, looks=looks)
    return Picture(image, tuple(Box(*label) for label in labels))


def _real(rng: np.random.Generator, given: Material, side: int, index: int) -> Picture:
    """A picture as the camera took it, in another light."""
    return upright(worn(rng, fitted(_next(given.heads, index), side), strength=0.6))


def _real_moved(rng: np.random.Generator, given: Material, side: int, index: int) -> Picture:
    """A picture scaled and shifted."""
    picture = _next(given.heads, index)
    size = picture.image.shape[1], picture.image.shape[0]
    middle = size[0] / 2, size[1] / 2
    target = side / 2 + rng.uniform(-40, 40), side / 2 + rng.uniform(-40, 40)
    matrix = similarity(0.0, rng.uniform(0.6, 1.15), middle, target)
    fill = (PADDING,) * 3 if rng.random() < 0.5 else tuple(int(v) for v in cv2.mean(picture.image)[:3])
    return upright(worn(rng, warp(picture, matrix, (side, side), fill, LEAST_INSIDE)))


def _next(pictures: Sequence[Picture], index: int) -> Picture:
    """Every picture gets its turn; of a few turns the first are not all of one sitting."""
    return pictures[index * _STRIDE % len(pictures)]


def upright(picture: Picture) -> Picture:
    """The picture, marked as one that is not turned."""
    return dataclasses.replace(picture, upright=True)


def _composed(rng: np.random.Generator, given: Material, side: int, index: int) -> Picture:
    return worn(rng, compose(rng, given.cutouts, empty_board(rng, given), (side, side), int(rng.integers(1, 5)), (0.85, 1.15)))


def _composed_frame(rng: np.random.Generator, given: Material, side: int, index: int) -> Picture:
    return letterboxed(worn(rng, compose(rng, given.cutouts, empty_board(rng, given), FRAME, int(rng.integers(1, 7)), (0.88, 1.12))), side)


def _composed_far(rng: np.random.Generator, given: Material, side: int, index: int) -> Picture:
    """A frame of a board that stands further away."""
    return letterboxed(worn(rng, compose(rng, given.cutouts, empty_board(rng, given), FRAME, int(rng.integers(2, 9)), _FAR)), side)


def _mixed(rng: np.random.Generator, given: Material, side: int, index: int) -> Picture:
    return worn(rng, _compose_mixed(rng, given, (side, side), 4))


def _mixed_frame(rng: np.random.Generator, given: Material, side: int, index: int) -> Picture:
    return letterboxed(worn(rng, _compose_mixed(rng, given, FRAME, 6)), side)


def _mixed_far(rng: np.random.Generator, given: Material, side: int, index: int) -> Picture:
    return letterboxed(worn(rng, _compose_mixed(rng, given, FRAME, 8, _FAR)), side)


def _compose_mixed(
    rng: np.random.Generator, given: Material, size: tuple[int, int], most: int, scale_range: tuple[float, float] = (0.85, 1.15)
) -> Picture:
    """Drawn heads, now and then with real ones among them, on a real or a drawn board: here the drawn ones cover each other too."""
    heads = [*given.drawn_cutouts, *given.cutouts] if given.cutouts and rng.random() < 0.4 else given.drawn_cutouts
    board = (
        empty_board(rng, given) if given.boards and rng.random() < 0.4 else given.drawn_boards[int(rng.integers(len(given.drawn_boards)))]
    )
    return compose(rng, heads, board, size, int(rng.integers(1, most + 1)), scale_range)


def _empty(rng: np.random.Generator, given: Material, side: int, index: int) -> Picture:
    return worn(rng, fitted(Picture(empty_board(rng, given), ()), side))


def _empty_frame(rng: np.random.Generator, given: Material, side: int, index: int) -> Picture:
    return letterboxed(worn(rng, Picture(extend(empty_board(rng, given), *FRAME).copy(), ())), side)


def _simulated(rng: np.random.Generator, given: Material, side: int, index: int) -> Picture:
    return simulated(rng, side, side, (0.85, 1.15))


def _simulated_frame(rng: np.random.Generator, given: Material, side: int, index: int) -> Picture:
    return letterboxed(simulated(rng, *FRAME, (0.78, 1.12)), side)


_MAKERS = {
    "real": _real,
    "real_moved": _real_moved,
    "composed": _composed,
    "composed_frame": _composed_frame,
    "composed_far": _composed_far,
    "board": _empty,
    "board_frame": _empty_frame,
    "mixed": _mixed,
    "mixed_frame": _mixed_frame,
    "mixed_far": _mixed_far,
    "simulated": _simulated,
    "simulated_frame": _simulated_frame,
}


def _drawn_head(label: str, look: int) -> np.ndarray:
    """A simulator's head as a cut-out: BGRA premultiplied, in the middle of SIDE x SIDE px."""
    head = sprite(label, look)
    alpha = head[:, :, 3:].astype(np.uint16)
    patch = np.zeros((SIDE, SIDE, 4), np.uint8)
    edge = (SIDE - head.shape[0]) // 2
    patch[edge : edge + head.shape[0], edge : edge + head.shape[1]] = np.dstack([(head[:, :, :3] * alpha // 255).astype(np.uint8), alpha])
    return patch


def _drawn_board(seed: int) -> np.ndarray:
    rng = np.random.default_rng([8, seed])
    tint = np.clip(np.array([116, 152, 151]) + rng.normal(0, 15, 3), 20, 235)
    settings = BoardSettings(seed=1000 + seed, tint_bgr=tint.tolist(), grain=rng.uniform(0.3, 2), seams=int(rng.integers(6)))
    return draw_board(settings, *FRAME)


def _can_be_made(kind: str, given: Material) -> bool:
    needed = _MADE_OF.get(kind.split("_")[0])
    return needed is None or len(getattr(given, needed)) > 0


def empty_board(rng: np.random.Generator, given: Material) -> np.ndarray:
    """A picture of the empty board; a drawn one where there are no real ones."""
    if not given.boards:
        return given.drawn_boards[int(rng.integers(len(given.drawn_boards)))]
    board = given.boards[int(rng.integers(len(given.boards)))]
    return cv2.flip(board, int(rng.integers(-1, 2))) if rng.random() < 0.75 else board


def fitted(picture: Picture, side: int) -> Picture:
    """A picture as the robot's detector gives it to a net of this side."""
    return picture if picture.image.shape[:2] == (side, side) else letterboxed(picture, side)


def worn(rng: np.random.Generator, picture: Picture, strength: float = 1.0) -> Picture:
    """The picture as another light and camera would take it, now and then with the laser's spot. strength: see wear.photograph."""
    image = picture.image.copy()
    if rng.random() < 0.2:
        shine(rng, image, picture.boxes)
    return Picture(photograph(rng, image, strength), picture.boxes)
