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

"""The whole audit of a data set that was read: every check over every layout."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from theylive_training.data import phash
from theylive_training.data.capture_time import order
from theylive_training.data.checks import board, files, heads, labels, parts, places
from theylive_training.data.checks.finding import SEVERITIES, Finding
from theylive_training.data.checks.heads import Clicks
from theylive_training.data.checks.looking import look_at
from theylive_training.data.checks.rows import Layout, Look, Row
from theylive_training.data.label_noise import Noise
from theylive_training.pictures.picture import BOX, LABELS

Progress = Callable[[str, int], Callable[[], object]]  # of a stage's name and steps, to what is called at each step


@dataclasses.dataclass(frozen=True)
class Limits:
    """From where on it is a finding. bits: of 256, between near-duplicates. seconds: between captures of two parts."""

    bits: int = phash.NEAR
    seconds: float = parts.SECONDS


@dataclasses.dataclass(frozen=True)
class Audit:
    """What was found. looks: of every picture that is there, by path. shared: pictures that stand in several layouts. size: of most."""

    layouts: tuple[Layout, ...]
    looks: Mapping[Path, Look]
    findings: tuple[Finding, ...]
    clicks: Clicks
    shared: int
    size: tuple[int, int] | None
    limits: Limits

    @property
    def rows(self) -> list[Row]:
        """Every picture once (by its bytes), with the labels of the first layout that has it, in order of capture."""
        return _once(self.layouts, self.looks)

    def as_json(self) -> dict[str, Any]:
        """All findings and figures."""
        return {
            "pictures": len({look.sha256 for look in self.looks.values()}),
            "files": len(self.looks),
            "in_several_layouts": self.shared,
            "size": self.size,
            "limits": dataclasses.asdict(self.limits),
            "layouts": {layout.name: _counts(layout) for layout in self.layouts},
            "findings": [f.as_json() for f in self.findings],
            "heat": {label: places.heat(self.rows, self.size, label).tolist() for label in LABELS} if self.size else {},
            "label_noise": {
                label: {**_noise(n), "parts": {p: _noise(m) for p, m in self.noise_by_part(n).items()}, "misses": _misses(n)}
                for label, n in self.clicks.noise.items()
            },
            "label_noise_unmeasured": self.clicks.unmeasured,
        }

    def noise_by_part(self, noise: Noise) -> dict[str, Noise]:
        """The noise among the pictures of each part of the first divided layout; nothing where none is divided."""
        layout = next((layout for layout in self.layouts if any(r.part for r in layout.rows)), None)
        found = {part: noise.among({r.name for r in rows}) for part, rows in parts.divided(layout).items()} if layout else {}
        return {part: n for part, n in found.items() if n is not None}


def audit(layouts: Sequence[Layout], known: Sequence[Finding], limits: Limits, progress: Progress) -> Audit:
    """Look at every picture of the layouts. known: what their readers found already."""
    threads = min(os.cpu_count() or 1, 4)
    sides = [b.width for layout in layouts for r in layout.rows for b in r.boxes if np.isfinite(b.width) and b.width > 0]
    box = float(np.median(sides)) if sides else BOX
    first: dict[Path, Row] = {}
    for layout in layouts:
        for row in layout.rows:
            first.setdefault(row.path, row)
    present = [r for p, r in first.items() if p.is_file()]
    seen = look_at([(r.path, r.name, r.boxes) for r in present], box, progress("looking at pictures", len(present)), threads)
    looks = {look.path: look for look in seen}
    findings = [*known, *files.damage(seen), *files.sizes(seen)]
    for layout in layouts:
        findings += _of_layout(layout, looks, limits)
    contrary, shared = labels.between_layouts(layouts, looks)
    findings += contrary
    rows, size = _once(layouts, looks), files.usual_size(seen)
    findings += board.compare(rows, looks, "")
    if size:
        findings += places.unseen(rows, size, "") + places.far_out(rows, "")
    patches = [p for r in rows for p in looks[r.path].patches]
    step = progress("measuring how the clicks scatter", len(LABELS))
    clicks = heads.compare(patches, box, LABELS, step, threads)
    findings += clicks.findings
    findings.sort(key=lambda f: SEVERITIES.index(f.severity))
    return Audit(tuple(layouts), looks, tuple(findings), clicks, shared, size, limits)


def _noise(n: Noise) -> dict[str, Any]:
    return {
        "heads": len(n.names),
        "p50_px": n.p50,
        "p95_px": n.p95,
        "largest_px": n.largest,
        "best_map50_95": n.best_map,
        "lean_px": n.lean if np.isfinite(n.lean_error) else None,
        "lean_error_px": n.lean_error if np.isfinite(n.lean_error) else None,
        "registration_error_px": n.registration,
    }


def _misses(n: Noise) -> dict[str, list[float]]:
    """By picture, px to the right and down by which its label misses the point clicked on average."""
    return {name: [round(float(v), 3) for v in miss] for name, miss in zip(n.names, n.misses, strict=True)}


def _of_layout(layout: Layout, looks: Mapping[Path, Look], limits: Limits) -> list[Finding]:
    return [
        *files.duplicates(layout, looks),
        *labels.frame(layout, looks),
        *labels.twice(layout),
        *labels.box_sizes(layout),
        *labels.heads_per_picture(layout),
        *parts.balance(layout),
        *parts.leaks(layout, looks, limits.bits, limits.seconds),
        *files.near_duplicates(layout, looks, limits.bits),
    ]


def _once(layouts: Sequence[Layout], looks: Mapping[Path, Look]) -> list[Row]:
    once: dict[str, Row] = {}
    for layout in layouts:
        for row in layout.rows:
            if row.path in looks:
                once.setdefault(looks[row.path].sha256, row)
    return sorted(once.values(), key=lambda r: order(r.path))


def _counts(layout: Layout) -> dict[str, Any]:
    return {name: {"pictures": len(rows), **labels.class_counts(rows)} for name, rows in parts.named(layout).items()}
