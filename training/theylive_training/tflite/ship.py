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

"""Copies finished models with their manifests into the folder that the robot loads from."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Sequence
from pathlib import Path

from theylive_ros.detector import manifest, tflite
from theylive_ros.detector.interface import DetectorError
from theylive_training.errors import TrainingError
from theylive_training.tflite import compile as compiling
from theylive_training.tflite.completeness import missing
from theylive_training.tflite.workshop import show, workshop


@dataclasses.dataclass(frozen=True)
class Shipped:
    """copied: the models that are now there. left: compiled files that were not copied, and why."""

    copied: tuple[Path, ...]
    left: tuple[str, ...]


def ship(models: Sequence[Path], to: Path, replace: bool) -> Shipped:
    """Copy int8 models, and what was compiled of them, to the folder `to`; all or, where one may not go, none.

    replace: also over other files of their names. Raises TrainingError and DetectorError.
    """
    chosen: list[Path] = []
    left: list[str] = []
    for model in models:
        tflite.check_file(model)
        lacks = missing(manifest.load(model))
        if lacks:
            raise TrainingError(
                f"{model} cannot be shipped, it lacks {', '.join(lacks)}: `verify --data DIR` adds metrics and verdict, "
                "`export --data-licence NAME` the licence of pictures of your own"
            )
        chosen.append(model)
        compiled, why = _compiled(model)
        chosen += [compiled] if compiled else []
        left += [why] if why else []
    if len({m.name for m in chosen}) < len(chosen):
        raise TrainingError("two of the models have one name: ship them into folders of their own")
    for model in chosen:
        if not replace:
            _refuse_to_replace(model, to)
    try:
        to.mkdir(parents=True, exist_ok=True)
    except OSError as cause:
        raise TrainingError(f"{to} cannot be made ({cause.strerror}): give a folder of your own as --to") from None
    with workshop(to) as folder:
        for model in chosen:
            for path in (model, manifest.path_of(model)):
                shutil.copyfile(path, folder / path.name)
        for model in chosen:
            manifest.load(folder / model.name)  # what was copied is whole
            show(folder / model.name, to)
    return Shipped(tuple(to / m.name for m in chosen), tuple(left))


def _compiled(model: Path) -> tuple[Path | None, str]:
    """What was compiled of a model, or why it does not go with it ("" where there is nothing)."""
    path = compiling.path_of(model)
    if not path.is_file():
        return None, ""
    try:
        fits = compiling.compiled_from(path) == manifest.sha256(model)
    except DetectorError as error:
        return None, str(error)
    return (path, "") if fits else (None, f"{path.name} was compiled from other bytes: compile again to ship it too")


def _refuse_to_replace(model: Path, to: Path) -> None:
    for path in (model, manifest.path_of(model)):
        there = to / path.name
        if there.exists() and (not there.is_file() or there.read_bytes() != path.read_bytes()):
            raise TrainingError(f"{there} is there and differs: give --replace to put the new one in its place")
