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

"""The pictures that a model does worst on, with what is there and what it said, and why they are here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import cv2
import numpy as np

from theylive_ros.types import Detection
from theylive_training.judge.match import match
from theylive_training.judge.measure import Sighting, said_of
from theylive_training.nets.spec import BACKGROUND
from theylive_training.pictures.picture import Box, Picture

_COLOURS = {"alien": (80, 80, 255), "john": (80, 220, 80)}  # BGR
_TRUTH, _INK, _PAPER = (255, 255, 255), (235, 235, 235), (32, 32, 32)
_LEAST_WIDTH = 720
_CELL, _PICTURE, _STRIP, _GAP = 336, 252, 40, 6  # px: width, height of the picture, of its caption, space between
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_LEAST_DRAWN = 0.25  # score of a box that is drawn, faintly, though it does not count


class Fault(NamedTuple):
    """badness: for ranking; one pixel of a centre's error is 1. words: for a person."""

    badness: float
    words: str


class Bad(NamedTuple):
    """A picture with the worst of its faults. name: of its file, or its number in the set."""

    fault: Fault
    name: str
    sighting: Sighting


def worst(seen: Sequence[Sighting], names: Sequence[str] | None, threshold: float, exhaustive: bool, count: int) -> list[Bad]:
    """The `count` pictures of a set with the gravest faults, gravest first. names: of all its pictures, None where they have none."""
    found = []
    for number, sighting in enumerate(seen):
        faults = list(_of_detector(sighting, threshold) if exhaustive else _of_classifier(sighting, threshold))
        if faults:
            found.append(Bad(max(faults), names[number] if names and len(names) == len(seen) else f"number {number}", sighting))
    return sorted(found, key=lambda bad: -bad.fault.badness)[:count]


def draw(title: str, bad: Sequence[Bad], threshold: float, columns: int = 4) -> np.ndarray:
    """One or more of them on one BGR page: what is there in white, what was said in colour, faint where its score does not count."""
    cells = [_cell(b, threshold) for b in bad]
    columns = max(1, min(columns, len(cells)))
    blank = np.full((_PICTURE + _STRIP, _CELL, 3), _PAPER, np.uint8)
    cells += [blank] * (-len(cells) % columns)
    edge = {"top": 0, "left": 0, "bottom": _GAP, "right": _GAP, "borderType": cv2.BORDER_CONSTANT, "value": _PAPER}
    rows = [np.hstack([cv2.copyMakeBorder(c, **edge) for c in cells[i : i + columns]]) for i in range(0, len(cells), columns)]
    width = max(rows[0].shape[1], _LEAST_WIDTH)
    title = f"{title}: the {len(bad)} worst pictures"
    head = np.full((_STRIP, width, 3), _PAPER, np.uint8)
    cv2.putText(head, title, (8, 26), _FONT, 0.55, _INK, 1, cv2.LINE_AA)
    left = 8 + cv2.getTextSize(title, _FONT, 0.55, 1)[0][0] + 30
    for words, colour in (("there", _TRUTH), ("said: alien", _COLOURS["alien"]), ("john", _COLOURS["john"])):
        cv2.putText(head, words, (left, 26), _FONT, 0.5, colour, 1, cv2.LINE_AA)
        left += cv2.getTextSize(words, _FONT, 0.5, 1)[0][0] + 18
    pad = {**edge, "bottom": 0}
    return np.vstack([head, *(cv2.copyMakeBorder(r, **{**pad, "right": width - r.shape[1]}) for r in rows)])


def _of_detector(sighting: Sighting, threshold: float) -> Iterator[Fault]:
    m = match(sighting.picture, [d for d in sighting.found if d.score >= threshold])
    answered = ~m.counted
    for i, d in enumerate(m.detections):
        owner, other = m.owner[i, 0], m.confused_with(i)
        if owner >= 0:
            answered[owner] = True
            if m.counted[owner]:
                yield _off(m.heads[owner], d)
        elif other >= 0:
            answered[other] = True
            there = m.heads[other].label
            yield Fault((100 if there == "john" else 70) + d.score, f"{there} called {d.label} {d.score:.2f}")
        elif len(m.heads) and m.overlap[:, i].max() >= 0.5:
            yield Fault(75 + d.score, f"{d.label} said twice {d.score:.2f}")
        else:
            yield Fault(80 + d.score, f"{d.label} {d.score:.2f} where there is none")
    for head, known in zip(m.heads, answered, strict=True):
        if not known:
            near = [d.score for d in sighting.found if d.label == head.label and abs(d.x - head.x) + abs(d.y - head.y) < head.width / 2]
            yield Fault(60 - max(near, default=0.0), f"{head.label} missed ({f'score {max(near):.2f}' if near else 'not seen'})")


