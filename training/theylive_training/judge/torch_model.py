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

"""Float YOLO nets of torch: the weights of a run, and ultralytics' own checkpoints."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch

from theylive_ros.detector.decode import BINS, DISTANCES, PROBABILITY, Output
from theylive_ros.detector.layout import BOX_CHANNELS, BOXES, SCORES
from theylive_ros.detector.manifest import Manifest
from theylive_training.errors import TrainingError
from theylive_training.judge.float_model import FloatModel, describe, tensor_of
from theylive_training.nets.detectors import DetectionModel, RawOutputs, build
from theylive_training.run_folder import RunFolder
from theylive_training.train.detector import load_weights

_DEVICE = f"CPU, torch {torch.__version__}"


def of_run(run: RunFolder) -> tuple[FloatModel, Manifest]:
    """The trained net of a finished run. Raises TrainingError."""
    net = build(run.spec)
    load_weights(net, run.weights)
    return _open(net, run.weights.name, run.spec.kind.labels, run.spec.side, run.facts())


def of_checkpoint(path: Path) -> tuple[FloatModel, Manifest]:
    """A checkpoint that ultralytics' own trainer has written. Raises TrainingError."""
    from ultralytics.nn.modules.head import Detect  # not before nets.detectors, which makes do without torchvision
    from ultralytics.nn.tasks import torch_safe_load

    if not path.is_file():
        raise TrainingError(f"there is no model {path}: give the path of a .pt file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd pickles, which are refused below
            kept, _ = torch_safe_load(path.resolve(), safe_only=True)  # a plain pickle would run whatever its writer liked
        net = (kept.get("ema") or kept["model"]).float()
        labels = [str(net.names[i]) for i in sorted(net.names)]
        side = int(np.max((kept.get("train_args") or {}).get("imgsz", 640)))
    except Exception as cause:  # ultralytics and torch raise whatever they like for a file that is not their own
        raise TrainingError(
            f"{path} is no checkpoint of ultralytics ({type(cause).__name__}): give a .pt that its trainer wrote, or the folder of a run"
        ) from None
    head = net.model[-1] if isinstance(net, DetectionModel) else None
    if not isinstance(head, Detect) or getattr(head, "end2end", False) or 4 * head.reg_max not in BOX_CHANNELS:
        raise TrainingError(f"{path} holds no detector with the outputs of a YOLOv8: export it to TFLite with a manifest")
    training = {"made_with": "ultralytics", "versions": {"ultralytics": str(kept.get("version", ""))}}
    return _open(net, path.name, labels, side, training)


def _open(net: DetectionModel, name: str, labels: Any, side: int, training: dict[str, Any]) -> tuple[FloatModel, Manifest]:
    maps = RawOutputs(net)

    def forward(picture: np.ndarray) -> list[np.ndarray]:
        with torch.inference_mode():
            found = maps(torch.from_numpy(np.ascontiguousarray(picture.transpose(0, 3, 1, 2))))
        return [m.permute(0, 2, 3, 1).contiguous().numpy() for m in found]

    outputs = []
    for number, values in enumerate(forward(np.zeros((1, side, side, 3), np.float32))):
        if number % 2:
            outputs.append(Output(tensor_of(f"scores{number // 2}", values), SCORES, PROBABILITY))
        else:
            kind = DISTANCES if values.shape[-1] == 4 else BINS
            outputs.append(Output(tensor_of(f"boxes{number // 2}", values), BOXES, kind))
    told = describe(name, "yolov8", labels, side, outputs, training)
    return FloatModel(forward, told, _DEVICE), told
