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

"""The YOLO nets, opened to be explained: ours, a run's, and the published one. In the form that is exported, without suppression."""

from __future__ import annotations

from pathlib import Path

import torch

from theylive_training.explain.graph import Shape
from theylive_training.explain.torch_net import TorchNet
from theylive_training.nets.detectors import DetectionModel, RawOutputs, build, parameters
from theylive_training.nets.spec import NetSpec
from theylive_training.train.detector import load_weights

_COCO_CLASSES = 80
_PREFIX = "_net.model."


def open_detector(spec: NetSpec, weights: Path | None = None) -> TorchNet:
    """compact or yolov8n, with random weights or a run's. Raises TrainingError."""
    torch.manual_seed(1)
    net = build(spec)
    if weights:
        load_weights(net, weights)
    title = f"{spec.net}, width {spec.channels:g}, {len(net.names)} classes"
    return _opened(net, title, f"the weights of {weights.parent.name}" if weights else "random weights", spec.side)


def open_yolov8n_coco(side: int) -> TorchNet:
    """YOLOv8n as ultralytics published it, for the 80 classes of COCO, with random weights."""
    torch.manual_seed(1)
    return _opened(DetectionModel("yolov8n.yaml", ch=3, nc=_COCO_CLASSES, verbose=False), "YOLOv8n, 80 classes", "random weights", side)


def _opened(net: DetectionModel, title: str, learned: str, side: int) -> TorchNet:
    kinds = [type(m).__name__ for m in net.model]
    trained, statistics = parameters(net), sum(b.numel() for n, b in net.named_buffers() if n.endswith(("running_mean", "running_var")))

    def naming(module: str) -> tuple[str, str]:
        name = module.removeprefix(_PREFIX)
        number = name.split(".")[0]
        return (f"{number} {kinds[int(number)]}" if number.isdigit() else ""), name

    return TorchNet(title, learned, RawOutputs(net), Shape(side, side, 3), naming, trained, statistics)
