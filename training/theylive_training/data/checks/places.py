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

"""Where on the frame the labelled centres lie: what a net never saw there, and centres far from all others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from theylive_training.data.checks.finding import NOTE, WARNING, Finding, any_of
from theylive_training.data.checks.rows import Row
from theylive_training.pictures.picture import LABELS

CELLS = 7  # across and down: of 32 px in the public set
_FAR = 6.0  # robust standard deviations


def heat(rows: Sequence[Row], size: tuple[int, int], label: str | None = None) -> np.ndarray:
    """How many centres (of one label, or of all) lie in each cell of a frame of `size` (width, height): int (CELLS, CELLS)."""
    centres = _centres(rows, label)
    if not len(centres):
        return np.zeros((CELLS, CELLS), int)
    span = [(0, size[1]), (0, size[0])]
    return np.histogram2d(centres[:, 1], centres[:, 0], bins=CELLS, range=span)[0].astype(int)


def unseen(rows: Sequence[Row], size: tuple[int, int], where: str) -> list[Finding]:
    """Cells of the frame in which no head's centre lies, per class."""
    found = []
    for label in LABELS:
        counts = heat(rows, size, label)
        cells = [f"row {y + 1} column {x + 1}" for y, x in np.argwhere(counts == 0)]
        if counts.any():
            edge = sum(not (0 < y < CELLS - 1 and 0 < x < CELLS - 1) for y, x in np.argwhere(counts == 0))
            found += any_of(
                cells,
                "unseen-place",
                NOTE,
                where,
                CELLS * CELLS,
                f"cells of the frame have no {label}'s centre ({edge} of them at the edge)",
                "take some pictures there, or let `synth` compose them",
            )
    return found


def far_out(rows: Sequence[Row], where: str) -> list[Finding]:
    """Centres that lie far from where all others do."""
    named = [(r.name, b.x, b.y) for r in rows for b in r.boxes]
    if len(named) < 10:
        return []
    centres = np.array([(x, y) for _, x, y in named])
    middle = np.median(centres, axis=0)
    spread = np.maximum(1.4826 * np.median(np.abs(centres - middle), axis=0), 4.0)
    away = (np.abs(centres - middle) / spread).max(axis=1)
    detail = f"centres are more than {_FAR:g} standard deviations from where the others lie"
    return any_of((named[i][0] for i in np.flatnonzero(away > _FAR)), "far-out", WARNING, where, len(named), detail, "look at these labels")


def _centres(rows: Sequence[Row], label: str | None) -> np.ndarray:
    return np.array([(b.x, b.y) for r in rows for b in r.boxes if label is None or b.label == label], float).reshape(-1, 2)
