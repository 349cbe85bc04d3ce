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

"""Reads all that the folder of a finished training holds."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from theylive_ros.detector import manifest
from theylive_training.errors import TrainingError
from theylive_training.explain.cost import to_json as cost_to_json
from theylive_training.explain.tflite_net import TfliteNet
from theylive_training.judge.limits import shortfalls
from theylive_training.nets.spec import NetSpec
from theylive_training.report.figures import Figures, read_figures
from theylive_training.report.reading import count, each, mapped, number, reading, table, text
from theylive_training.run_folder import RunFolder, read_json
from theylive_training.tflite import compile as compiling
from theylive_training.tflite.verify import INT8


@dataclasses.dataclass(frozen=True)
class Training:
    """One training; a run that began with another's net has several. pool: pictures by kind. None: its run.json does not say.

    done, best: epochs. heads, boards: real pictures learned from. kept_heads, kept_boards: those kept for judging.
    """

    made_with: str
    minutes: float | None
    machine: str | None
    schedule: dict[str, float | None]
    done: int | None
    best: int | None
    pool: dict[str, int]
    data: str | None
    split: str | None
    heads: int
    boards: int
    kept_heads: int
    kept_boards: int


@dataclasses.dataclass(frozen=True)
class EdgeTpu:
    """The static check of the exported file. compiled: whether Google's compiler has been at it, then on_cpu is counted in its file."""

    ok: bool
    on_cpu: int
    errors: tuple[str, ...]
    warnings: tuple[str, ...]
    operators: dict[str, int]
    compiled: bool


@dataclasses.dataclass(frozen=True)
class Cost:
    """Of the exported net. Bytes as int8; peak: of the activations held at the worst moment."""

    parameters: int
    multiply_adds: int
    weight_bytes: int
    peak_bytes: int


@dataclasses.dataclass(frozen=True)
class Exported:
    """The int8 file. cost: None where `uncosted` says why."""

    path: Path
    sha256: str
    size: int
    licence: str | None
    data_licence: str | None
    edgetpu: EdgeTpu | None
    cost: Cost | None
    uncosted: str


@dataclasses.dataclass(frozen=True)
class Verified:
    """What `verify` found of the exported bytes. figures: by who (float, int8, compiled) and set; part: of the split, or None.

    shortfalls: of the int8 file's sets.
    """

    passed: bool
    failed: tuple[str, ...]
    differences: dict[str, dict[str, float | None]]
    limits: dict[str, float | None]
    figures: dict[str, dict[str, Figures]]
    main: str
    part: str | None
    judged_on: str
    doubt: str | None
    shortfalls: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Run:
    """A finished training. path: as it was given. exported, verified: None where that has not been done, or not to these bytes."""

    path: Path
    folder: RunFolder
    spec: NetSpec
    parameters: int | None
    verdict: str | None
    versions: dict[str, str]
    trainings: tuple[Training, ...]
    exported: Exported | None
    verified: Verified | None


def read_run(path: Path) -> Run:
    """Raises TrainingError and DetectorError for what is no finished training, and for what is damaged."""
    folder = RunFolder.finished(path)
    told = folder.facts()
    exported = _exported(folder)
    with reading(folder.facts_file):
        return Run(
            path=path,
            folder=folder,
            spec=folder.spec,
            parameters=None if told.get("parameters") is None else count(told["parameters"]),
            verdict=None if told.get("verdict") is None else text(told["verdict"]),
            versions=mapped(text, told.get("versions", {})),
            trainings=_trainings(told),
            exported=exported,
            verified=_verified(folder, exported),
        )


def _trainings(told: Mapping[str, Any]) -> tuple[Training, ...]:
    """First the one that was done first."""
    before = told.get("began_with")
    earlier = _trainings(table(before)) if before is not None else ()
    pictures, epochs = table(told["pictures"]), table(told.get("epochs") or {})
    kept = table(pictures.get("never_learned_from") or {})
    machine, data, split = (
        None if value is None else text(value) for value in (told.get("machine"), pictures.get("set"), pictures.get("split"))
    )
    one = Training(
        made_with=text(told["made_with"]),
        minutes=number(told.get("minutes")),
        machine=machine,
        schedule=mapped(number, told["schedule"]),
        done=None if epochs.get("done") is None else count(epochs["done"]),
        best=None if epochs.get("best") is None else count(epochs["best"]),
        pool=mapped(count, pictures["pool"]),
        data=data,
        split=split,
        heads=count(pictures.get("real", 0)),
        boards=count(pictures.get("empty_boards", 0)),
        kept_heads=count(kept.get("heads", 0)),
        kept_boards=count(kept.get("empty_boards", 0)),
    )
    return (*earlier, one)


def _exported(folder: RunFolder) -> Exported | None:
    path = folder.model
    if not path.is_file():
        return None
    told = manifest.load(path)
    cost, uncosted = _cost(path)
    with reading(manifest.path_of(path)):
        licence = table(told.training.get("licence") or {})
        model, data = (None if not licence.get(key) else text(licence[key]) for key in ("model", "data"))
        checked = told.training.get("edgetpu_check")
        edgetpu = None if checked is None else _edgetpu(table(checked), path, told.sha256)
        return Exported(path, told.sha256, path.stat().st_size, model, data, edgetpu, cost, uncosted)


def _edgetpu(told: Mapping[str, Any], model: Path, sha256: str) -> EdgeTpu:
    compiled, on_cpu = compiling.path_of(model), count(told["on_cpu"])
    is_compiled = compiled.is_file() and compiling.compiled_from(compiled) == sha256
    if is_compiled:
        on_cpu = count(table(manifest.load(compiled).training["compiled"])["on_cpu"])
    lines = (each(text, told[key]) for key in ("errors", "warnings"))
    return EdgeTpu(bool(told["ok"]), on_cpu, *lines, mapped(count, told["operators"]), is_compiled)


def _cost(model: Path) -> tuple[Cost | None, str]:
    try:
        total = cost_to_json(TfliteNet(model).graph)["total"]
    except TrainingError as error:  # an operator that explain does not know
        return None, str(error)
    held = total["bytes"]["int8"]
    return Cost(total["parameters"], total["multiply_adds"], held["weights"], held["peak_activations"]), ""


def _verified(folder: RunFolder, exported: Exported | None) -> Verified | None:
    path = folder.verify_file
    if exported is None or not path.is_file():
        return None
    told = read_json(path)
    with reading(path):
        if text(told["sha256"]) != exported.sha256:
            return None
        data = table(told["data"])
        if text(data["kind"]) == "real":
            part = text(data["part"])
            judged_on = f"part {part} of the split {text(data['split'])}"
        else:
            part, judged_on = None, "drawn pictures, for lack of real ones"
        figures = mapped(lambda sets: mapped(read_figures, sets), told["figures"])
        main = text(told["main"])
        if any(main not in sets for sets in figures.values()):
            raise KeyError(main)
        return Verified(
            passed=bool(told["passed"]),
            failed=each(text, told["failed"]),
            differences=mapped(lambda d: mapped(number, d), told["differences"]),
            limits=mapped(number, told["limits"]),
            figures=figures,
            main=main,
            part=part,
            judged_on=judged_on,
            doubt=None if data.get("doubt") is None else text(data["doubt"]),
            shortfalls=tuple(shortfalls(told["figures"][INT8])),
        )
