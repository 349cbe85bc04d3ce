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

"""Reads a Keras net's graph off its layers' shapes and settings."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import keras

from theylive_training.errors import TrainingError
from theylive_training.explain.graph import (
    ACTIVATION,
    ADD,
    CONV,
    DENSE,
    JOIN,
    NORM,
    PAD,
    POOL,
    UPSAMPLE,
    VIEW,
    Graph,
    Shape,
    Step,
    Window,
    same_padding,
)

_KINDS = {
    "Conv2D": CONV, "DepthwiseConv2D": CONV, "Dense": DENSE, "BatchNormalization": NORM, "ZeroPadding2D": PAD, "Add": ADD,
    "Multiply": ADD, "Concatenate": JOIN, "MaxPooling2D": POOL, "AveragePooling2D": POOL, "GlobalAveragePooling2D": POOL,
    "GlobalMaxPooling2D": POOL, "UpSampling2D": UPSAMPLE, "ReLU": ACTIVATION, "Activation": ACTIVATION, "Softmax": ACTIVATION,
    "Dropout": VIEW, "Reshape": VIEW, "Flatten": VIEW,
}  # fmt: skip


def read_graph(net: keras.Model, block_of: Callable[[str], str]) -> Graph:
    """The graph of a net whose layers are each used once. Raises TrainingError for a layer that is not known here."""
    steps: list[Step] = []
    numbers = {id(net.inputs[0]): -1}
    for layer in net.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        sources = layer.input if isinstance(layer.input, (list, tuple)) else [layer.input]
        numbers[id(layer.output)] = len(steps)
        inputs = tuple(numbers[id(s)] for s in sources)
        steps.append(_step(layer, block_of(layer.name), inputs, _shape(sources[0].shape), _shape(layer.output.shape)))
    outputs = tuple(numbers[id(t)] for t in net.outputs)
    trained = sum(_size(v.shape) for v in net.trainable_variables)
    statistics = sum(_size(v.shape) for v in net.non_trainable_variables)
    graph = Graph(_shape(net.inputs[0].shape), tuple(steps), outputs, trained, statistics)
    return dataclasses.replace(graph, steps=_folded(graph))


def _step(layer: keras.Layer, block: str, inputs: tuple[int, ...], given: Shape, made: Shape) -> Step:
    name = type(layer).__name__
    kind = _KINDS.get(name)
    spread = kind == VIEW and name != "Dropout" and given[:2] != (1, 1)
    if kind is None or (spread and made[:2] != (1, 1)):
        raise TrainingError(f"the layer {layer.name} ({name}) is not known to explain: only nets like ours are")
    step = Step(
        name=layer.name,
        block=block,
        kind=kind,
        inputs=inputs,
        input=given,
        output=made,
        weights=sum(_size(v.shape) for v in layer.weights if len(v.shape) > 1),
        biases=sum(_size(v.shape) for v in layer.trainable_variables if len(v.shape) == 1),
    )
    if kind == CONV:
        window = _window(layer, layer.kernel_size, layer.dilation_rate, given)
        return dataclasses.replace(step, window=window, groups=given.channels if name == "DepthwiseConv2D" else layer.groups)
    if kind == POOL:
        whole = name.startswith("Global")
        return dataclasses.replace(step, window=Window(given[:2]) if whole else _window(layer, layer.pool_size, (1, 1), given))
    if kind == PAD:
        (top, _), (left, _) = layer.padding
        return dataclasses.replace(step, window=Window(before=(top, left)))
    if kind == UPSAMPLE:
        return dataclasses.replace(step, scale=tuple(layer.size))
    return dataclasses.replace(step, window=Window(given[:2])) if spread else step


def _window(layer: Any, kernel: tuple[int, int], dilation: tuple[int, int], given: Shape) -> Window:
    stride = tuple(layer.strides)
    before = (0, 0)
    if layer.padding == "same":
        before = tuple(same_padding(g, k, s, d) for g, k, s, d in zip(given[:2], kernel, stride, dilation, strict=True))
    return Window(tuple(kernel), stride, tuple(dilation), before)


def _folded(graph: Graph) -> tuple[Step, ...]:
    """Batch norms gone into the convolution or dense layer before them: a bias a channel, where it had none."""
    steps = list(graph.steps)
    for number, step in enumerate(graph.steps):
        before = step.inputs[0]
        if step.kind == NORM and before >= 0 and graph.consumers[before] == (number,) and steps[before].kind in (CONV, DENSE):
            steps[before] = dataclasses.replace(steps[before], biases=steps[before].output.channels)
            steps[number] = dataclasses.replace(step, weights=0, biases=0)
    return tuple(steps)


def _shape(shape: tuple[int | None, ...]) -> Shape:
    if len(shape) == 4:
        return Shape(*shape[1:])
    if len(shape) == 2:
        return Shape(1, 1, shape[1])
    raise TrainingError(f"values of the shape {shape} are not known to explain: only nets like ours are")


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for n in shape:
        size *= n
    return size
