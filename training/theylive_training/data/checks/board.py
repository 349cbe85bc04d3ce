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

"""Labels against pictures: is there a head where the label says, and none where it says nothing?

A head is what differs from the board, and the board is the median of the pictures taken before and after, without what lies under
their labels. This holds while the camera stands still; where it does not, pictures differ from the median everywhere, and are not judged.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from theylive_training.data.checks.finding import ERROR, NOTE, WARNING, Finding, any_of
from theylive_training.data.checks.rows import Look, Row

_NEAR = 32  # pictures that show one board
_PAUSE = 600.0  # s, in which somebody may have moved it
_LEAST = 5  # of them must show a pixel bare
_NOTHING = 0.3  # of what heads usually differ by: less is none
_SOMETHING = 0.6  # of it: so much is a head
_RESTLESS = 0.25  # of it, which half of the pictures' bare board must not reach
_KNOWN = 0.7  # share of a box whose board must be known


@dataclasses.dataclass(frozen=True, eq=False)
class _Seen:
    """Of one picture: how much it differs under its labels (nan where unknown), at most elsewhere, and usually elsewhere."""

    row: Row
    at_labels: tuple[float, ...]
    elsewhere: float
    bare: float


def compare(rows: Sequence[Row], looks: Mapping[Path, Look], where: str) -> list[Finding]:
    """Labels without a head and heads without a label; or a note where the pictures do not allow to tell."""
    usable = [r for r in rows if r.path in looks and looks[r.path].small is not None]
    boxes = [b.width for r in usable for b in r.boxes]
    if len(boxes) < _LEAST:
        return []
    box = float(np.median(boxes))
    seen = [s for group in _groups(usable, looks) for s in _see(group, looks, box)]
    strengths = [v for s in seen for v in s.at_labels if np.isfinite(v)]
    usual = float(np.median(strengths)) if len(strengths) >= _LEAST else 0.0
    if usual < 4 or float(np.median([s.bare for s in seen])) > _RESTLESS * usual:
        detail = "pictures could not be compared with their board: too few show it bare, or the camera moved"
        return [Finding("board-unknown", NOTE, where, len(usable), len(usable), detail, "none needed; look at the contact sheet instead")]
    still = [s for s in seen if s.bare <= _RESTLESS * usual]
    empty = [s.row.name for s in still if any(v < _NOTHING * usual for v in s.at_labels)]
    more = [s.row.name for s in still if s.elsewhere > _SOMETHING * usual]
    of, cure = len(still), "look at these pictures and label them again"
    found = any_of(empty, "nothing-there", ERROR, where, of, "pictures have a label where nothing differs from the board", cure)
    return found + any_of(more, "unlabelled", WARNING, where, of, "pictures seem to show a head that has no label", cure)


def _groups(rows: Sequence[Row], looks: Mapping[Path, Look]) -> list[list[Row]]:
    """Neighbours in order of capture, of one size and without a long pause between them."""
    series: list[list[Row]] = []
    for row in rows:
        if not series or not _is_next(looks[series[-1][-1].path], looks[row.path]):
            series.append([])
        series[-1].append(row)
    groups = []
    for same in series:
        count = max(len(same) // _NEAR, 1)
        groups += [[same[i] for i in part] for part in np.array_split(np.arange(len(same)), count)]
    return [g for g in groups if len(g) >= _LEAST]


def _is_next(before: Look, after: Look) -> bool:
    if before.size != after.size or (before.taken is None) != (after.taken is None):
        return False
    return before.taken is None or abs(after.taken - before.taken) <= _PAUSE


def _see(rows: Sequence[Row], looks: Mapping[Path, Look], box: float) -> list[_Seen]:
    images = np.stack([looks[r.path].small for r in rows])
    shape = images.shape[1:]
    scale = shape[1] / looks[rows[0].path].size[0]
    side = max(round(box * scale), 1), max(round(box * scale), 1)
    covered = np.stack([_cover(r, shape, scale * 1.2, scale) for r in rows])
    board, known = _bare_board(images, covered)
    share = cv2.blur(known.astype(np.float32), side)
    seen = []
    for row, image, cover in zip(rows, images, covered, strict=True):
        some = np.flatnonzero(known & ~cover)[::7]
        if len(some) < 16:
            continue
        gain = float(np.median((image.flat[some] + 1.0) / (board.flat[some] + 1.0)))  # the automatic exposure moves between pictures
        difference = np.where(known, np.abs(image - board * gain), 0).astype(np.float32)
        summed = cv2.blur(difference, side)
        values = []
        for b in row.boxes:
            x, y = (int(np.clip(v * scale, 0, n - 1)) if np.isfinite(v) else 0 for v, n in ((b.x, shape[1]), (b.y, shape[0])))
            values.append(float(summed[y, x] / share[y, x]) if share[y, x] >= _KNOWN else np.nan)
        free = ~_cover(row, shape, scale * 2.2, scale) & (share >= _KNOWN)
        seen.append(_Seen(row, tuple(values), float(summed[free].max(initial=0)), float(np.median(difference.flat[some]))))
    return seen


def _bare_board(images: np.ndarray, covered: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The median of (n, h, w) uint8 where not `covered`, float32 (h, w), and where enough pictures show it, bool (h, w)."""
    bare = (~covered).sum(axis=0)
    ranked = np.sort(np.where(covered, 255, images), axis=0)  # what is covered goes last
    middle = np.clip((bare - 1) // 2, 0, None)
    return np.take_along_axis(ranked, middle[None], axis=0)[0].astype(np.float32), bare >= _LEAST


def _cover(row: Row, shape: tuple[int, ...], size: float, place: float) -> np.ndarray:
    """Where the row's boxes lie in the small picture, their sizes and places multiplied so: bool (h, w)."""
    mask = np.zeros(shape, bool)
    for b in row.boxes:
        if all(np.isfinite(b[1:])):
            x, y, w, h = b.x * place, b.y * place, b.width / 2 * size, b.height / 2 * size
            mask[max(round(y - h), 0) : max(round(y + h), 0), max(round(x - w), 0) : max(round(x + w), 0)] = True
    return mask
