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

"""Finds the net that a word on the command line means."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from theylive_training.errors import TrainingError
from theylive_training.explain.graph import Shape
from theylive_training.explain.net import Net
from theylive_training.explain.stack import PREFIX
from theylive_training.nets.spec import KERAS, KINDS, NetSpec
from theylive_training.run_folder import RunFolder

PUBLISHED = {"yolov8n-coco": 640, "mobilenetv2-imagenet": 224, "vgg16": 224}  # and the side that their authors give
NAMES = (*KINDS, *PUBLISHED)


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What was asked for. side: of the square input (px), width: share of the published channels; None for what is usual there."""

    net: str
    side: int | None = None
    width: float | None = None


def open_net(wanted: Wanted) -> Net:
    """Open a net by name, a stack, a .tflite file or the folder of a run. Raises TrainingError."""
    path = Path(wanted.net)
    if wanted.net in NAMES:
        return _published(wanted) if wanted.net in PUBLISHED else _ours(NetSpec(wanted.net, wanted.side or 224, wanted.width), None)
    if wanted.side or wanted.width:
        raise TrainingError(f"{wanted.net} has its own side and width: leave --side and --width out")
    if wanted.net.startswith(PREFIX):
        return _stack(wanted.net)
    if path.is_dir():
        run = RunFolder.finished(path)
        return _ours(run.spec, run.weights)
    if path.suffix == ".tflite" or path.is_file():
        from theylive_training.explain.tflite_net import TfliteNet

        return TfliteNet(path)
    raise TrainingError(
        f"there is no net {wanted.net}: give one of {', '.join(NAMES)}, {PREFIX}..., a .tflite file or the folder of a training"
    )


def _ours(spec: NetSpec, weights: Path | None) -> Net:
    if spec.kind.framework == KERAS:
        from theylive_training.explain.mobilenet_net import open_mobilenetv2

        return open_mobilenetv2(spec, weights)
    from theylive_training.explain.detector_net import open_detector

    return open_detector(spec, weights)


def _published(wanted: Wanted) -> Net:
    side = wanted.side or PUBLISHED[wanted.net]
    NetSpec("yolov8n", side)  # refuses sides that no net here takes
    if wanted.net == "mobilenetv2-imagenet":
        from theylive_training.explain.mobilenet_net import open_mobilenetv2_imagenet

        return open_mobilenetv2_imagenet(side, wanted.width or 1.0)
    if wanted.width:
        raise TrainingError(f"{wanted.net} is published in one width: leave --width out")
    if wanted.net == "yolov8n-coco":
        from theylive_training.explain.detector_net import open_yolov8n_coco

        return open_yolov8n_coco(side)
    from theylive_training.explain.published import vgg16
    from theylive_training.explain.torch_net import TorchNet

    return TorchNet("VGG16, 1000 classes", "random weights", vgg16(side=side), Shape(side, side, 3), _of_vgg16)


def _of_vgg16(module: str) -> tuple[str, str]:
    if module.startswith(("conv", "relu", "pool")) and module[4:5] in "12345":
        return f"stage {module[4]}", module
    return "dense", module


def _stack(word: str) -> Net:
    import torch

    from theylive_training.explain.stack import build
    from theylive_training.explain.torch_net import TorchNet

    torch.manual_seed(1)
    net, shape = build(word)
    kinds = [type(m).__name__ for m in net]

    def naming(module: str) -> tuple[str, str]:
        return (f"{module} {kinds[int(module)]}", module) if module.isdigit() else ("", module)

    return TorchNet(word, "random weights", net, shape, naming)
