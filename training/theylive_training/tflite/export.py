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

"""A finished run's net as an int8 TFLite file, and as a float32 one to hold it against, each with its manifest."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from theylive_ros.detector import manifest
from theylive_ros.detector.interface import DetectorError
from theylive_ros.detector.manifest import Manifest
from theylive_training.data import find
from theylive_training.errors import TrainingError
from theylive_training.nets.spec import KERAS
from theylive_training.run_folder import RunFolder
from theylive_training.tflite import edgetpu_check
from theylive_training.tflite.workshop import show, workshop

Report = Callable[[str], None]
PUBLIC_SET = "PDDL-1.0: chxadr/humanxalien-dataset"
_DRAWN = "Apache-2.0: drawn by theylive_ros.simulator"
_KEPT = (
    "made_with", "began_with", "trunk", "minutes", "machine", "parameters", "schedule", "epochs", "pictures", "validation", "verdict",
    "versions",
)  # fmt: skip
_JUDGED = ("metrics", "verify")  # what `verify` has added to a manifest


def export(run: RunFolder, calibration: int | None = None, data_licence: str = "", report: Report = print) -> Path:
    """Write both models and their manifests into the run's folder; returns the int8 model.

    calibration: how many of the run's pictures set the int8 scales, None for all. data_licence: of real pictures that are not the
    public set's. What is there already is replaced only when all is made, file by file whole. Raises TrainingError.
    """
    spec, facts = run.spec, run.facts()
    pictures = _calibration(run, calibration)
    if spec.kind.framework == KERAS:
        from theylive_training.tflite.from_keras import convert_files
    else:
        from theylive_training.tflite.from_torch import convert_files
    with workshop(run.path) as folder:
        int8, floating = folder / run.model.name, folder / run.float_model.name
        convert_files(run.weights, spec, pictures, int8, floating, report)
        told: dict[str, Any] = {
            **{k: facts[k] for k in _KEPT if k in facts},
            "licence": {"model": spec.kind.licence, "code": "Apache-2.0", "data": _licence(facts, data_licence)},
            "weights_sha256": manifest.sha256(run.weights),
        }
        of_int8 = {**told, "calibration": _describe(pictures), "edgetpu_check": edgetpu_check.check(int8).to_json()}
        made = manifest.make(int8, spec.kind.labels, architecture=spec.kind.architecture, training=of_int8)
        made = _with_judgement(made, run.model)
        manifest.save(made, manifest.path_of(int8))
        manifest.save(_of_float(floating, made, told), manifest.path_of(floating))
        for model in (floating, int8):
            show(model, run.path)
    return run.model


def _licence(facts: dict[str, Any], given: str) -> str:
    """Of the pictures: real ones, if there were any, and drawn ones. Empty, which `ship` refuses, where nobody has said it."""
    pictures = facts.get("pictures", {})
    if not pictures.get("real"):
        return _DRAWN
    of_real = given or (PUBLIC_SET if pictures.get("set") == find.PUBLIC else "")
    return of_real and f"{of_real}; the rest {_DRAWN}"


def _calibration(run: RunFolder, count: int | None) -> list[np.ndarray]:
    pictures = run.calibration()
    if count is not None and count > len(pictures):
        raise TrainingError(f"the training in {run.path} kept {len(pictures)} pictures for calibration: give --calibration at most that")
    side = run.spec.side
    if any(p.shape != (side, side, 3) for p in pictures):
        raise TrainingError(f"{run.calibration_file} holds pictures that are not {side} x {side} px: train again")
    return pictures[:count]


def _describe(pictures: Sequence[np.ndarray]) -> dict[str, Any]:
    digest = hashlib.sha256()
    for picture in pictures:
        digest.update(picture.tobytes())
    return {"pictures": len(pictures), "sha256": digest.hexdigest()}


def _with_judgement(made: Manifest, before: Path) -> Manifest:
    """The manifest with what `verify` found of the same bytes, when they were exported before."""
    try:
        known = manifest.load(before)
    except DetectorError:  # none there, or of another file
        return made
    if known.sha256 != made.sha256:
        return made
    return dataclasses.replace(made, training={**made.training, **{k: known.training[k] for k in _JUDGED if k in known.training}})


def _of_float(floating: Path, int8: Manifest, told: dict[str, Any]) -> Manifest:
    """The float file's manifest: its numbers mean what those of the int8 file do, whose ranges are known."""
    given = int8.input
    made = manifest.make(
        floating, int8.labels, architecture=int8.architecture, fit=int8.fit, input_range=(given.low, given.high), training=told
    )
    values = {(o.meaning, o.tensor.shape): o.values for o in int8.outputs}
    outputs = tuple(dataclasses.replace(o, values=values[o.meaning, o.tensor.shape]) for o in made.outputs)
    return dataclasses.replace(made, outputs=outputs)
