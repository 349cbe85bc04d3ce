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

"""A measured figure, its goal, and whether it was reached."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

_HEIGHTS = "▁▂▃▄▅▆▇█"


class BenchError(Exception):
    """Nothing was measured; one line with the cause."""


@dataclasses.dataclass(frozen=True)
class Figure:
    """One line of a report.

    name: what was measured, in words. value: in `unit`, NaN where nothing could be measured. at_most, at_least: the goal; without either
    the figure only informs.
    """

    name: str
    value: float
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None

    @property
    def passed(self) -> bool:
        """Whether the goal was reached. A NaN reaches none."""
        return not (self.at_most is not None and not self.value <= self.at_most) and not (
            self.at_least is not None and not self.value >= self.at_least
        )

    @property
    def goal(self) -> str:
        """The goal in words, empty if there is none."""
        told = [f"<= {self.at_most:g}" if self.at_most is not None else "", f">= {self.at_least:g}" if self.at_least is not None else ""]
        return ", ".join(words for words in told if words)

    def plain(self) -> dict[str, Any]:
        """Fit for JSON; a value that is no number is None."""
        value = self.value if math.isfinite(self.value) else None
        goal = {"at_most": self.at_most, "at_least": self.at_least}
        return {"name": self.name, "value": value, "unit": self.unit, "goal": {k: v for k, v in goal.items() if v is not None}} | {
            "passed": self.passed
        }


def table(figures: Iterable[Figure]) -> str:
    """The figures for a person, one a line: passed or failed, name, value, goal."""
    lines = []
    for figure in figures:
        mark = ("ok    " if figure.passed else "FAILED") if figure.goal else "      "
        value = f"{figure.value:.6g} {figure.unit}".rstrip()
        lines.append(f"{mark} {figure.name:<64}{value:>16}{f'   goal {figure.goal}' if figure.goal else ''}")
    return "\n".join(lines)


def spread_ms(seconds: Sequence[float]) -> dict[str, float]:
    """p50, p95, p99 and max of times, in milliseconds."""
    p50, p95, p99, most = np.percentile(np.asarray(seconds) * 1e3, [50, 95, 99, 100])
    return {"p50": round(float(p50), 3), "p95": round(float(p95), 3), "p99": round(float(p99), 3), "max": round(float(most), 3)}


def histogram(values: Sequence[float], bins: int = 20) -> dict[str, list[float]]:
    """How often which value: `bins` classes of equal width from 0 (or the least, if negative) to the greatest; edges as the values."""
    low, high = min(0.0, *values), max(values)
    counts, edges = np.histogram(values, bins, (low, high if high > low else low + 1.0))
    return {"edges": [round(float(e), 4) for e in edges], "counts": [int(c) for c in counts]}


def bars(told: dict[str, Any]) -> str:
    """A histogram in one line of text: the counts as heights, between its least and its greatest value; an empty class is a dot."""
    edges, counts = told["edges"], told["counts"]
    most = max(counts)
    # a single one shows, however many there are elsewhere
    heights = "".join("." if count == 0 else _HEIGHTS[math.ceil(count / most * len(_HEIGHTS)) - 1] for count in counts)
    return f"{edges[0]:g} |{heights}| {edges[-1]:g}"
