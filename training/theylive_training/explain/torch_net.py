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

"""A PyTorch net, opened to be explained."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from theylive_training.explain.graph import Graph, Shape
from theylive_training.explain.net import Progress, middle, shares
from theylive_training.explain.torch_graph import Naming, read_graph, results_of

_AT_ONCE = 8  # random pictures


class TorchNet:
    """Implements net.Net. Its pictures are RGB in 0..1."""

    grain, rounds = 1, 16

    def __init__(
        self, title: str, learned: str, net: nn.Module, input_shape: Shape, naming: Naming, trained: int | None = None, statistics: int = 0
    ) -> None:
        """trained: parameters in training, where `net` has them folded."""
        count = sum(p.numel() for p in net.parameters()) if trained is None else trained
        self.title, self.learned = title, learned
        self.graph: Graph = read_graph(net, input_shape, naming, count, statistics)
        self._net = net
        self._naming = naming

    def results(self, picture: np.ndarray) -> dict[int, np.ndarray]:
        """See net.Net."""
        made = results_of(self._real(), _input(picture))
        ends = [step for ends in self.graph.blocks.values() for step in ends]
        return {step: _channels_last(made[step]) for step in ends if step < len(made)}

    def filters(self) -> np.ndarray:
        """See net.Net."""
        first = next(m for m in self._real().modules() if isinstance(m, nn.Conv2d))
        return first.weight.detach().permute(0, 2, 3, 1).numpy()

    def sensitivity(self, steps: Sequence[int], rounds: int, seed: int, progress: Progress) -> dict[int, np.ndarray]:
        """See net.Net: by the gradient of a random mix of the cell's channels."""
        net, chance = self._real(), torch.Generator().manual_seed(seed)
        shape = self.graph.input
        sums = {step: np.zeros(shape[:2]) for step in steps}
        for first in range(0, rounds, _AT_ONCE):
            count = min(_AT_ONCE, rounds - first)
            pictures = torch.rand(count, shape.channels, shape.height, shape.width, generator=chance).requires_grad_(True)
            made = self._with_gradient(net, pictures, steps)
            for number, step in enumerate(steps):
                height, width, channels = self.graph.steps[step].output
                cell = made[step].view(count, channels, height, width)[:, :, middle(height), middle(width)]
                mix = torch.randn(cell.shape, generator=chance)
                (gradient,) = torch.autograd.grad((cell * mix).sum(), pictures, retain_graph=number + 1 < len(steps))
                for one in gradient.abs().sum(1).numpy().astype(np.float64):
                    sums[step] += shares(one)
            progress(first + count, rounds)
        return {step: shares(total) for step, total in sums.items()}

    def _with_gradient(self, net: nn.Module, pictures: torch.Tensor, steps: Sequence[int]) -> dict[int, torch.Tensor]:
        """The results of steps that end their block, still tied to the pictures."""
        kept: dict[int, torch.Tensor] = {}
        hooks = []
        for block, ends in self.graph.blocks.items():
            if len(ends) == 1 and ends[0] in steps:
                keep = functools.partial(_keep, kept, ends[0])
                hooks += [module.register_forward_hook(keep) for module in self._outermost(block)]
        results = net(pictures)
        for hook in hooks:
            hook.remove()
        results = results if isinstance(results, tuple) else (results,)
        return {**kept, **{s: results[self.graph.outputs.index(s)] for s in steps if s in self.graph.outputs}}

    def _outermost(self, block: str) -> list[nn.Module]:
        """The modules that make up a block; the last of them gives its result."""
        inside = {name: m for name, m in self._net.named_modules() if name and self._naming(name)[0] == block}
        depth = min((name.count(".") for name in inside), default=0)
        return [m for name, m in inside.items() if name.count(".") == depth]

    def _real(self) -> nn.Module:
        """The net with numbers: what is on the device meta gets random ones."""
        if any(p.is_meta for p in self._net.parameters()):
            torch.manual_seed(1)
            self._net = self._net.to_empty(device="cpu")
            for module in self._net.modules():
                if hasattr(module, "reset_parameters"):
                    module.reset_parameters()
        return self._net.eval().requires_grad_(False)


def _keep(kept: dict[int, torch.Tensor], step: int, module: nn.Module, given: tuple[torch.Tensor, ...], result: torch.Tensor) -> None:
    kept[step] = result


def _input(picture: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(picture[:, :, ::-1].transpose(2, 0, 1), np.float32)[None] / 255)


def _channels_last(result: torch.Tensor) -> np.ndarray:
    one = result[0].float().numpy()
    return one.transpose(1, 2, 0) if one.ndim == 3 else one[None, None]
