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

"""The pictures that a model is judged by, in named sets; from real ones only of the part of the split that is asked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from theylive_training.data.dataset import Dataset, Part
from theylive_training.judge.match import LEAST_INSIDE
from theylive_training.pictures.compose import compose, extend
from theylive_training.pictures.cutout import Cutout, cut_out
from theylive_training.pictures.picture import Picture, inside
from theylive_training.pictures.pool import FRAME, simulated
from theylive_training.pictures.wear import photograph, shine

VALIDATION, BACKGROUNDS, COMPOSED, CROWDED, SIMULATED = SETS = ("validation", "backgrounds", "composed", "crowded", "simulated")
PARTS = ("train", "val", "test")
_APART = 7_000_000  # seeds of an exam are this far from those of a pool
_CUT = 0.95  # a head of which less is inside overlaps the frame's edge
_TRIES = 200


def make_exam(
    data: Dataset | None,
    seed: int,
    composed: int = 300,
    renders: int = 400,
    crowded: int = 200,
    part: str = "val",
    sets: Sequence[str] = SETS,
) -> dict[str, list[Picture]]:
    """Those of SETS that are asked for and that there are pictures for, by name. The same data and seed give the same pictures.

    validation: the part's pictures with heads, as the camera took them. backgrounds: its pictures of the empty board, as they are and as
    whole frames. composed: whole frames (320 x 240) of one to five of its heads on its boards, some worn. crowded: frames of three of them,
    which the net sees at 0.7 of their size, one at least overlapping the edge. simulated: whole frames with drawn faces, some of which no
    pool shows; needs no data.
    """
    exam: dict[str, list[Picture]] = {}
    if data is not None:
        own: Part = getattr(data, part)
        boards = [b.read().image for b in own.boards] if {BACKGROUNDS, COMPOSED, CROWDED} & set(sets) else []
        heads = _heads(data, own) if boards and {COMPOSED, CROWDED} & set(sets) else []
        exam[VALIDATION] = [p.read() for p in own.heads] if VALIDATION in sets else []
        exam[BACKGROUNDS] = [Picture(b, ()) for b in boards] + [Picture(extend(b, *FRAME), ()) for b in boards]
        if heads:
            exam[COMPOSED] = [_composed(_chance(seed, 0, i), heads, boards[i % len(boards)], i) for i in range(composed)]
            exam[CROWDED] = [_crowd(_chance(seed, 2, i), heads, boards[i % len(boards)]) for i in range(crowded)]
    if SIMULATED in sets:
        exam[SIMULATED] = [simulated(_chance(seed, 1, i), *FRAME, (0.9, 1.1), looks=160) for i in range(renders)]
    return {name: exam[name] for name in SETS if name in sets and exam.get(name)}


def _heads(data: Dataset, own: Part) -> list[Cutout]:
    """The part's heads; the pictures of all parts tell what the board behind them looks like."""
    everything = sorted({*data.train.heads, *data.val.heads, *data.test.heads}, key=lambda p: p.path.name)
    return cut_out(everything, own.heads)


def _composed(rng: np.random.Generator, heads: Sequence[Cutout], board: np.ndarray, number: int) -> Picture:
    picture = compose(rng, heads, board, FRAME, 1 + number % 5, (0.95, 1.05), any_angle=number % 2 == 1)
    image = picture.image.copy()
    if rng.random() < 0.3:
        shine(rng, image, picture.boxes)
    return Picture(photograph(rng, image, 0.4), picture.boxes)


def _crowd(rng: np.random.Generator, heads: Sequence[Cutout], board: np.ndarray) -> Picture:
    """Three heads that must be found, at least one of them cut by the frame's edge."""
    for _ in range(_TRIES):
        picture = compose(rng, heads, board, FRAME, 3, (1.0, 1.0), any_angle=False)
        shares = [inside(b, FRAME) for b in picture.boxes]
        if len(shares) == 3 and LEAST_INSIDE <= min(shares) < _CUT:
            return picture
    raise AssertionError(f"no crowd in {_TRIES} tries")  # about one in three is one


def _chance(seed: int, kind: int, number: int) -> np.random.Generator:
    return np.random.default_rng([seed + _APART, kind, number])
