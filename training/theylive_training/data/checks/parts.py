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

"""Faults of the division into training, validation and test pictures: classes out of balance, and pictures that leak."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

import numpy as np

from theylive_training.data import phash
from theylive_training.data.checks.finding import ERROR, WARNING, Finding, any_of
from theylive_training.data.checks.labels import class_counts
from theylive_training.data.checks.rows import Layout, Look, Row
from theylive_training.pictures.picture import LABELS

SECONDS = 60.0  # between two captures, below which neither board nor light have changed
_UNLIKELY = 0.001  # chance of a division as uneven as this one, below which it is no chance
_LOPSIDED = 3.0  # times as many heads of one class as of another
_ORDER = ("train", "val", "test")


def by_part(layout: Layout) -> dict[str, list[Row]]:
    """The rows of each part, training first; a single part "" where the layout is not divided."""
    names = sorted({r.part for r in layout.rows}, key=lambda p: (_ORDER.index(p) if p in _ORDER else len(_ORDER), p))
    return {name: [r for r in layout.rows if r.part == name] for name in names}


def named(layout: Layout) -> dict[str, list[Row]]:
    """The same with a word for pictures on no side: "none" where others are on one, else "all"."""
    found = by_part(layout)
    return {name or ("none" if len(found) > 1 else "all"): rows for name, rows in found.items()}


def divided(layout: Layout) -> dict[str, list[Row]]:
    """The same without the pictures that are on no side; the single part "" where the layout is not divided."""
    found = by_part(layout)
    return {name: rows for name, rows in found.items() if name} or found


def balance(layout: Layout) -> list[Finding]:
    """Classes that are rare or lacking, and parts whose shares of classes differ more than chance makes them."""
    parts = {name: class_counts(rows) for name, rows in divided(layout).items()}
    found = []
    for part, counts in parts.items():
        of = sum(counts[label] for label in LABELS)
        where = f"{layout.name} {part}".strip()
        for label in LABELS:
            if of and not counts[label]:
                found.append(Finding("class-missing", WARNING, where, 0, of, f"heads are of class {label}", f"add pictures of {label}"))
        most, least = max(counts[label] for label in LABELS), min(counts[label] for label in LABELS)
        if least and most / least > _LOPSIDED:
            told = ", ".join(f"{counts[label]} {label}" for label in LABELS)
            detail = f"heads are of the rarest class ({told})"
            found.append(Finding("class-balance", WARNING, where, least, of, detail, "add pictures of the rare class"))
    if not parts:  # no picture could be used
        return found
    table = np.array([list(counts.values()) for counts in parts.values()], float).reshape(len(parts), -1)
    chance = chi_square_chance(table)
    if chance < _UNLIKELY:
        told = "; ".join(f"{part}: " + ", ".join(f"{n} {label}" for label, n in c.items() if n) for part, c in parts.items())
        detail = f"parts differ in their shares of classes ({told}; chance {chance:.1g})"
        found.append(Finding("parts-differ", WARNING, layout.name, len(parts), len(parts), detail, "`split` divides each class alike"))
    return found


def leaks(layout: Layout, looks: Mapping[Path, Look], limit: int = phash.NEAR, seconds: float = SECONDS) -> list[Finding]:
    """Pictures of one part that another part has too: byte for byte, within `limit` hash bits, or taken within `seconds` of it."""
    parts = {name: [r for r in rows if r.path in looks and looks[r.path].bits is not None] for name, rows in divided(layout).items()}
    found = []
    for first, second in combinations([n for n, rows in parts.items() if rows], 2):
        found += _leak(layout.name, parts[first], parts[second], looks, limit, seconds)
    return found


def chi_square_chance(table: np.ndarray) -> float:
    """The chance of counts (parts, classes) at least so uneven if classes fell into parts by lot: Pearson's chi-square test.

    1.0 where there is nothing to compare. Rows and columns without any count take no part.
    """
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    freedom = (table.shape[0] - 1) * (table.shape[1] - 1)
    if freedom < 1:
        return 1.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    half = float(((table - expected) ** 2 / expected).sum()) / 2
    # The upper tail grows from 1 or 2 degrees of freedom by two at a time: Q(k + 2) = Q(k) + (x/2)^(k/2) exp(-x/2) / Gamma(k/2 + 1).
    k = 1 if freedom % 2 else 2
    tail = math.erfc(math.sqrt(half)) if k == 1 else math.exp(-half)
    while k < freedom:
        tail += math.exp(k / 2 * math.log(half) - half - math.lgamma(k / 2 + 1)) if half > 0 else 0.0
        k += 2
    return min(tail, 1.0)


def _leak(where: str, first: list[Row], second: list[Row], looks: Mapping[Path, Look], limit: int, seconds: float) -> list[Finding]:
    learned = {looks[r.path].sha256 for r in first}
    of, other, this = len(second), first[0].part, second[0].part
    found = any_of(
        (r.name for r in second if looks[r.path].sha256 in learned),
        "leak-exact",
        ERROR,
        where,
        of,
        f"{this} pictures are {other} pictures too, byte for byte",
        "delete them from one of the two, or divide anew with `split`",
    )
    moments = np.sort([looks[r.path].taken for r in first if looks[r.path].taken is not None])
    soon = [r.name for r in second if looks[r.path].taken is not None and _gap(moments, looks[r.path].taken) < seconds]
    pairs = phash.near(np.stack([looks[r.path].bits for r in second]), np.stack([looks[r.path].bits for r in first]), limit)
    closest = {i: j for i, j, _ in sorted(pairs.tolist(), key=lambda p: -p[2])}
    heads = [i for i in closest if second[i].boxes]
    same_place = sum(_same_place(second[i], first[closest[i]]) for i in heads)
    by_time = "`split` divides by capture time; report its score beside this one"
    found += any_of(
        (second[i].name for i in sorted(closest)),
        "leak-near",
        WARNING,
        where,
        of,
        f"{this} pictures are within {limit} of {phash.BITS} hash bits of a {other} picture (same board, same light; of {len(heads)} with "
        f"a head {same_place} have it at the same place as the closest): scores flatter",
        by_time if soon else "judge also by pictures of another board or in another light",
    )
    return found + any_of(
        soon,
        "leak-time",
        WARNING,
        where,
        of,
        f"{this} pictures were taken within {seconds:g} s of a {other} picture",
        by_time,
    )


def _gap(moments: np.ndarray, at: float) -> float:
    if not len(moments):
        return math.inf
    i = int(np.searchsorted(moments, at))
    return float(np.abs(moments[max(i - 1, 0) : i + 1] - at).min())


def _same_place(a: Row, b: Row) -> bool:
    """Whether each has one head and these are nearer than half a box."""
    if len(a.boxes) != 1 or len(b.boxes) != 1:
        return False
    one, other = a.boxes[0], b.boxes[0]
    return math.hypot(one.x - other.x, one.y - other.y) <= max(one.width, other.width) / 2
