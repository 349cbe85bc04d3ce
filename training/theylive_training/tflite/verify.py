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

"""Holds an exported int8 model against its float net on pictures that it has not learned from, and writes down what came of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from theylive_ros import plugins
from theylive_ros.detector import manifest, tflite
from theylive_ros.detector.interface import DetectorError
from theylive_ros.detector.manifest import Manifest
from theylive_ros.detector.yolov8 import YoloV8Config
from theylive_training.data import dataset
from theylive_training.data.dataset import Dataset
from theylive_training.errors import TrainingError
from theylive_training.judge import exam, learned
from theylive_training.judge.measure import look, of_sightings
from theylive_training.judge.predictor import Predictor, open_predictor
from theylive_training.pictures.picture import Picture
from theylive_training.run_folder import float_twin, write_json
from theylive_training.tflite import compile as compiling
from theylive_training.tflite import cost, edgetpu_check
from theylive_training.train.progress import Progress

THRESHOLD = YoloV8Config.score_threshold  # at which the robot runs
FLOAT, INT8, COMPILED = "float", "int8", "compiled"
_SEED, _RENDERS = 1, 100  # of the drawn pictures where there is no data
_LONG = ("precision_at_recall_0_to_1", "reliability")  # too long for a manifest; verify.json has them


@dataclasses.dataclass(frozen=True)
class Pictures:
    """What is looked at. sets: by name; main: the one with heads, which the limits are of; facts: which pictures they are, for JSON."""

    sets: dict[str, list[Picture]]
    main: str
    facts: dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Found:
    """told: as in verify.json. notes: what a person should know besides."""

    told: dict[str, Any]
    notes: tuple[str, ...]

    @property
    def failed(self) -> list[str]:
        """The limits that were not kept, in words; none: passed."""
        return self.told["failed"]

    def main(self) -> dict[str, dict[str, Any]]:
        """The measures on the set that the limits are of, by FLOAT, INT8 and COMPILED."""
        return {who: sets[self.told["main"]] for who, sets in self.told["figures"].items()}


def verify(model: Path, data: Path | None, split: Path | None) -> Found:
    """Judge an int8 model and its float twin beside it; write verify.json beside them, and metrics and verdict into the manifest.

    data: folder of real pictures, None for drawn ones. Raises TrainingError and DetectorError, and then writes nothing.
    """
    tflite.check_file(model)
    told = manifest.load(model)
    floating = _float_of(model, told)
    pictures = _pictures(dataset.load(data, split) if data else None, told)
    notes = [pictures.facts["doubt"]] if pictures.facts["doubt"] else []
    models = {FLOAT: open_predictor(floating), INT8: open_predictor(model)}
    compiled = compiling.path_of(model)
    if compiled.is_file():
        try:
            models[COMPILED] = _on_edgetpu(compiled, told)
        except (DetectorError, TrainingError) as error:
            notes.append(f"{compiled.name} was not run: {error}")
    figures = _figures(models, pictures)
    checked = edgetpu_check.check(model)
    differences = {
        who: cost.differences(figures[FLOAT][pictures.main], sets[pictures.main]) for who, sets in figures.items() if who != FLOAT
    }
    bounds = cost.limits(figures[FLOAT][pictures.main])
    failed = [f"{who}: {line}" for who, found in differences.items() for line in cost.failures(found, bounds)]
    failed += [f"Edge TPU: {line}" for line in checked.errors]
    result = {
        "model": model.name,
        "sha256": told.sha256,
        "float_sha256": manifest.sha256(floating),
        "passed": not failed,
        "failed": failed,
        "data": pictures.facts,
        "threshold": THRESHOLD,
        "limits": bounds,
        "differences": differences,
        "edgetpu_check": checked.to_json(),
        "main": pictures.main,
        "figures": figures,
    }
    write_json(model.with_name("verify.json"), result)
    manifest.save(_with(told, result), manifest.path_of(model))
    return Found(result, tuple(notes))


def _float_of(model: Path, told: Manifest) -> Path:
    if told.input.tensor.dtype == "float32":
        raise TrainingError(f"{model} is a float model: give the int8 one, which is held against it")
    floating = float_twin(model)
    if not floating.is_file():
        raise TrainingError(f"{model} has no {floating.name} beside it to be held against: give the folder of its run, exported anew")
    if manifest.load(floating).training.get("weights_sha256") != told.training.get("weights_sha256"):
        raise TrainingError(f"{floating.name} and {model.name} were not made of the same weights: export the run again")
    return floating


def _pictures(data: Dataset | None, told: Manifest) -> Pictures:
    """Of the test part where there is one, else of the part that stopped the training; drawn ones without data."""
    if data is None:
        sets = exam.make_exam(None, _SEED, renders=_RENDERS, sets=(exam.SIMULATED,))
        return Pictures(sets, exam.SIMULATED, {"kind": "drawn", "pictures": _RENDERS, "seed": _SEED, "doubt": None})
    part = "test" if data.test.heads else "val"
    sets = exam.make_exam(data, _SEED, part=part, sets=(exam.VALIDATION, exam.BACKGROUNDS))
    if exam.VALIDATION not in sets:
        raise TrainingError(f"the part {part} of {data.root} shows no heads: give another --data or --split")
    facts = {
        "kind": "real",
        "split": data.split,
        "part": part,
        "pictures": {name: len(pictures) for name, pictures in sets.items()},
        "sha256_of_sorted_sha256s": dataset.hash_files(getattr(data, part).paths),
        "doubt": learned.doubt(told.training, part, [data]),
    }
    return Pictures(sets, exam.VALIDATION, facts)


def _on_edgetpu(compiled: Path, source: Manifest) -> Predictor:
    """A compiled model on the device. Raises DetectorError where there is none, TrainingError for what was compiled of other bytes."""
    if compiling.compiled_from(compiled) != source.sha256:
        raise TrainingError("it was compiled from other bytes: compile again")
    floor = {"score_threshold": 0.001}
    detector = plugins.create(plugins.DETECTORS, source.architecture, model=str(compiled), device="edgetpu", **floor)
    detector.load()
    return Predictor(compiled.stem, detector)


def _figures(models: dict[str, Predictor], pictures: Pictures) -> dict[str, dict[str, Any]]:
    figures: dict[str, dict[str, Any]] = {}
    with Progress("verify", len(models) * sum(map(len, pictures.sets.values()))) as progress:
        for who, predictor in models.items():
            with predictor:
                figures[who] = {name: _measure(predictor, shown, progress) for name, shown in pictures.sets.items()}
    return figures


def _measure(predictor: Predictor, shown: Sequence[Picture], progress: Progress) -> dict[str, Any]:
    return of_sightings(look(predictor, shown, progress.advance), THRESHOLD, predictor.exhaustive).to_json()


def _with(told: Manifest, result: dict[str, Any]) -> Manifest:
    """The manifest with the model's own figures as metrics, and the verdict."""
    sets = {name: {k: v for k, v in measures.items() if k not in _LONG} for name, measures in result["figures"][INT8].items()}
    metrics = {"how": "int8 TFLite in the robot's detector on the CPU; px of the picture that came in", "sets": sets}
    verdict = {k: result[k] for k in ("passed", "failed", "sha256", "float_sha256", "data", "threshold", "limits", "differences")}
    return dataclasses.replace(told, training={**told.training, "metrics": metrics, "verify": verdict})
