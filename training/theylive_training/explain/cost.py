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

"""What a net costs: parameters, multiply-adds, memory; and what depthwise-separable convolutions cost against plain ones."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from theylive_training.explain.graph import ACTIVATION, CONV, NORM, PAD, SLICE, VIEW, Graph, Step

_BYTES = {"int8": (1, 4, 1), "float32": (4, 4, 4)}  # of a weight, a bias, an activation


@dataclasses.dataclass(frozen=True)
class Alternative:
    """A convolution over k x k pixels done in both ways; multiply-adds and weights.

    steps: those that do it in the net; separable: as such.
    """

    steps: tuple[int, ...]
    separable: bool
    plain_multiply_adds: int
    separable_multiply_adds: int
    plain_weights: int
    separable_weights: int

    @property
    def saving(self) -> float:
        """How many times the plain one costs what the separable one does."""
        return self.plain_multiply_adds / self.separable_multiply_adds


@dataclasses.dataclass(frozen=True)
class Cost:
    """The sums over a net. live: numbers held at the worst moment, at step `worst`; activations: all results written down."""

    weights: int
    biases: int
    multiply_adds: int
    activations: int
    live: int
    worst: int
    alternatives: tuple[Alternative, ...]
    all_plain: int
    all_separable: int

    @property
    def parameters(self) -> int:
        """Weights and biases, as exported."""
        return self.weights + self.biases

    @property
    def flops(self) -> int:
        """A multiplication and an addition counted each."""
        return 2 * self.multiply_adds

    def memory(self) -> dict[str, dict[str, int]]:
        """Bytes of weights and activations by how numbers are stored: in int8 biases stay 32 bits wide."""
        return {
            kind: {"weights": self.weights * w + self.biases * b, "activations": self.activations * a, "peak_activations": self.live * a}
            for kind, (w, b, a) in _BYTES.items()
        }


def cost_of(graph: Graph) -> Cost:
    """Add up a net."""
    found = tuple(_alternatives(graph))
    total = sum(s.multiply_adds for s in graph.steps)
    plain = total + sum(a.plain_multiply_adds - a.separable_multiply_adds for a in found if a.separable)
    separable = total + sum(a.separable_multiply_adds - a.plain_multiply_adds for a in found if not a.separable)
    live = max(graph.live, default=0)
    return Cost(
        weights=sum(s.weights for s in graph.steps),
        biases=sum(s.biases for s in graph.steps),
        multiply_adds=total,
        activations=sum(s.output.size for n, s in enumerate(graph.steps) if graph.roots[n] == n),
        live=live,
        worst=graph.live.index(live) if graph.live else 0,
        alternatives=found,
        all_plain=plain,
        all_separable=separable,
    )


def to_json(graph: Graph) -> dict[str, Any]:
    """Everything as numbers."""
    cost = cost_of(graph)
    both = {a.steps[0]: a for a in cost.alternatives}
    return {
        "input": list(graph.input),
        "total": {
            "parameters": cost.parameters,
            "weights": cost.weights,
            "biases": cost.biases,
            "parameters_in_training": graph.trained,
            "statistics": graph.statistics,
            "multiply_adds": cost.multiply_adds,
            "flops": cost.flops,
            "bytes": cost.memory(),
            "multiply_adds_all_plain": cost.all_plain,
            "multiply_adds_all_separable": cost.all_separable,
        },
        "layers": [_layer(step, graph.live[n], both.get(n)) for n, step in enumerate(graph.steps) if counts(step)],
    }


def counts(step: Step) -> bool:
    """Whether a step is a layer of its own for a person: it works or makes something new."""
    return bool(step.multiply_adds or step.parameters) or step.kind not in (ACTIVATION, NORM, PAD, SLICE, VIEW)


def _layer(step: Step, live: int, both: Alternative | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": step.name,
        "block": step.block,
        "kind": "depthwise" if step.depthwise else step.kind,
        "kernel": list(step.window.kernel),
        "stride": list(step.window.stride),
        "groups": step.groups,
        "output": list(step.output),
        "weights": step.weights,
        "biases": step.biases,
        "multiply_adds": step.multiply_adds,
        "activations": step.output.size,
        "live": live,
    }
    if both:
        told["plain_multiply_adds"] = both.plain_multiply_adds
        told["separable_multiply_adds"] = both.separable_multiply_adds
    return told


def _alternatives(graph: Graph) -> Iterator[Alternative]:
    for number, step in enumerate(graph.steps):
        kh, kw = step.window.kernel
        if step.kind != CONV or kh * kw == 1:
            continue
        cells, taps = step.output.height * step.output.width, kh * kw
        if step.groups == 1:
            given, made, steps = step.input.channels, step.output.channels, (number,)
            mixes = step.output
        elif step.depthwise and (second := _pointwise_after(graph, number)) is not None:
            given, made, steps = step.input.channels, graph.steps[second].output.channels, (number, second)
            mixes = graph.steps[second].output
        else:
            continue
        between = step.output.channels if step.groups > 1 else given
        depthwise, pointwise = taps * between, between * made
        yield Alternative(
            steps,
            step.groups > 1,
            plain_multiply_adds=cells * taps * given * made,
            separable_multiply_adds=cells * depthwise + mixes.height * mixes.width * pointwise,
            plain_weights=taps * given * made,
            separable_weights=depthwise + pointwise,
        )


def _pointwise_after(graph: Graph, number: int) -> int | None:
    """The 1 x 1 convolution that takes a depthwise one's result, with at most an activation or a norm between."""
    while len(graph.consumers[number]) == 1:
        (number,) = graph.consumers[number]
        if graph.steps[number].pointwise:
            return number
        if graph.steps[number].kind not in (ACTIVATION, NORM):
            return None
    return None
