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

"""The audit as text for a person."""

from __future__ import annotations

import textwrap

from theylive_training.data.checks import parts, places
from theylive_training.data.checks.audit import Audit
from theylive_training.data.checks.finding import ERROR, NOTE, SEVERITIES, WARNING, Finding
from theylive_training.data.checks.labels import class_counts
from theylive_training.pictures.picture import LABELS

_EXAMPLES = 3
_KNOWN = 0.5  # px of standard error beyond which a lean is not worth a figure
_HEADINGS = {ERROR: "Errors: mend these first", WARNING: "Warnings", NOTE: "Notes"}


def text(audit: Audit, width: int = 100) -> str:
    """The whole report, in lines of about `width` columns."""
    blocks = [_head(audit), _counts(audit), *(_findings(audit, s, width) for s in SEVERITIES), _noise(audit, width), _heat(audit)]
    return "\n\n".join(b for b in [*blocks, summary(audit.findings)] if b)


def summary(findings: tuple[Finding, ...]) -> str:
    """One line: how many of each severity."""
    counts = {s: sum(f.severity == s for f in findings) for s in SEVERITIES}
    told = ", ".join(f"{n} {s}{'' if n == 1 else 's'}" for s, n in counts.items())
    return f"{told}: {'not to be trained on as it is' if counts[ERROR] else 'fit to be trained on'}"


def _head(audit: Audit) -> str:
    pictures = len({look.sha256 for look in audit.looks.values()})
    size = f" of {audit.size[0]}x{audit.size[1]}" if audit.size else ""
    twice = f", {audit.shared} of them in more than one layout" if audit.shared else ""
    return f"{pictures} pictures{size}{twice}"


def _counts(audit: Audit) -> str:
    lines = [("layout", "part", "pictures", *LABELS, "empty")]
    for layout in audit.layouts:
        name = layout.name
        for part, rows in parts.named(layout).items():
            counts = class_counts(rows)
            lines.append((name, part, len(rows), *(counts[k] for k in LABELS), counts["empty"]))
            name = ""
    return _table(lines, left=2)


def _findings(audit: Audit, severity: str, width: int) -> str:
    chosen = [f for f in audit.findings if f.severity == severity]
    if not chosen:
        return ""
    lines = [_HEADINGS[severity]]
    for f in chosen:
        share = f"{f.count} of {f.of}" if f.count != f.of else f"all {f.of}"
        where = f"{f.where}: " if f.where else ""
        lines += _wrap(f"{where}{share} {f.detail}", width, "  ", "    ")
        if f.names and f.kind != "unseen-place":
            more = f" and {len(f.names) - _EXAMPLES} more" if len(f.names) > _EXAMPLES else ""
            lines += _wrap(", ".join(f.names[:_EXAMPLES]) + more, width, "      ", "      ")
        lines += _wrap(f"-> {f.cure}", width, "      ", "         ")
    return "\n".join(lines)


def _noise(audit: Audit, width: int) -> str:
    lines = ["Label noise: how far clicks miss the point of the head that is clicked on average (px of the picture)"]
    rows = [("class", "heads", "p50", "p95", "largest", "best mAP50-95", "lean right", "lean down", "own error")]
    for label, whole in audit.clicks.noise.items():
        for name, n in {"": whole, **audit.noise_by_part(whole)}.items():
            mine = (f"{v:.2f}" for v in (n.p50, n.p95, n.largest))
            lean = (f"{v:+.2f}" if n.lean_error < _KNOWN else "?" for v in n.lean)
            of_all = (*lean, f"{n.registration:.2f}") if not name else ("", "", "")
            rows.append((f"  in {name}" if name else label, len(n.names), *mine, f"{n.best_map:.3f}", *of_all))
    if audit.clicks.noise:
        lines.append(_table(rows, left=1))
        lines += _wrap(
            "Judged by these labels no net can be expected to do better: one that names the point people mean without any error has these "
            "centre errors and this mAP50-95. lean: of the hand, the same in every picture, which a net can learn (?: heads lie in too few "
            "directions to tell). "
            "own error: p50 of this measurement's.",
            width,
            "  ",
            "  ",
        )
    lines += [
        line for label, why in audit.clicks.unmeasured.items() for line in _wrap(f"{label}: not measured, {why}", width, "  ", "    ")
    ]
    return "\n".join(lines)


def _heat(audit: Audit) -> str:
    if not audit.size:
        return ""
    grids = {label: places.heat(audit.rows, audit.size, label) for label in LABELS}
    side = 5 * places.CELLS
    lines = [
        f"Heads in each cell of the frame ({places.CELLS} x {places.CELLS})",
        "  " + "   ".join(f"{k:<{side}}" for k in grids).rstrip(),
    ]
    for y in range(places.CELLS):
        lines.append("  " + "   ".join("".join(f"{n or '.':>5}" for n in grid[y]) for grid in grids.values()))
    return "\n".join(lines)


def _table(rows: list[tuple[object, ...]], left: int) -> str:
    """Columns as wide as needed, the first `left` of them aligned to the left."""
    widths = [max(len(str(r[i])) for r in rows) for i in range(len(rows[0]))]
    lines = []
    for r in rows:
        cells = [f"{r[i]!s:<{w}}" if i < left else f"{r[i]!s:>{w}}" for i, w in enumerate(widths)]
        lines.append("  " + "  ".join(cells).rstrip())
    return "\n".join(lines)


def _wrap(words: str, width: int, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        words, max(width, 40), initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
