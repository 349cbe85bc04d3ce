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

"""Nets written as a word, to try a thought on: `stack:32x32x3:8x3x3:8x3x3` is two 3x3 convolutions on a picture of 32 x 32 px.

After the input (height x width x channels) come the layers: FILTERSxKxK a convolution, dwKxK a depthwise one, maxKxK a pooling,
upN an enlargement; each may end in sN (stride) and pN (padding). Nothing else is between them: all layers are linear but the pooling.
"""

from __future__ import annotations

import copy
import re

import torch
from torch import nn

from theylive_training.errors import TrainingError
from theylive_training.explain.graph import Shape

PREFIX = "stack:"
_LAYER = re.compile(
    r"(?:(?P<filters>\d+)x|(?P<word>dw|max))(?P<kh>\d+)x(?P<kw>\d+)(?:s(?P<stride>\d+))?(?:p(?P<padding>\d+))?|up(?P<up>\d+)"
)


def build(text: str) -> tuple[nn.Sequential, Shape]:
    """The net and its input. Raises TrainingError for a word that is none."""
    first, *layers = text.removeprefix(PREFIX).split(":")
    sides = re.fullmatch(r"([1-9]\d{0,3})x([1-9]\d{0,3})x([1-9]\d{0,3})", first)
    if not sides or not layers:
        raise TrainingError(f"{text!r} is no stack: give {PREFIX}HEIGHTxWIDTHxCHANNELS and layers, such as {PREFIX}6x6x3:5x3x3")
    shape = Shape(*map(int, sides.groups()))
    channels, made = shape.channels, []
    for word in layers:
        layer, channels = _layer(word, channels)
        made.append(layer)
    net = nn.Sequential(*made)
    try:
        copy.deepcopy(net).to("meta")(torch.zeros(1, shape.channels, shape.height, shape.width, device="meta"))
    except RuntimeError as cause:
        raise TrainingError(f"{text!r} does not fit together ({' '.join(str(cause).split())[:120]}): give smaller windows") from None
    return net, shape


def _layer(word: str, channels: int) -> tuple[nn.Module, int]:
    """A layer for so many channels, and how many it makes."""
    told = _LAYER.fullmatch(word)
    if not told:
        raise TrainingError(f"{word!r} is no layer: give FILTERSxKxK, dwKxK, maxKxK or upN, then sN for a stride and pN for padding")
    if told["up"]:
        return nn.Upsample(scale_factor=_positive(told["up"], word), mode="nearest"), channels
    kernel = _positive(told["kh"], word), _positive(told["kw"], word)
    stride, padding = _positive(told["stride"] or "1", word), int(told["padding"] or 0)
    if told["word"] == "max":
        return nn.MaxPool2d(kernel, stride, padding), channels
    filters = channels if told["word"] else _positive(told["filters"], word)
    return nn.Conv2d(channels, filters, kernel, stride, padding, groups=channels if told["word"] else 1, bias=False), filters


def _positive(digits: str, word: str) -> int:
    if not 1 <= int(digits) <= 1024:
        raise TrainingError(f"{word!r} cannot be: numbers go from 1 to 1024")
    return int(digits)
