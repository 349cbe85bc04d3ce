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

"""A model of any kind, asked as the robot asks its own: the robot's detector plugin looks at frames, whatever computes the network.

A TFLite file runs in the robot's interpreter. A float net of torch or Keras is held by the same plugin, so that frames are fitted, maps
decoded and doubles suppressed by one and the same code.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from theylive_ros import plugins
from theylive_ros.detector import manifest, tflite
from theylive_ros.detector.network import Network, find_model
from theylive_ros.detector.network_detector import NetworkDetector
from theylive_ros.types import Detection
from theylive_training.errors import TrainingError
from theylive_training.nets.spec import KERAS
from theylive_training.run_folder import RunFolder


class Predictor:
    """An open model. name: for a person; labels: all that it can name; exhaustive: a detector, False for one that tells one head a frame.

    training: what is known of how it was made: a manifest's `training`, or a run folder's facts.
    """

    def __init__(self, name: str, detector: NetworkDetector) -> None:
        """detector: loaded; it is closed with the predictor."""
        self.name = name
        self._detector = detector
        self.labels = detector.labels
        self.training: dict[str, Any] = detector.network.manifest.training
        side = detector.network.height, detector.network.width
        self.exhaustive = detector.detect(np.zeros((*side, 3), np.uint8)).exhaustive

    def detect(self, image_bgr: np.ndarray) -> Sequence[Detection]:
        """Heads in a uint8 BGR image of any size, best score first, in px of that image. Raises DetectorError."""
        return self._detector.detect(image_bgr).items

    def infer(self) -> None:
        """Compute the network alone once more on the last picture, as benchmarks need it."""
        self._detector.network.infer()

    @property
    def floor(self) -> float:
        """Detections of a lesser score are not reported (0..1); may be set at any time."""
        return self._detector.config.score_threshold

    @floor.setter
    def floor(self, score: float) -> None:
        self._detector.config.score_threshold = score

    @property
    def device(self) -> str:
        """Where it runs, in words."""
        return self._detector.device

    def close(self) -> None:
        """Give the model back. Safe to call twice."""
        self._detector.close()

    def __enter__(self) -> Predictor:
        """Itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close it."""
        self.close()


def open_predictor(path: Path, floor: float = 0.001) -> Predictor:
    """Open a .tflite file with its manifest, the folder or weights of a finished run, or a .pt checkpoint of ultralytics, on the CPU.

    floor: detections of a lesser score are not reported (0..1). Raises TrainingError or DetectorError.
    """
    if path.is_dir() or (path.name in ("weights.pt", "weights.keras") and (path.parent / "run.json").is_file()):
        return _of_run(RunFolder.finished(path if path.is_dir() else path.parent), floor)
    if path.suffix == ".pt":
        from theylive_training.judge.torch_model import of_checkpoint

        return _held(path.stem, *of_checkpoint(path), floor)
    if path.suffix == ".keras":
        raise TrainingError(f"{path} is not in the folder of its training, which names its labels: give weights.keras there")
    model = find_model(str(path))
    tflite.check_file(model)
    detector = plugins.create(
        plugins.DETECTORS, manifest.load(model).architecture, model=str(model), device="cpu", threads=1, score_threshold=floor
    )
    detector.load()
    return Predictor(path.stem, detector)


def _of_run(run: RunFolder, floor: float) -> Predictor:
    if run.spec.kind.framework == KERAS:
        from theylive_training.judge.keras_model import of_run
    else:
        from theylive_training.judge.torch_model import of_run
    return _held(f"{run.path.resolve().name}/{run.weights.name}", *of_run(run), floor)


def _held(name: str, model: Any, told: manifest.Manifest, floor: float) -> Predictor:
    detector = plugins.create(plugins.DETECTORS, told.architecture, device="cpu", threads=1, score_threshold=floor)
    detector.hold(Network(model, told, detector.config, told.architecture))
    return Predictor(name, detector)