def _of_classifier(sighting: Sighting, threshold: float) -> Iterator[Fault]:
    said = said_of(sighting, threshold)
    there = sighting.picture.boxes[0].label if sighting.picture.boxes else BACKGROUND
    score = f" {sighting.found[0].score:.2f}" if sighting.found else ""
    if said != there:
        yield Fault(100 if (there, said) == ("john", "alien") else 70, f"{there} called {said}{score}")
    elif sighting.picture.boxes:
        yield _off(sighting.picture.boxes[0], sighting.found[0])


def _off(head: Box, d: Detection) -> Fault:
    away = float(np.hypot(d.x - head.x, d.y - head.y))
    return Fault(away, f"{head.label}'s centre {away:.1f} px off")


def _cell(bad: Bad, threshold: float) -> np.ndarray:
    image, scale, (left, top) = _fitted(bad.sighting.picture)
    for head in bad.sighting.picture.boxes:
        _frame(image, head, scale, (left, top), _TRUTH, 1)
        centre = round(head.x * scale + left), round(head.y * scale + top)
        cv2.drawMarker(image, centre, _TRUTH, cv2.MARKER_CROSS, 11, 1, cv2.LINE_AA)
    for d in bad.sighting.found:
        if d.score >= min(threshold, _LEAST_DRAWN):
            faint = d.score < threshold
            colour = tuple(int(c * 0.6) for c in _COLOURS[d.label]) if faint else _COLOURS[d.label]
            x, y = _frame(image, d, scale, (left, top), colour, 1 if faint else 2)
            cv2.circle(image, (round(d.x * scale + left), round(d.y * scale + top)), 3, colour, -1, cv2.LINE_AA)
            at = min(max(x, 2), _CELL - 70), min(max(y - 5, 12), _PICTURE - 4)
            cv2.putText(image, f"{d.label} {d.score:.2f}", at, _FONT, 0.42, (0, 0, 0), 3, cv2.LINE_AA)
            cv2.putText(image, f"{d.label} {d.score:.2f}", at, _FONT, 0.42, colour, 1, cv2.LINE_AA)
    strip = np.full((_STRIP, _CELL, 3), _PAPER, np.uint8)
    cv2.putText(strip, bad.fault.words, (4, 15), _FONT, 0.47, _INK, 1, cv2.LINE_AA)
    cv2.putText(strip, bad.name[:52], (4, 33), _FONT, 0.38, (160, 160, 160), 1, cv2.LINE_AA)
    return np.vstack([image, strip])


def _fitted(picture: Picture) -> tuple[np.ndarray, float, tuple[int, int]]:
    """The picture in the middle of a cell, the scale, and where its corner lies."""
    height, width = picture.image.shape[:2]
    scale = min(_CELL / width, _PICTURE / height)
    inner = cv2.resize(picture.image, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_CUBIC)
    left, top = (_CELL - inner.shape[1]) // 2, (_PICTURE - inner.shape[0]) // 2
    canvas = np.full((_PICTURE, _CELL, 3), _PAPER, np.uint8)
    canvas[top : top + inner.shape[0], left : left + inner.shape[1]] = inner
    return canvas, scale, (left, top)


def _frame(
    image: np.ndarray, box: Box | Detection, scale: float, corner: tuple[int, int], colour: tuple[int, int, int], thickness: int
) -> tuple[int, int]:
    """Draw a box; returns its corner on the top left."""
    x0, y0 = round((box.x - box.width / 2) * scale + corner[0]), round((box.y - box.height / 2) * scale + corner[1])
    x1, y1 = round((box.x + box.width / 2) * scale + corner[0]), round((box.y + box.height / 2) * scale + corner[1])
    cv2.rectangle(image, (x0, y0), (x1, y1), colour, thickness, cv2.LINE_AA)
    return x0, y0
