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

"""Nets as their authors published them, to hold ours against: never trained here."""

from __future__ import annotations

import itertools

import torch
from torch import nn

_VGG16 = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))  # channels, convolutions: table 1, D in arXiv 1409.1556


def vgg16(classes: int = 1000, side: int = 224) -> nn.Sequential:
    """VGG16 on the device meta: 138 million numbers that take no memory."""
    layers: list[tuple[str, nn.Module]] = []
    channels = 3
    with torch.device("meta"):
        for stage, (filters, depth) in enumerate(_VGG16, start=1):
            for number in range(1, depth + 1):
                layers += [(f"conv{stage}_{number}", nn.Conv2d(channels, filters, 3, padding=1)), (f"relu{stage}_{number}", nn.ReLU())]
                channels = filters
            layers.append((f"pool{stage}", nn.MaxPool2d(2)))
        layers.append(("flatten", nn.Flatten()))
        sizes = (channels * (side // 32) ** 2, 4096, 4096, classes)
        for number, (given, made) in enumerate(itertools.pairwise(sizes), start=6):
            layers += [(f"fc{number}", nn.Linear(given, made)), (f"relu{number}", nn.ReLU())]
        layers.pop()  # the last gives the classes' logits
        net = nn.Sequential()
        for name, layer in layers:
            net.add_module(name, layer)
    return net
