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

"""The results of all models for a person: for each set a row per model, then how fast they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Row = dict[str, Any]  # a model as it stands in metrics.json

_COLUMNS = (
    ("accuracy", lambda r: _number(r["accuracy"], 4)),
    ("mAP50", lambda r: _number(r.get("map50"), 4)),
    ("mAP75", lambda r: _number(r.get("map75"), 4)),
    ("mAP50-95", lambda r: _number(r.get("map50_95"), 4)),
    ("precision", lambda r: _number(r["scores"]["micro"]["precision"], 4)),
    ("recall", lambda r: _number(r["scores"]["micro"]["recall"], 4)),
    ("F1", lambda r: _number(r["scores"]["micro"]["f1"], 4)),
    ("missed", lambda r: str(sum(r["missed"].values())) if sum(r["heads"].values()) else "-"),
    ("made up", lambda r: str(r["made_up"])),
    ("John->alien", lambda r: str(r["john_called_alien"]) if r["heads"]["john"] else "-"),
    ("alien p50", lambda r: _centre(r, "px", "p50")),
    ("p95", lambda r: _centre(r, "px", "p95")),
    ("max px", lambda r: _centre(r, "px", "max")),
    ("p95 mm", lambda r: _centre(r, "mm", "p95")),
    ("ECE", lambda r: _number(r["reliability"]["ece"], 3)),
)


def table(results: dict[str, Any]) -> str:
    """All sets and the speed. results: the whole of metrics.json."""
    models: Sequence[Row] = results["models"]
    where = f"part {results['part']} of the split {results['split']}, " if results["split"] else ""
    blocks = [f"{where}heads of a score of {results['threshold']:g} or more"]
    blocks += [_set(name, models) for name in dict.fromkeys(name for m in models for name in m["sets"])]
    return "\n\n".join([*blocks, _speed(models)])


def _set(name: str, models: Sequence[Row]) -> str:
    rows = [(m["name"], m["sets"][name]) for m in models if name in m["sets"]]
    most = max((r for _, r in rows), key=lambda r: r["pictures"])
    cells = [[_title(name, most), *(words for words, _ in _COLUMNS)]]
    cells += [[model, *(value(result) for _, value in _COLUMNS)] for model, result in rows]
    told = [k for k in range(len(cells[0])) if k == 0 or any(row[k] != "-" for row in cells[1:])]
    return _aligned([[row[k] for k in told] for row in cells])


def _title(name: str, result: Row) -> str:
    heads = sum(result["heads"].values())
    return f"{name}: {result['pictures']} pictures, {heads} heads" if heads else f"{name}: {result['pictures']} pictures"


def _speed(models: Sequence[Row]) -> str:
    peer = next(m["name"] for m in models if m["is_peer"])
    cells = [["ms per frame, one thread", "p50", "p95", "p99", "CPU", f"of {peer}'s", "network alone", f"of {peer}'s", "runs on"]]
    for m in models:
        ms = m["latency_ms"]
        keys = ("p50", "p95", "p99", "cpu_p50", "to_peer", "network_cpu_p50", "network_to_peer")
        cells.append([m["name"], *(f"{ms[key]:.2f}" for key in keys), m["device"]])
    return _aligned(cells)


def _aligned(cells: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[k]) for row in cells) for k in range(len(cells[0]))]
    lines = []
    for row in cells:
        rest = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        lines.append("  ".join([row[0].ljust(widths[0]), *rest]).rstrip())
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _centre(result: Row, unit: str, key: str) -> str:
    error = result[f"centre_error_{unit}"]["alien"]
    return "-" if error is None else f"{error[key]:.2f}"
