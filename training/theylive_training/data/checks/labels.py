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

"""Faults of the labels, as far as they show without looking at the pictures."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from theylive_training.data.checks.finding import ERROR, NOTE, WARNING, Finding, any_of
from theylive_training.data.checks.rows import Layout, Look, Row
from theylive_training.pictures.picture import LABELS, Box, inside

_SAME_CENTRE = 1.0  # px by which two layouts may differ about one head: CSV has whole px
_SAME_PLACE = 0.25  # of a box, within which two boxes are about one head
_OUTLIER = 6.0  # times the median deviation, of a box's side


def frame(layout: Layout, looks: Mapping[Path, Look]) -> list[Finding]:
    """Boxes that cannot be, lie outside their picture, or reach beyond it."""
    broken, outside, leaving, heads = [], [], [], 0
    for row, size in _sized(layout, looks):
        for box in row.boxes:
            heads += 1
            if not all(map(math.isfinite, box[1:])) or min(box.width, box.height) <= 0:
                broken.append(row.name)
            elif not (0 <= box.x <= size[0] and 0 <= box.y <= size[1]):
                outside.append(row.name)
            elif inside(box, size) < 0.999:
                leaving.append(row.name)
    found = any_of(broken, "no-box", ERROR, layout.name, heads, "boxes have no size or no place", "label these pictures again")
    found += any_of(
        outside, "outside", ERROR, layout.name, heads, "labels have their centre outside the picture", "label these pictures again"
    )
    return found + any_of(
        leaving,
        "box-leaves",
        NOTE,
        layout.name,
        heads,
        "boxes reach beyond the picture",
        "none needed where the centre matters; a score by overlap clips them",
    )


def box_sizes(layout: Layout) -> list[Finding]:
    """Boxes all alike, which is a convention and no measurement; or a few far from the others."""
    boxes = [(r.name, b) for r in layout.rows for b in r.boxes if min(b.width, b.height) > 0]
    if len(boxes) < 10:
        return []
    sides = np.array([math.sqrt(b.width * b.height) for _, b in boxes])
    median = float(np.median(sides))
    apart = np.abs(sides - median)
    spread = max(float(np.median(apart)), 0.01 * median)
    found = any_of(
        (boxes[i][0] for i in np.flatnonzero(apart > _OUTLIER * spread)),
        "box-size",
        WARNING,
        layout.name,
        len(boxes),
        f"boxes are far from the usual {median:.0f} px",
        "look whether they were drawn wrong",
    )
    if apart.max() < 0.5:
        side = f"{boxes[0][1].width:.0f}x{boxes[0][1].height:.0f}"
        found.append(
            Finding(
                "fixed-box",
                NOTE,
                layout.name,
                len(boxes),
                len(boxes),
                f"boxes are {side} px, every one: a convention, not the heads' outline; overlap scores judge the centre alone",
                "`convert` can measure boxes from the pictures",
            )
        )
    return found


def heads_per_picture(layout: Layout) -> list[Finding]:
    """Kinds of picture that a detector meets at work and this layout lacks."""
    heads = [len(r.boxes) for r in layout.rows]
    found = []
    if heads and max(heads) < 2:
        each = "exactly one head" if min(heads) == 1 else "one head or none"
        detail = f"pictures hold {each}: none has two, none an alien beside John"
        found.append(
            Finding("single-head", WARNING, layout.name, len(heads), len(heads), detail, "`synth` composes pictures with several heads")
        )
    if heads and min(heads) > 0:
        detail = "pictures hold a head: none shows the empty board, so nothing teaches a net to stay silent"
        found.append(Finding("no-empty", WARNING, layout.name, len(heads), len(heads), detail, "add backgrounds, with empty label files"))
    return found


def twice(layout: Layout) -> list[Finding]:
    """Two labels of one picture about one head."""
    same, contrary = [], []
    for row in layout.rows:
        for i, a in enumerate(row.boxes):
            for b in row.boxes[i + 1 :]:
                if math.hypot(a.x - b.x, a.y - b.y) <= _SAME_PLACE * max(a.width, b.width):
                    (same if a.label == b.label else contrary).append(row.name)
    of = len(layout.rows)
    found = any_of(same, "labelled-twice", WARNING, layout.name, of, "pictures have a head labelled twice", "delete one of the two labels")
    return found + any_of(
        contrary,
        "contradiction",
        ERROR,
        layout.name,
        of,
        "pictures have one head labelled as two classes",
        "look which is right and delete the other label",
    )


def between_layouts(layouts: Sequence[Layout], looks: Mapping[Path, Look]) -> tuple[list[Finding], int]:
    """Pictures that two layouts label differently, and how many pictures (by their bytes) stand in more than one layout."""
    says: dict[str, list[tuple[Layout, Row]]] = defaultdict(list)
    for layout in layouts:
        for row in layout.rows:
            if row.path in looks:
                says[looks[row.path].sha256].append((layout, row))
    shared, contrary = 0, []
    for rows in says.values():
        first, _ = rows[0]
        others = [row for layout, row in rows if layout is not first]
        shared += bool(others)
        if any(not _agree(rows[0][1].boxes, row.boxes) for row in others):
            contrary.append(rows[0][1].name)
    names = " and ".join(layout.name for layout in layouts)
    detail = f"pictures are labelled differently in {names} (class, number of heads, or centres more than {_SAME_CENTRE:g} px apart)"
    cure = "look which layout is right and convert the other from it"
    return any_of(contrary, "contradiction", ERROR, "", shared, detail, cure), shared


def class_counts(rows: Sequence[Row]) -> dict[str, int]:
    """Heads per class, and "empty": pictures without any."""
    counts = Counter(b.label for r in rows for b in r.boxes)
    return {**{label: counts[label] for label in LABELS}, "empty": sum(not r.boxes for r in rows)}


def _agree(a: Sequence[Box], b: Sequence[Box]) -> bool:
    """Whether two lists of boxes are about the same heads, in any order."""
    left = list(b)
    for box in a:
        match = next((o for o in left if o.label == box.label and math.hypot(o.x - box.x, o.y - box.y) <= _SAME_CENTRE), None)
        if match is None:
            return False
        left.remove(match)
    return not left


def _sized(layout: Layout, looks: Mapping[Path, Look]) -> list[tuple[Row, tuple[int, int]]]:
    return [(r, looks[r.path].size) for r in layout.rows if r.path in looks and looks[r.path].size]
