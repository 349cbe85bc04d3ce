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

"""Reads the folder that `sweep --out` left."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from theylive_training.errors import TrainingError
from theylive_training.report.reading import each, number, reading, table, text
from theylive_training.run_folder import read_json
from theylive_training.sweep import PLOT, RESULTS, Point, front


@dataclasses.dataclass(frozen=True)
class Sweep:
    """points: fastest first. best: those than which none is both faster and better, by what `points` is judged on."""

    judged_on: str
    points: tuple[Point, ...]
    best: tuple[Point, ...]
    plot: Path


def read_sweep(folder: Path) -> Sweep:
    """Raises TrainingError for what no sweep has written, and for what is damaged."""
    path = folder / RESULTS
    if not path.is_file():
        raise TrainingError(f"{folder} is not the folder of a finished sweep: give the --out of `theylive-train sweep`")
    told = read_json(path)
    with reading(path):
        points = sorted(each(_point, told["points"]), key=lambda p: p.ms)
        by_map = front(points, lambda p: None if p.map50_95 is None else 1 - p.map50_95)
        by_centre = front(points, lambda p: p.centre_p50)
        best = tuple(p for p in points if p in by_map or p in by_centre)
        return Sweep(text(told["judged_on"]), tuple(points), best, folder / PLOT)


def _point(told: Any) -> Point:
    told = table(told)
    numbers = {f.name: number(told[f.name]) for f in dataclasses.fields(Point) if f.name not in ("model", "net")}
    if any(numbers[name] is None for name in ("side", "width", "ms")):
        raise TypeError("a point without side, width or ms")
    return Point(model=text(told["model"]), net=text(told["net"]), **numbers)
