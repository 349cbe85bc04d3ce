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

"""The folder of one training: what it leaves for export, judging and the report, and for itself to go on.

run.json (facts), checkpoint.* (to go on), weights.* (the float net, when done), calibration.npz, history.json, curves.png,
pictures.jpg; after export the int8 and the float model with their manifests, after verify verify.json.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from theylive_training.errors import TrainingError
from theylive_training.nets.spec import KERAS, NetSpec
from theylive_training.whole_file import write_whole

SCHEMA = 1


@dataclasses.dataclass(frozen=True)
class RunFolder:
    """Where each thing of a training lies."""

    path: Path

    @staticmethod
    def make(path: Path) -> RunFolder:
        """The folder, made where it is not there. Raises TrainingError."""
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as cause:
            raise TrainingError(f"{path} cannot be made ({cause.strerror}): give a folder of your own as --out") from None
        return RunFolder(path)

    @staticmethod
    def finished(path: Path) -> RunFolder:
        """The folder of a training that is done. Raises TrainingError for another, and for one that was stopped."""
        folder = RunFolder(path)
        if not folder.facts_file.is_file():
            raise TrainingError(f"{path} is not the folder of a training: give the --out of `theylive-train train`")
        if not folder.weights.is_file():
            raise TrainingError(f"the training in {path} is not done: give its command again, and it goes on")
        return folder

    @property
    def facts_file(self) -> Path:
        """What the training was of: see `save_facts`."""
        return self.path / "run.json"

    @property
    def spec(self) -> NetSpec:
        """The net that was trained. Raises TrainingError for a damaged run.json."""
        facts = self.facts()
        try:
            return NetSpec(**facts["spec"])
        except (KeyError, TypeError) as cause:
            raise TrainingError(f"{self.facts_file} is damaged ({cause}): train again") from cause

    @property
    def weights(self) -> Path:
        """The trained float net."""
        return self.path / ("weights.keras" if self.spec.kind.framework == KERAS else "weights.pt")

    @property
    def checkpoint(self) -> Path:
        """Where a training that was stopped goes on."""
        return self.path / ("checkpoint.keras" if self.spec.kind.framework == KERAS else "checkpoint.pt")

    @property
    def calibration_file(self) -> Path:
        """Pictures by which export sets the int8 scales."""
        return self.path / "calibration.npz"

    @property
    def model(self) -> Path:
        """The exported int8 file."""
        return self.path / f"{self.spec.model_name}.tflite"

    @property
    def float_model(self) -> Path:
        """The same net exported as float32, to hold the int8 file against."""
        return float_twin(self.model)

    @property
    def verify_file(self) -> Path:
        """What `verify` found."""
        return self.path / "verify.json"

    def facts(self) -> dict[str, Any]:
        """What is known of the training. Raises TrainingError."""
        return read_json(self.facts_file)

    def save_facts(self, facts: dict[str, Any]) -> None:
        """Write run.json. facts: spec, made_with, seed, schedule, data (split, counts, hash), pictures, versions, minutes, ..."""
        write_json(self.facts_file, {"schema": SCHEMA, **facts})

    def save_calibration(self, pictures: Sequence[np.ndarray]) -> None:
        """Keep pictures, uint8 (side, side, 3) BGR, by which export sets the int8 scales. Raises TrainingError."""
        encoded = [cv2.imencode(".png", p)[1] for p in pictures]
        write_whole(self.calibration_file, lambda file: np.savez(file, *encoded), "make room and give the command again")

    def calibration(self) -> list[np.ndarray]:
        """The pictures of `save_calibration`. Raises TrainingError."""
        path = self.calibration_file
        try:
            with np.load(path) as kept:
                pictures = [cv2.imdecode(kept[name], cv2.IMREAD_COLOR) for name in kept.files]
        except Exception as cause:  # numpy raises what zip and pickle raise
            raise TrainingError(f"{path} cannot be read ({type(cause).__name__}): train again") from cause
        if not pictures or any(p is None for p in pictures):
            raise TrainingError(f"{path} is damaged: train again")
        return pictures


def model_of(given: Path) -> Path:
    """The int8 model of a run's folder; a file is taken as it is. Raises TrainingError."""
    if not given.is_dir():
        return given
    model = RunFolder.finished(given).model
    if not model.is_file():
        raise TrainingError(f"the training in {given} is not exported: run `theylive-train export {given}`")
    return model


def float_twin(int8: Path) -> Path:
    """Where the float32 file of an int8 model lies: m_224_int8.tflite has m_224_float.tflite."""
    return int8.with_name(f"{int8.stem.removesuffix('_int8')}_float{int8.suffix}")


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file whole or not at all. Raises TrainingError."""
    text = json.dumps(value, indent=2) + "\n"
    write_whole(path, lambda file: file.write(text.encode()), "give a folder of your own")


def read_json(path: Path) -> dict[str, Any]:
    """A JSON file that holds an object. Raises TrainingError."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as cause:
        raise TrainingError(f"{path} cannot be read ({cause.strerror})") from cause
    except ValueError as cause:
        raise TrainingError(f"{path} is damaged ({cause}): it must be JSON") from cause
    if not isinstance(value, dict):
        raise TrainingError(f"{path} is damaged: it must hold a JSON object")
    return value
