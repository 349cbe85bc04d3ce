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

"""Faults of the files themselves: missing, damaged, of another size, twice there."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from theylive_training.data import phash
from theylive_training.data.checks.finding import ERROR, NOTE, WARNING, Finding, any_of
from theylive_training.data.checks.parts import divided
from theylive_training.data.checks.rows import CUT_SHORT, UNREADABLE, Layout, Look


def damage(looks: Sequence[Look]) -> list[Finding]:
    """Files that cannot be read, or not to their end."""
    found = any_of(
        (k.name for k in looks if k.fault == UNREADABLE),
        "unreadable",
        ERROR,
        "",
        len(looks),
        "files are no pictures",
        "copy them again, or delete them",
    )
    return found + any_of(
        (k.name for k in looks if k.fault == CUT_SHORT),
        "truncated",
        ERROR,
        "",
        len(looks),
        "pictures are cut short: the rest of each would be learned grey",
        "copy them again, or delete them and their labels",
    )


def sizes(looks: Sequence[Look]) -> list[Finding]:
    """Pictures whose size is not that of most."""
    counts = Counter(k.size for k in looks if k.size)
    if len(counts) < 2:
        return []
    (usual, _), *others = counts.most_common()
    seen = ", ".join(f"{n} of {w}x{h}" for (w, h), n in others[:4])
    return any_of(
        (k.name for k in looks if k.size and k.size != usual),
        "size",
        WARNING,
        "",
        len(looks),
        f"pictures are not {usual[0]}x{usual[1]} as most are ({seen}{', ...' if len(others) > 4 else ''})",
        "take them with the same camera settings, or leave them out",
    )


def usual_size(looks: Sequence[Look]) -> tuple[int, int] | None:
    """Width and height (px) of most pictures; None where none can be read."""
    counts = Counter(k.size for k in looks if k.size)
    return counts.most_common(1)[0][0] if counts else None


def duplicates(layout: Layout, looks: Mapping[Path, Look]) -> list[Finding]:
    """The same bytes under two names of one part: wasted where the labels agree, false where they do not. Across parts: see leaks."""
    groups = defaultdict(list)
    for row in layout.rows:
        if row.path in looks:
            groups[row.part, looks[row.path].sha256].append(row)
    same, contrary = [], []
    for rows in groups.values():
        for row in rows[1:]:
            (same if row.boxes == rows[0].boxes else contrary).append(row.name)
    of = len(layout.rows)
    found = any_of(same, "duplicate", WARNING, layout.name, of, "pictures are there twice, byte for byte", "delete the copies")
    return found + any_of(
        contrary,
        "contradiction",
        ERROR,
        layout.name,
        of,
        "pictures are there twice, byte for byte, with different labels",
        "look which label is right and delete the other copy",
    )


def near_duplicates(layout: Layout, looks: Mapping[Path, Look], limit: int = phash.NEAR) -> list[Finding]:
    """Pictures that some other picture of the same part resembles within `limit` bits."""
    near = []
    for rows in divided(layout).values():
        seen = [r for r in rows if r.path in looks and looks[r.path].bits is not None]
        if seen:
            pairs = phash.near_within(np.stack([looks[r.path].bits for r in seen]), limit)
            near += [seen[i].name for i in np.unique(pairs[:, :2])]
    return any_of(
        near,
        "near-duplicate",
        NOTE,
        layout.name,
        len(layout.rows),
        f"pictures resemble another of their part within {limit} of {phash.BITS} hash bits: they count for less than their number",
        "vary light, camera and board between pictures; divide by capture time",
    )
