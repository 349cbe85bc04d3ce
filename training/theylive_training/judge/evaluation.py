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

"""Several models judged side by side: looked through, measured, timed, and their results written down."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from theylive_training.data.dataset import Dataset
from theylive_training.judge import latency
from theylive_training.judge.exam import VALIDATION
from theylive_training.judge.learned import doubt
from theylive_training.judge.limits import shortfalls
from theylive_training.judge.measure import Measures, Sighting, look, of_sightings
from theylive_training.judge.predictor import Predictor
from theylive_training.pictures.picture import Picture

SCHEMA = 1
MADE_BY = "theylive-train evaluate"


@dataclasses.dataclass(frozen=True, eq=False)
class Judged:
    """A model's results. sightings, measures: by set. latency_ms: see latency.latency, for frames of the size `frame`.
    doubt: why they may flatter, or None."""

    name: str
    path: Path
    device: str
    exhaustive: bool
    sightings: dict[str, list[Sighting]]
    measures: dict[str, Measures]
    latency_ms: dict[str, Any]
    frame: str
    is_peer: bool
    doubt: str | None

    @property
    def folder(self) -> str:
        """What its folder is called in that of the evaluation."""
        return re.sub(r"[^\w.-]+", "_", self.name)

    def to_json(self) -> dict[str, Any]:
        """As it stands in metrics.json; `sets` is what a manifest keeps of it."""
        sets = {name: m.to_json() for name, m in self.measures.items()}
        return {
            "name": self.name,
            "folder": self.folder,
            "file": self.path.name,
            "sha256": hashlib.sha256(self.path.read_bytes()).hexdigest() if self.path.is_file() else None,
            "device": self.device,
            "exhaustive": self.exhaustive,
            "sets": sets,
            "latency_ms": {**self.latency_ms, "threads": 1, "frame": self.frame},
            "is_peer": self.is_peer,
            "doubt": self.doubt,
            "shortfalls": shortfalls(sets),
        }


@dataclasses.dataclass(frozen=True)
class Terms:
    """How models are judged. threshold: least score that counts; runs: frames timed per model; peer: index of the model to compare with."""

    part: str
    threshold: float
    runs: int
    peer: int


def judge(
    models: Sequence[tuple[str, Path, Predictor]],
    exam: dict[str, list[Picture]],
    divisions: Sequence[Dataset],
    terms: Terms,
    advance: Callable[[], object] = lambda: None,
) -> list[Judged]:
    """models: names, paths and open predictors. divisions: the one in use first, none without data. advance: called `steps` times."""
    seen = [{name: look(p, pictures, advance) for name, pictures in exam.items()} for _, _, p in models]
    frames = [p.image for p in list(exam.values())[-1]]
    times = latency.latency([p for _, _, p in models], frames, terms.threshold, terms.runs, terms.peer, advance)
    judged = []
    for k, ((name, path, predictor), sightings, ms) in enumerate(zip(models, seen, times, strict=True)):
        of_use = {s: found for s, found in sightings.items() if found}
        measures = {s: of_sightings(found, terms.threshold, predictor.exhaustive) for s, found in of_use.items()}
        why = doubt(predictor.training, terms.part, divisions) if divisions and set(exam) != {"simulated"} else None
        size = f"{frames[0].shape[1]}x{frames[0].shape[0]}"
        judged.append(Judged(name, path, predictor.device, predictor.exhaustive, of_use, measures, ms, size, k == terms.peer, why))
    return judged


def steps(models: int, exam: dict[str, list[Picture]], terms: Terms) -> int:
    """How often `judge` calls `advance`."""
    frames = len(list(exam.values())[-1])
    return models * sum(map(len, exam.values())) + latency.rounds(frames, terms.runs)


def summary(judged: Sequence[Judged], terms: Terms, seed: int, data: Dataset | None, exam: dict[str, list[Picture]]) -> dict[str, Any]:
    """The whole of metrics.json."""
    return {
        "schema": SCHEMA,
        "made_by": MADE_BY,
        "split": data.split if data else None,
        "part": terms.part if data else None,
        "seed": seed,
        "threshold": terms.threshold,
        "pictures": {name: len(pictures) for name, pictures in exam.items()},
        "models": [j.to_json() for j in judged],
    }


def file_names(data: Dataset | None, part: str) -> dict[str, list[str]]:
    """What the pictures of the set `validation` are called."""
    return {VALIDATION: [p.path.stem for p in getattr(data, part).heads]} if data else {}


def distinct_names(paths: Sequence[Path], names: Sequence[str]) -> list[str]:
    """Names that tell the models apart: with as many folders before them as it takes."""
    told = list(names)
    for depth in range(1, 12):
        twice = {name for name in told if told.count(name) > 1}
        if not twice:
            break
        for k, path in enumerate(paths):
            parents = path.resolve().parts[1:-1] if path.is_file() else path.resolve().parts[1:]
            if told[k] in twice and depth <= len(parents):
                told[k] = "/".join([*parents[-depth:], names[k]])
    return told
