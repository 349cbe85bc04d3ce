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

"""An exported model compiled for the Edge TPU, with a manifest of its own."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from theylive_ros.detector import manifest, tflite
from theylive_ros.detector.interface import DetectorError
from theylive_ros.detector.manifest import Manifest
from theylive_training.errors import TrainingError
from theylive_training.tflite import compiler, edgetpu_check
from theylive_training.tflite.compiler import Said
from theylive_training.tflite.workshop import show, workshop

_SUFFIX = "_edgetpu"  # as edgetpu_compiler names what it writes, and as the robot looks for it


@dataclasses.dataclass(frozen=True)
class Compiled:
    """A compiled model. said: the compiler's report; on_cpu: operators that stay on the CPU, counted in the file itself."""

    path: Path
    said: Said
    on_cpu: int


def path_of(model: Path) -> Path:
    """Where the compiled file of a model lies."""
    return model.with_name(f"{model.stem}{_SUFFIX}{model.suffix}")


def compiled_from(compiled: Path) -> str | None:
    """SHA-256 of the model that a compiled file was made of; None where its manifest does not say. Raises DetectorError."""
    told = manifest.load(compiled).training.get("compiled")
    return told.get("compiled_from") if isinstance(told, dict) else None


def compile_model(model: Path, given: Path | None, limit: float) -> Compiled:
    """Compile a model within `limit` seconds; the file and its manifest appear beside it, whole, or nothing does.

    given: the compiler, None for the one on PATH. Raises TrainingError and DetectorError.
    """
    tflite.check_file(model)
    told = manifest.load(model)
    if tflite.is_compiled(model):
        raise TrainingError(f"{model} is compiled already: give the file that it was compiled from")
    if told.input.tensor.dtype == "float32":
        raise TrainingError(f"{model} is a float model, and the Edge TPU takes int8 only: give the _int8 file that export wrote")
    target = path_of(model)
    _refuse_foreign(target)
    program = compiler.find(given)
    with workshop(model.parent) as folder:
        made, said = compiler.run(program, model.resolve(), folder, limit)
        made = made.rename(folder / target.name)
        facts = {"compiled_from": told.sha256, **said.to_json()}
        on_cpu = _check(made, told)
        manifest.save(_describe(made, told, {**facts, "on_cpu": on_cpu}), manifest.path_of(made))
        show(made, target.parent)
    return Compiled(target, said, on_cpu)


def _refuse_foreign(target: Path) -> None:
    """Only a file that this command wrote is replaced."""
    if not target.exists():
        return
    try:
        ours = compiled_from(target) is not None
    except DetectorError:
        ours = False
    if not ours:
        raise TrainingError(f"{target} is there and was not written by this command: move it away")


def _check(made: Path, told: Manifest) -> int:
    """How many operators of a compiled file run on the CPU. Raises TrainingError where the file is not what was to be compiled."""
    report = edgetpu_check.check(made)
    if not tflite.is_compiled(made):
        raise TrainingError(f"the compiler left {told.model} as it was, nothing of it maps: see `theylive-train edgetpu-check`")
    try:
        inputs, outputs = tflite.read_tensors(made)
        manifest.check_tensors(told, inputs, outputs)
    except DetectorError as cause:
        raise TrainingError(f"the compiled file has other inputs or outputs than {told.model} ({cause})") from cause
    return report.on_cpu


def _describe(made: Path, told: Manifest, facts: dict[str, Any]) -> Manifest:
    training = {**told.training, "compiled": facts}
    return dataclasses.replace(told, model=made.name, sha256=manifest.sha256(made), training=training)
