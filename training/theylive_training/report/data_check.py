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

"""Reads what `check --json` wrote of a data set."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from theylive_training.data.checks.finding import SEVERITIES, Finding
from theylive_training.errors import TrainingError
from theylive_training.pictures.picture import LABELS
from theylive_training.report.reading import count, each, mapped, number, reading, table, text
from theylive_training.run_folder import read_json


@dataclasses.dataclass(frozen=True)
class Floor:
    """How far clicks scatter about one point of a head (px): what stays of a perfect net's centre errors.

    best_map50_95: what such a net would get, judged by these labels.
    """

    heads: int
    p50: float | None
    p95: float | None
    best_map50_95: float | None


@dataclasses.dataclass(frozen=True)
class DataCheck:
    """counts: by layout and part, of pictures, heads by label, and empty ones. heat: by label rows of cells of the frame.

    floors, floors_by_part: by label; unmeasured: why there is none.
    """

    data: str
    pictures: int
    counts: dict[str, dict[str, dict[str, int]]]
    findings: tuple[Finding, ...]
    heat: dict[str, tuple[tuple[int, ...], ...]]
    floors: dict[str, Floor]
    floors_by_part: dict[str, dict[str, Floor]]
    unmeasured: dict[str, str]

    def floors_of(self, part: str | None, heads: dict[str, int]) -> tuple[str, dict[str, Floor]]:
        """The floors of a part where the check knows one of that name with as many heads, else of all pictures; and which, in words."""
        for parts in self.counts.values():
            if part in parts and all(parts[part].get(label) == heads.get(label) for label in LABELS):
                known = {label: by[part] for label, by in self.floors_by_part.items() if part in by}
                if known:
                    return f"the labels of the part {part}", known
        return "the labels of the whole set", self.floors


def read_data_check(path: Path) -> DataCheck:
    """Raises TrainingError for what no check has written, and for what is damaged."""
    told = read_json(path)
    if not {"findings", "label_noise", "layouts"} <= told.keys():
        raise TrainingError(f"{path} was not written by a check: give the --json of `theylive-train check`")
    with reading(path):
        noise = mapped(table, told["label_noise"])
        return DataCheck(
            data=text(told["data"]),
            pictures=count(told["pictures"]),
            counts=mapped(lambda parts: mapped(lambda c: mapped(count, c), parts), told["layouts"]),
            findings=each(_finding, told["findings"]),
            heat=mapped(lambda grid: each(lambda row: each(count, row), grid), told["heat"]),
            floors={label: _floor(n) for label, n in noise.items()},
            floors_by_part={label: mapped(_floor, n["parts"]) for label, n in noise.items()},
            unmeasured=mapped(text, told["label_noise_unmeasured"]),
        )


def _finding(told: Any) -> Finding:
    told = table(told)
    severity = text(told["severity"])
    if severity not in SEVERITIES:
        raise ValueError(f"no finding is called {severity!r:.40}")
    words = {key: text(told[key]) for key in ("kind", "where", "detail", "cure")}
    counts = {key: count(told[key]) for key in ("count", "of")}
    return Finding(severity=severity, names=each(text, told["names"]), **words, **counts)


def _floor(told: Any) -> Floor:
    told = table(told)
    return Floor(count(told["heads"]), *(number(told[key]) for key in ("p50_px", "p95_px", "best_map50_95")))
