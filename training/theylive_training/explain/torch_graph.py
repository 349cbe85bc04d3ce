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

"""Reads a PyTorch net's graph off one forward pass without numbers (device meta): any module, nothing is computed."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from theylive_training.errors import TrainingError
from theylive_training.explain.graph import ACTIVATION, ADD, CONV, DENSE, JOIN, POOL, UPSAMPLE, VIEW, Graph, Shape, Step, Window

_ACTIVATIONS = ("relu", "relu_", "hardtanh", "hardtanh_", "silu", "silu_", "sigmoid", "sigmoid_", "leaky_relu", "leaky_relu_", "_softmax")
_VIEWS = ("split", "split_with_sizes", "slice", "alias", "detach", "clone", "contiguous")
_FLAT = ("view", "_unsafe_view", "reshape")

Naming = Callable[[str], tuple[str, str]]  # from a module's name to its block, and to what a person reads


def read_graph(net: nn.Module, input_shape: Shape, naming: Naming, trained: int, statistics: int = 0) -> Graph:
    """The graph of a net for one picture. Raises TrainingError for an operation that is not known here."""
    picture = torch.zeros(1, input_shape.channels, input_shape.height, input_shape.width, device="meta")
    recorder, results = _record(copy.deepcopy(net).to("meta").eval(), picture, naming)
    return Graph(input_shape, tuple(recorder.steps), tuple(recorder.number(r) for r in results), trained, statistics)


def results_of(net: nn.Module, picture: torch.Tensor) -> list[torch.Tensor]:
    """What each step of the net's graph makes of a picture (1, channels, height, width), in the graph's order.

    What is changed in place is seen as it was left: a convolution's result after its activation.
    """
    recorder, _ = _record(net.eval(), picture, lambda module: ("", module))
    return recorder.made[1:]


def _record(net: nn.Module, picture: torch.Tensor, naming: Naming) -> tuple[_Recorder, tuple[torch.Tensor, ...]]:
    with torch.no_grad(), _modules(net) as inside, _Recorder(picture, inside, naming) as recorder:
        results = net(picture)
    return recorder, results if isinstance(results, tuple) else (results,)


@contextlib.contextmanager
def _modules(net: nn.Module) -> Iterator[list[str]]:
    """The names of the modules that are running, the innermost last."""
    inside: list[str] = []
    hooks = []
    for name, module in net.named_modules():
        hooks.append(module.register_forward_pre_hook(lambda module, given, name=name: inside.append(name)))
        hooks.append(module.register_forward_hook(lambda module, given, result: inside.__delitem__(-1)))
    try:
        yield inside
    finally:
        for hook in hooks:
            hook.remove()


class _Recorder(TorchDispatchMode):
    """Writes down every operation on what came from the picture."""

    def __init__(self, picture: torch.Tensor, inside: list[str], naming: Naming) -> None:
        super().__init__()
        self.steps: list[Step] = []
        self.made = [picture]  # held: an id is its tensor's only while the tensor lives
        self._inside, self._naming = inside, naming
        self._numbers = {id(picture): -1}

    def number(self, tensor: torch.Tensor) -> int:
        """Which step made a tensor."""
        return self._numbers[id(tensor)]

    def __torch_dispatch__(self, operation: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None) -> Any:
        """Run an operation and write it down."""
        result = operation(*args, **(kwargs or {}))
        tensors = [t for a in args for t in (a if isinstance(a, (list, tuple)) else [a]) if isinstance(t, torch.Tensor)]
        sources = [t for t in tensors if id(t) in self._numbers]
        if sources:
            name = operation.overloadpacket.__name__
            made = result if isinstance(result, (tuple, list)) else (result,)
            for one in made[:1] if name.startswith("max_pool") else made:  # a pooling also says where the largest were
                self._write(name, args, sources, [t for t in tensors if id(t) not in self._numbers], one)
        return result

    def _write(self, operation: str, args: tuple[Any, ...], sources: list[torch.Tensor], learned: list[torch.Tensor], made: Any) -> None:
        given, shape = _shape(sources[0]), _shape(made)
        told = _told(operation, args, given, shape)
        first = self._numbers[id(sources[0])]
        if told["kind"] == ACTIVATION and first >= 0:  # one is often shared by many layers: it belongs to what it is applied to
            block, name = self.steps[first].block, self.steps[first].name
        else:
            block, name = self._naming(self._inside[-1])
        step = Step(
            name=name,
            block=block,
            inputs=tuple(self._numbers[id(t)] for t in sources),
            input=given,
            output=shape,
            weights=sum(t.numel() for t in learned if t.ndim > 1),
            biases=sum(t.numel() for t in learned if t.ndim == 1),
            **told,
        )
        self._numbers[id(made)] = len(self.steps)
        self.made.append(made)
        self.steps.append(step)


def _told(operation: str, args: tuple[Any, ...], given: Shape, made: Shape) -> dict[str, Any]:
    """What the operation's name and arguments say of a step."""
    if operation == "convolution":
        _, weights, _, stride, padding, dilation, transposed, _, groups = args
        if not transposed:
            return {"kind": CONV, "window": Window(tuple(weights.shape[2:]), *map(_pair, (stride, dilation, padding))), "groups": groups}
    if operation.startswith(("max_pool2d", "avg_pool2d")):
        kernel = _pair(args[1])
        stride = _pair(args[2]) if len(args) > 2 and args[2] else kernel
        before = _pair(args[3]) if len(args) > 3 else (0, 0)
        dilation = _pair(args[4]) if len(args) > 4 and operation.startswith("max") else (1, 1)
        return {"kind": POOL, "window": Window(kernel, stride, dilation, before)}
    if operation in ("mean", "_adaptive_avg_pool2d") and made[:2] == (1, 1):
        return {"kind": POOL, "window": Window(given[:2])}
    if operation.startswith("upsample_nearest2d") and made.height % given.height == 0 and made.width % given.width == 0:
        return {"kind": UPSAMPLE, "scale": (made.height // given.height, made.width // given.width)}
    if operation == "cat" and made[:2] == given[:2]:
        return {"kind": JOIN}
    if operation in ("add", "mul", "add_"):
        return {"kind": ADD}
    if operation == "addmm" and given[:2] == (1, 1):
        return {"kind": DENSE}
    if operation in _ACTIVATIONS:
        return {"kind": ACTIVATION}
    if operation in _VIEWS and made[:2] == given[:2]:
        return {"kind": VIEW}
    if operation in _FLAT and made[:2] == (1, 1):
        return {"kind": VIEW, "window": Window(given[:2])}
    raise TrainingError(f"the operation {operation} {tuple(given)} -> {tuple(made)} is not known to explain: only nets like ours are")


def _shape(tensor: torch.Tensor) -> Shape:
    if tensor.ndim == 4:
        _, channels, height, width = tensor.shape
        return Shape(height, width, channels)
    if tensor.ndim == 2:
        return Shape(1, 1, tensor.shape[1])
    raise TrainingError(f"values of {tensor.ndim} dimensions are not known to explain: only nets like ours are")


def _pair(value: Any) -> tuple[int, int]:
    """One number for both axes, or two."""
    if isinstance(value, int):
        return value, value
    return (int(value[0]), int(value[-1]))
