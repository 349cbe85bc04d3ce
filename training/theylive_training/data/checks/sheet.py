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

"""The audit as one picture: where heads lie, how clicks scatter, the worst pictures first, then some of each class, labels drawn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePath

import cv2
import numpy as np

from theylive_training.data import phash
from theylive_training.data.checks.audit import Audit
from theylive_training.data.checks.panel import draw_panel
from theylive_training.data.checks.parts import divided
from theylive_training.data.checks.rows import Look, Row
from theylive_training.pictures.picture import LABELS

_TILE, _COLUMNS, _BAND = 200, 8, 30
_WORST = 24
_COLOURS = {"alien": (60, 60, 255), "john": (80, 220, 80)}  # BGR
_PAPER, _INK = (255, 255, 255), (40, 40, 40)
# Findings about single pictures, which a person should look at; others are about the set as a whole.
_ODD = (
    "contradiction",
    "wrong-class",
    "nothing-there",
    "unlabelled",
    "outside",
    "no-box",
    "truncated",
    "missed-click",
    "labelled-twice",
    "box-size",
    "far-out",
    "size",
    "duplicate",
    "leak-exact",
)


def render(audit: Audit) -> np.ndarray:
    """The sheet, uint8 (height, width, 3) BGR, 1600 px wide."""
    rows = audit.rows
    blocks = [draw_panel(audit, _TILE * _COLUMNS)]
    worst = _worst(audit)
    if worst:
        blocks += [_band("Look at these: the worst first"), *_tiles(worst)]
    pairs = _closest_pairs(audit)
    if pairs:
        blocks += [_band("Judged by (above) and learned (below): the most alike by hash"), *_pairs(pairs)]
    for label in LABELS:
        some = _spread([r for r in rows if any(b.label == label for b in r.boxes)], 2 * _COLUMNS)
        if some:
            blocks += [_band(f"{label}: some of all, in order of capture"), *_tiles([(r, "") for r in some])]
    empty = _spread([r for r in rows if not r.boxes], _COLUMNS)
    if empty:
        blocks += [_band("empty: some of all"), *_tiles([(r, "") for r in empty])]
    return np.vstack(blocks)


def encoded(audit: Audit, suffix: str) -> bytes:
    """The sheet as a file's content; suffix: .png, .jpg or .jpeg."""
    return cv2.imencode(suffix, render(audit), [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()


def draw(path: Path, boxes: Sequence[tuple[str, float, float, float, float]], side: int = _TILE) -> np.ndarray:
    """A picture shrunk into a square of `side` px with its boxes and centres, uint8 (side, side, 3) BGR; grey where it cannot be read."""
    tile = np.full((side, side, 3), 160, np.uint8)
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        return tile
    scale = side / max(image.shape[:2])
    size = max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1)
    tile[: size[1], : size[0]] = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    for label, *numbers in boxes:
        if not np.isfinite(numbers).all():
            continue
        x, y, w, h = np.clip(np.array(numbers) * scale, -4 * side, 4 * side)
        colour = _COLOURS[label]
        corners = np.rint([x - w / 2, y - h / 2, x + w / 2, y + h / 2]).astype(int).tolist()
        cv2.rectangle(tile, tuple(corners[:2]), tuple(corners[2:]), colour, 1, cv2.LINE_AA)
        cv2.drawMarker(tile, (round(float(x)), round(float(y))), (255, 255, 255), cv2.MARKER_CROSS, 9, 1)
    return tile


def _worst(audit: Audit) -> list[tuple[Row, str]]:
    named: dict[str, Row] = {}
    for layout in audit.layouts:
        for row in layout.rows:
            if row.path in audit.looks:
                named.setdefault(row.name, row)
    found = {}
    for kind in _ODD:
        for finding in (f for f in audit.findings if f.kind == kind):
            for name in finding.names:
                if name in named:
                    found.setdefault(name, (named[name], kind))
    return list(found.values())[:_WORST]


def _closest_pairs(audit: Audit) -> list[tuple[Row, Row, int]]:
    """Of the first divided layout, the pictures of the second part that are most like one of the first, by hash."""
    for layout in audit.layouts:
        parts = [[r for r in rows if _bits(audit, r) is not None] for rows in divided(layout).values()]
        parts = [rows for rows in parts if rows]
        if len(parts) > 1:
            apart = phash.distances(*(np.stack([_bits(audit, r) for r in rows]) for rows in (parts[1], parts[0])))
            order = np.argsort(apart.min(axis=1), kind="stable")[:_COLUMNS]
            return [(parts[1][i], parts[0][int(apart[i].argmin())], int(apart[i].min())) for i in order]
    return []


def _bits(audit: Audit, row: Row) -> np.ndarray | None:
    look: Look | None = audit.looks.get(row.path)
    return look.bits if look else None


def _pairs(pairs: Sequence[tuple[Row, Row, int]]) -> list[np.ndarray]:
    above = [(a, f"{bits} of {phash.BITS} bits apart") for a, _, bits in pairs]
    return _tiles(above) + _tiles([(b, "") for _, b, _ in pairs])


def _tiles(rows: Sequence[tuple[Row, str]]) -> list[np.ndarray]:
    """Lines of tiles, each with a word above the picture's name."""
    lines = []
    for first in range(0, len(rows), _COLUMNS):
        tiles = []
        for row, word in rows[first : first + _COLUMNS]:
            tile = draw(row.path, row.boxes)
            for text, y in ((word, 13), (_tail(row.name), _TILE - 6)):
                cv2.putText(tile, text, (4, y), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (0, 0, 0), 3, cv2.LINE_AA)
                cv2.putText(tile, text, (4, y), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (255, 255, 255), 1, cv2.LINE_AA)
            tiles.append(tile)
        tiles += [np.full((_TILE, _TILE, 3), 255, np.uint8)] * (_COLUMNS - len(tiles))
        lines.append(np.hstack(tiles))
    return lines


def _tail(name: str) -> str:
    """As much of a name's end as fits, without folder and suffix."""
    short = PurePath(name).stem.encode("ascii", "replace").decode()
    return short if len(short) <= 28 else "..." + short[-25:]


def _band(words: str) -> np.ndarray:
    band = np.full((_BAND, _TILE * _COLUMNS, 3), _PAPER, np.uint8)
    cv2.putText(band, words, (6, 21), cv2.FONT_HERSHEY_SIMPLEX, 0.6, _INK, 1, cv2.LINE_AA)
    return band


def _spread(rows: Sequence[Row], count: int) -> list[Row]:
    """At most `count`, evenly from first to last."""
    return [rows[i] for i in np.linspace(0, len(rows) - 1, min(len(rows), count)).astype(int)]
