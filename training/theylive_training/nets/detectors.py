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

"""The YOLO nets, built by ultralytics, and their raw outputs as they are exported."""

from __future__ import annotations

import os
from importlib import resources
from typing import Any

os.environ.setdefault("YOLO_OFFLINE", "1")  # nothing is looked up or downloaded

import theylive_training.nets.torchvision_stub  # noqa: F401, I001  before ultralytics
import torch
import yaml
from torch import nn
from ultralytics.cfg import get_cfg
from ultralytics.nn.modules import Conv
from ultralytics.nn.tasks import DetectionModel, yaml_model_load

from theylive_training.nets.spec import NetSpec
from theylive_training.pictures.picture import LABELS


def build(spec: NetSpec) -> DetectionModel:
    """The net with random weights, for spec.side x spec.side RGB pictures in 0..1, ready for its loss."""
    net = DetectionModel(_definition(spec), ch=3, nc=len(LABELS), verbose=False)
    if spec.net == "compact":
        _halve_scores(net)
    net.args = get_cfg()
    net.names = dict(enumerate(LABELS))
    return net


def _definition(spec: NetSpec) -> dict[str, Any]:
    """The net in ultralytics' own format, its channels multiplied by the width."""
    if spec.net == "yolov8n":
        definition = yaml_model_load("yolov8n.yaml")
        depth, width, most = definition["scales"]["n"]
        return {**definition, "nc": len(LABELS), "scale": "n", "scales": {"n": [depth, width * spec.channels, most]}}
    text = resources.files("theylive_training.nets").joinpath("compact.yaml").read_text(encoding="utf-8")
    definition = yaml.safe_load(text)
    return {**definition, "scale": "c", "scales": {"c": [1.0, spec.channels, 1024]}}


def _halve_scores(net: DetectionModel) -> None:
    """Half the channels before the scores, where two classes took a sixth of all multiply-adds: ultralytics has no option for them."""
    detect = net.model[-1]
    for branch in detect.cv3:
        first, second, last = branch
        half = second.conv.out_channels // 2
        narrow = (_conv_like(first, first.conv.in_channels, half), _conv_like(second, half, half))
        branch[0], branch[1], branch[2] = *narrow, nn.Conv2d(half, last.out_channels, 1)
    detect.bias_init()


def _conv_like(block: Conv, inputs: int, outputs: int) -> Conv:
    made = Conv(inputs, outputs, block.conv.kernel_size[0], act=block.act)
    made.bn.eps, made.bn.momentum = block.bn.eps, block.bn.momentum  # which ultralytics sets for a whole net
    return made


def parameters(net: nn.Module) -> int:
    """How many numbers the net has learned."""
    return sum(p.numel() for p in net.parameters())


class RawOutputs(nn.Module):
    """A trained net's maps, NCHW, without anchors or suppression: distances to the sides in cells, plain or as 16 bins; scores 0..1.

    Both stay outputs of their own: one int8 tensor would share one scale between them, and the scores would collapse.
    """

    def __init__(self, net: DetectionModel) -> None:
        super().__init__()
        self._net = net.eval().fuse(verbose=False)
        for p in self.parameters():
            p.requires_grad_(False)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """x: (n, 3, side, side), RGB in 0..1. Boxes and scores in turn, from the finest grid to the coarsest."""
        kept: list[torch.Tensor | None] = []
        for module in self._net.model[:-1]:
            if module.f != -1:
                x = kept[module.f] if isinstance(module.f, int) else [x if k == -1 else kept[k] for k in module.f]
            x = module(x)
            kept.append(x if module.i in self._net.save else None)
        detect = self._net.model[-1]
        maps: list[torch.Tensor] = []
        for source, boxes, scores in zip(detect.f, detect.cv2, detect.cv3, strict=True):
            features = x if source == detect.i - 1 else kept[source]
            maps += [boxes(features), scores(features).sigmoid()]
        return tuple(maps)
