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

"""MobileNetV2, opened to be explained: the one trained here, a run's, and the published one."""

from __future__ import annotations

import re
from pathlib import Path

from theylive_training.nets import mobilenetv2  # before keras: it chooses the backend
from theylive_training.nets.spec import NetSpec

import keras  # isort: skip

from theylive_training.explain.keras_net import KerasNet

_BLOCK = re.compile(r"(block_\d+|expanded_conv)_")
_PARTS = {"Conv1": ("Conv1", "bn_Conv1"), "Conv_1": ("Conv_1", "out_relu"), "centre": ("place_", mobilenetv2.CENTRE)}


def open_mobilenetv2(spec: NetSpec, weights: Path | None = None) -> KerasNet:
    """Ours, with its heads for the class and the centre; random weights or a run's. Raises TrainingError."""
    keras.utils.set_random_seed(1)
    net = mobilenetv2.build(spec)
    if weights:
        mobilenetv2.load_weights(net, weights)
    learned = f"the weights of {weights.parent.name}" if weights else "random weights"
    return KerasNet(f"MobileNetV2, width {spec.channels:g}, {len(spec.kind.labels)} classes and a centre", learned, net, _block_of)


def open_mobilenetv2_imagenet(side: int, width: float) -> KerasNet:
    """The published classifier of 1000 classes with random weights."""
    keras.utils.set_random_seed(1)
    net = keras.applications.MobileNetV2((side, side, 3), alpha=width, weights=None)
    return KerasNet(f"MobileNetV2, width {width:g}, 1000 classes", "random weights", net, _block_of, low=-1.0)


def _block_of(layer: str) -> str:
    found = _BLOCK.match(layer)
    if found:
        return found[1]
    return next((part for part, names in _PARTS.items() if layer.startswith(names)), "classes")
