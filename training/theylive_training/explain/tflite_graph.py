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

"""Reads a TFLite file's graph off its operators' shapes and settings."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from theylive_training.errors import TrainingError
from theylive_training.explain.graph import (
    ACTIVATION,
    ADD,
    CONV,
    DENSE,
    JOIN,
    PAD,
    POOL,
    SLICE,
    UPSAMPLE,
    VIEW,
    Graph,
    Shape,
    Step,
    Window,
    same_padding,
)
from theylive_training.tflite import flatbuffer
from theylive_training.tflite.flatbuffer import GraphTensor, Operator

_KINDS = {
    "CONV_2D": CONV, "DEPTHWISE_CONV_2D": CONV, "FULLY_CONNECTED": DENSE, "MAX_POOL_2D": POOL, "AVERAGE_POOL_2D": POOL, "MEAN": POOL,
    "ADD": ADD, "SUB": ADD, "MUL": ADD, "CONCATENATION": JOIN, "PAD": PAD, "RESIZE_NEAREST_NEIGHBOR": UPSAMPLE, "STRIDED_SLICE": SLICE,
    "SPLIT": SLICE, "RELU": ACTIVATION, "RELU6": ACTIVATION, "LOGISTIC": ACTIVATION, "SOFTMAX": ACTIVATION, "LEAKY_RELU": ACTIVATION,
    "TANH": ACTIVATION, "HARD_SWISH": ACTIVATION, "QUANTIZE": VIEW, "DEQUANTIZE": VIEW, "RESHAPE": VIEW, "SQUEEZE": VIEW,
}  # fmt: skip
_SAME_GRID = (ADD, JOIN, SLICE, ACTIVATION, VIEW)

Constant = Callable[[GraphTensor], Any]  # the values of a tensor that lies in the file


def read_graph(path: Path, constant: Constant) -> tuple[Graph, tuple[GraphTensor, ...]]:
    """The graph of a model file, and for each of its steps the file's tensor. Raises TrainingError for an operator not known here."""
    told = flatbuffer.read(path)
    made = {id(t) for o in told.operators for t in o.outputs}
    given = [t for o in told.operators for t in o.inputs if not t.constant and id(t) not in made]
    if not given or len({id(t) for t in given}) != 1:
        raise TrainingError(f"{path.name} does not take one picture: only nets like ours are known to explain")
    steps: list[Step] = []
    tensors: list[GraphTensor] = []
    numbers = {id(given[0]): -1}
    for operator in told.operators:
        sources = [t for t in operator.inputs if not t.constant]
        for tensor in operator.outputs:
            inputs = tuple(numbers[id(t)] for t in sources)
            numbers[id(tensor)] = len(steps)
            steps.append(_step(operator, inputs, _shape(sources[0]), _shape(tensor), constant))
            tensors.append(tensor)
    used = {n for s in steps for n in s.inputs}
    outputs = tuple(n for n in range(len(steps)) if n not in used)
    graph = Graph(_shape(given[0]), tuple(steps), outputs, trained=None)
    return dataclasses.replace(graph, steps=_blocked(graph)), tuple(tensors)


def _step(operator: Operator, inputs: tuple[int, ...], given: Shape, made: Shape, constant: Constant) -> Step:
    kind = _KINDS.get(operator.name, "")
    learned = [t for t in operator.inputs if t.constant] if kind in (CONV, DENSE, ADD) else []
    told = _looks(operator, kind, given, made, constant)
    if told is None:
        raise TrainingError(
            f"operator {operator.index} {operator.name} {tuple(given)} -> {tuple(made)} is not known to explain: only nets like ours are"
        )
    return Step(
        name=f"{operator.index} {_spoken(operator.outputs[0].name)}",
        block="",
        kind=kind,
        inputs=inputs,
        input=given,
        output=made,
        weights=sum(t.size for t in learned if len(t.shape) > 1),
        biases=sum(t.size for t in learned if len(t.shape) == 1),
        **told,
    )


def _looks(operator: Operator, kind: str, given: Shape, made: Shape, constant: Constant) -> dict[str, Any] | None:
    """How a step looks at its input: fields of Step; None where that is not known."""
    if kind == CONV:
        weights = operator.inputs[1].shape
        dilation = operator.option("dilationHFactor", 1), operator.option("dilationWFactor", 1)
        groups = given.channels if operator.name == "DEPTHWISE_CONV_2D" else given.channels // weights[3]
        return {"window": _window(operator, weights[1:3], dilation, given), "groups": groups}
    if kind == POOL and operator.name != "MEAN":
        return {"window": _window(operator, (operator.option("filterHeight", 1), operator.option("filterWidth", 1)), (1, 1), given)}
    if kind == PAD:
        rows, columns = constant(operator.inputs[1])[1:3]
        return {"window": Window(before=(int(rows[0]), int(columns[0])))}
    if kind == UPSAMPLE:
        known = made.height % given.height == 0 and made.width % given.width == 0
        return {"scale": (made.height // given.height, made.width // given.width)} if known else None
    if kind in (POOL, VIEW, DENSE) and made[:2] == (1, 1):
        return {"window": Window(given[:2])}  # the whole map becomes one cell
    return {} if kind in _SAME_GRID and made[:2] == given[:2] else None


def _window(operator: Operator, kernel: tuple[int, ...], dilation: tuple[int, int], given: Shape) -> Window:
    stride = operator.option("strideH", 1), operator.option("strideW", 1)
    is_same = operator.option("padding") == 0
    before = [same_padding(g, k, s, d) if is_same else 0 for g, k, s, d in zip(given[:2], kernel, stride, dilation, strict=True)]
    return Window(tuple(kernel), stride, dilation, tuple(before))


def _spoken(name: str) -> str:
    """What of a tensor's name a person reads: the layer, without the converter's paths."""
    parts = name.split(";")[0].split("/")
    return (parts[1] if len(parts) > 1 else parts[0])[:28]


def _blocked(graph: Graph) -> tuple[Step, ...]:
    """The steps with their blocks. A file knows none: a block ends where nothing but its result is held, save what waits for a
    coarser grid to come back."""
    ends, first, blocks = _ends(graph), 0, []
    for number in range(len(graph.steps)):
        if number in ends:
            block = f"{first}-{number}" if number > first else f"{number}"
            blocks += [block] * (number + 1 - first)
            first = number + 1
    return tuple(dataclasses.replace(s, block=b) for s, b in zip(graph.steps, blocks, strict=True))


def _ends(graph: Graph) -> set[int]:
    passing: set[int] = set()  # steps during which another result of their own grid waits to be used
    for number, users in enumerate(graph.consumers):
        for user in users:
            between = range(number + 1, user)
            if all(graph.steps[b].output[:2] == graph.steps[number].output[:2] for b in between):
                passing |= set(between)
    ends = {n for n, s in enumerate(graph.steps) if n not in passing and s.kind not in (PAD, VIEW)}
    before_activation = {i for s in graph.steps if s.kind == ACTIVATION for i in s.inputs}
    return (ends - before_activation) | set(graph.outputs)


def _shape(tensor: GraphTensor) -> Shape:
    if len(tensor.shape) == 4 and tensor.shape[0] == 1:
        return Shape(*tensor.shape[1:])
    if len(tensor.shape) == 2 and tensor.shape[0] == 1:
        return Shape(1, 1, tensor.shape[1])
    raise TrainingError(f"values of the shape {tensor.shape} are not known to explain: only nets like ours are")
