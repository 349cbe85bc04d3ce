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

"""A net as a list of steps in the order of their running: cost and receptive field are counted from it, whatever made the net."""

from __future__ import annotations

import dataclasses
import functools
from typing import NamedTuple

CONV, DENSE, POOL, UPSAMPLE, JOIN, ADD, PAD, SLICE, ACTIVATION, NORM, VIEW = (
    "conv", "dense", "pool", "upsample", "concat", "add", "pad", "slice", "activation", "norm", "view",
)  # fmt: skip
IN_PLACE = (ACTIVATION, NORM, VIEW)  # need no memory of their own


class Shape(NamedTuple):
    """Of one picture's activations; a vector is 1 x 1."""

    height: int
    width: int
    channels: int

    @property
    def size(self) -> int:
        """How many numbers."""
        return self.height * self.width * self.channels


class Window(NamedTuple):
    """Which rows and columns of its input a step looks at; before: rows above and columns to the left that are padding."""

    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    before: tuple[int, int] = (0, 0)


ONE = Window()  # each cell looks at its own


@dataclasses.dataclass(frozen=True)
class Step:
    """One operation. inputs: numbers of the steps whose results it takes, -1 for the net's input; every input has one grid.

    groups: of a convolution; as many as input channels in a depthwise one. scale: by which an upsampling enlarges the grid.
    weights, biases: numbers learned, as they are exported (a batch norm folded into the convolution before it is one bias a channel).
    block: the part of the net that it belongs to.
    """

    name: str
    block: str
    kind: str
    inputs: tuple[int, ...]
    input: Shape
    output: Shape
    window: Window = ONE
    groups: int = 1
    scale: tuple[int, int] = (1, 1)
    weights: int = 0
    biases: int = 0

    @property
    def multiply_adds(self) -> int:
        """Multiplications by weights, each with its addition. Only convolutions and dense layers have any."""
        if self.kind == CONV:
            kh, kw = self.window.kernel
            return self.output.size * kh * kw * (self.input.channels // self.groups)
        return self.input.size * self.output.size if self.kind == DENSE else 0

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        return self.weights + self.biases

    @property
    def depthwise(self) -> bool:
        """Whether each filter sees one channel only."""
        return self.kind == CONV and self.groups == self.input.channels > 1

    @property
    def pointwise(self) -> bool:
        """Whether it is a convolution of 1 x 1 over all channels."""
        return self.kind == CONV and self.window.kernel == (1, 1) and self.groups == 1


@dataclasses.dataclass(frozen=True)
class Graph:
    """A net. outputs: numbers of its last steps. trained: parameters in training, batch norms and all, None where a
    file does not tell; statistics: their running ones."""

    input: Shape
    steps: tuple[Step, ...]
    outputs: tuple[int, ...]
    trained: int | None
    statistics: int = 0

    @functools.cached_property
    def consumers(self) -> tuple[tuple[int, ...], ...]:
        """For each step the steps that take its result."""
        found: list[list[int]] = [[] for _ in self.steps]
        for number, step in enumerate(self.steps):
            for source in set(step.inputs):
                if source >= 0:
                    found[source].append(number)
        return tuple(map(tuple, found))

    @functools.cached_property
    def roots(self) -> tuple[int, ...]:
        """For each step the step whose memory its result lies in: its own, or that of what it changes in place or only looks at."""
        roots: list[int] = []
        for number, step in enumerate(self.steps):
            if step.kind not in IN_PLACE or len(step.inputs) != 1:
                roots.append(number)
                continue
            source = step.inputs[0]
            alone = source >= 0 and self.consumers[source] == (number,)
            roots.append(roots[source] if source >= 0 and (step.kind == VIEW or alone) else number)
        return tuple(roots)

    @functools.cached_property
    def live(self) -> tuple[int, ...]:
        """For each step how many numbers are held while it runs: its inputs, its result, and what later steps still need."""
        last = list(range(len(self.steps)))
        of_input = 0
        for number, step in enumerate(self.steps):
            for source in step.inputs:
                if source < 0:
                    of_input = number
                else:
                    last[self.roots[source]] = number
        for number in self.outputs:
            last[self.roots[number]] = len(self.steps)
        held = []
        for now in range(len(self.steps)):
            kept = sum(s.output.size for n, s in enumerate(self.steps[: now + 1]) if self.roots[n] == n and last[n] >= now)
            held.append(kept + (self.input.size if now <= of_input else 0))
        return tuple(held)

    @functools.cached_property
    def blocks(self) -> dict[str, tuple[int, ...]]:
        """For each block, in order, the steps whose results leave it."""
        found: dict[str, list[int]] = {}
        for number, step in enumerate(self.steps):
            ends = found.setdefault(step.block, [])
            if number in self.outputs or any(self.steps[c].block != step.block for c in self.consumers[number]):
                ends.append(number)
        return {block: tuple(ends) for block, ends in found.items() if ends}


def same_padding(given: int, kernel: int, stride: int, dilation: int) -> int:
    """Rows that TensorFlow's padding "same" puts before the first: the smaller half of what is needed."""
    return max((-(-given // stride) - 1) * stride + (kernel - 1) * dilation + 1 - given, 0) // 2
