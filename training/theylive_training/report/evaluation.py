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

"""Reads the folder that `evaluate --out` left."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from theylive_training.errors import TrainingError
from theylive_training.judge.evaluation import MADE_BY
from theylive_training.judge.pages import METRICS
from theylive_training.report.figures import Figures, read_figures
from theylive_training.report.reading import count, each, mapped, number, reading, table, text
from theylive_training.run_folder import read_json


@dataclasses.dataclass(frozen=True)
class Judged:
    """A model of an evaluation. sets: figures by set; cpu_ms: of the processor for a frame; to_peer: that as a multiple of the peer's.

    network_ms: of the network alone, None in older evaluations; pictures: folder of its plots; doubt: why its figures may flatter.
    """

    name: str
    file: str
    sha256: str | None
    device: str
    exhaustive: bool
    sets: dict[str, Figures]
    cpu_ms: float | None
    network_ms: float | None
    to_peer: float | None
    is_peer: bool
    doubt: str | None
    shortfalls: tuple[str, ...]
    pictures: Path


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """split, part: whose pictures judged, None where only drawn ones did. threshold: least score that counts."""

    folder: Path
    split: str | None
    part: str | None
    threshold: float
    models: tuple[Judged, ...]

    @property
    def pictures(self) -> str:
        """Whose pictures judged, in words."""
        return "simulated frames" if self.split is None else f"part {self.part} of the split {self.split}"

    @property
    def peer(self) -> Judged | None:
        """The model that the others' speed is compared with."""
        return next((m for m in self.models if m.is_peer), None)

    def of_bytes(self, sha256: str) -> Judged | None:
        """The model that is a file of these very bytes."""
        return next((m for m in self.models if m.sha256 == sha256), None)


def read_evaluation(folder: Path) -> Evaluation:
    """Raises TrainingError for what no evaluation has written, and for what is damaged."""
    path = folder / METRICS
    if not path.is_file():
        raise TrainingError(f"{folder} is not the folder of an evaluation: give the --out of `theylive-train evaluate`")
    told = read_json(path)
    if told.get("made_by") != MADE_BY:
        raise TrainingError(f"{path} was not written by an evaluation: give the --out of `theylive-train evaluate`")
    with reading(path):
        threshold = number(told["threshold"])
        models = each(lambda m: _judged(m, folder), told["models"])
        split, part = (None if told[key] is None else text(told[key]) for key in ("split", "part"))
        mapped(count, told["pictures"])
        return Evaluation(folder, split, part, 0.0 if threshold is None else threshold, models)


def _judged(told: Any, folder: Path) -> Judged:
    told = table(told)
    ms, name = table(told["latency_ms"]), text(told["folder"])
    if Path(name).name != name:
        raise ValueError(f"{name!r:.40} is no name of a folder")
    return Judged(
        name=text(told["name"]),
        file=text(told["file"]),
        sha256=None if told["sha256"] is None else text(told["sha256"]),
        device=text(told["device"]),
        exhaustive=bool(told["exhaustive"]),
        sets=mapped(read_figures, told["sets"]),
        cpu_ms=number(ms["cpu_p50"]),
        network_ms=number(ms.get("network_cpu_p50")),
        to_peer=number(ms["to_peer"]),
        is_peer=bool(told["is_peer"]),
        doubt=None if told["doubt"] is None else text(told["doubt"]),
        shortfalls=each(text, told["shortfalls"]),
        pictures=folder / name,
    )
