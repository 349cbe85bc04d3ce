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

"""A contact sheet: some pictures of each kind with their labels drawn, for a person to look at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from theylive_training.pictures.picture import Picture
from theylive_training.whole_file import write_whole

_COLOURS = {"alien": (60, 60, 255), "john": (80, 220, 80)}  # BGR
_STRIP, _GAP = 20, 4  # height of a row's title, and space between pictures (px)
_PAPER = 32


def save_sheet(
    pictures: Sequence[Picture], kinds: dict[str, int], path: Path, columns: int = 8, totals: dict[str, int] | None = None
) -> None:
    """One row per kind; `pictures` lie in the order of `kinds`, which says how many there are of each.

    totals: how many there are in all, where `pictures` are a choice.

    The file, .jpg or .png, is written whole or not at all. Raises TrainingError.
    """
    rows, first = [], 0
    totals = totals or kinds
    for kind, count in kinds.items():
        chosen = np.unique(np.linspace(first, first + count - 1, columns).astype(int)) if count else []
        if len(chosen):
            rows.append(_row(f"{kind.replace('_', ' ')}: {totals[kind]} of {sum(totals.values())}", [draw(pictures[i]) for i in chosen]))
        first += count
    if not rows:
        return
    width = max(r.shape[1] for r in rows)
    sheet = np.vstack([cv2.copyMakeBorder(r, 0, 0, 0, width - r.shape[1], cv2.BORDER_CONSTANT, value=(_PAPER,) * 3) for r in rows])
    _put_legend(sheet)
    _write(sheet, path)


def draw(picture: Picture) -> np.ndarray:
    """A copy of the picture with its boxes, red for aliens and green for John, and their centres."""
    image = picture.image.copy()
    for b in picture.boxes:
        corners = np.rint([b.x - b.width / 2, b.y - b.height / 2, b.x + b.width / 2, b.y + b.height / 2]).astype(int).tolist()
        cv2.rectangle(image, tuple(corners[:2]), tuple(corners[2:]), _COLOURS[b.label], 1)
        cv2.drawMarker(image, (int(b.x), int(b.y)), (255, 120, 0), cv2.MARKER_CROSS, 7, 1)
    return image


def _row(title: str, images: Sequence[np.ndarray]) -> np.ndarray:
    height = max(i.shape[0] for i in images)
    cells = [cv2.copyMakeBorder(i, 0, height - i.shape[0] + _GAP, 0, _GAP, cv2.BORDER_CONSTANT, value=(_PAPER,) * 3) for i in images]
    strip = np.full((_STRIP, sum(c.shape[1] for c in cells), 3), _PAPER, np.uint8)
    _text(strip, title, 4, (235, 235, 235))
    return np.vstack([strip, np.hstack(cells)])


def _put_legend(sheet: np.ndarray) -> None:
    for k, (label, colour) in enumerate(_COLOURS.items()):
        _text(sheet, label, sheet.shape[1] - 110 + 60 * k, colour)


def _text(image: np.ndarray, words: str, x: int, colour: tuple[int, int, int]) -> None:
    cv2.putText(image, words, (x, _STRIP - 6), cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, 1, cv2.LINE_AA)


def _write(image: np.ndarray, path: Path) -> None:
    kind = ".jpg" if path.suffix.lower() in (".jpg", ".jpeg") else ".png"
    encoded = cv2.imencode(kind, image)[1].tobytes()
    write_whole(path, lambda file: file.write(encoded), "give a folder of your own")
