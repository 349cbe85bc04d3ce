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

"""What ReLU6 is for: int8 spreads 255 steps over all that an activation can be, so that a single large value makes every step coarse."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import torch
from torch import nn

from theylive_ros.detector.fit import Fitter
from theylive_training.data import find
from theylive_training.errors import TrainingError
from theylive_training.nets.detectors import DetectionModel, build
from theylive_training.nets.spec import NetSpec
from theylive_training.pictures.pool import make_pool, material
from theylive_training.run_folder import RunFolder
from theylive_training.train.detector import load_weights

_STEPS = 255
_PICTURES = 16


@dataclasses.dataclass(frozen=True)
class Rounded:
    """One layer's activations in int8. largest: before any limit; error: root mean square of the rounding; clipped: share above 6."""

    layer: str
    largest: float
    relu_error: float
    relu6_error: float
    clipped: float

    @property
    def relu_step(self) -> float:
        """What int8 tells apart after a ReLU."""
        return self.largest / _STEPS

    @property
    def relu6_step(self) -> float:
        """What int8 tells apart after a ReLU6."""
        return min(self.largest, 6.0) / _STEPS


def rounding(values: np.ndarray, most: float | None) -> float:
    """The root mean square error of rectified values in int8, all in one scale from 0 to their largest; most: a limit to it, such as 6."""
    limited = np.clip(values, 0, most)
    step = float(limited.max()) / _STEPS
    if step == 0:
        return 0.0
    return float(np.sqrt(np.mean((np.round(limited / step) * step - limited) ** 2)))


def measure(net: DetectionModel, pictures: torch.Tensor, trained: bool) -> list[Rounded]:
    """Every layer's activations for pictures (n, 3, side, side), RGB in 0..1, as ReLU and as ReLU6 would leave them.

    A net that is not trained has no statistics to normalise by: it takes those of the pictures.
    """
    found: list[Rounded] = []
    hooks = []
    for name, module in net.named_modules():
        if isinstance(module, nn.BatchNorm2d):
            layer = name.removeprefix("model.").removesuffix(".bn")
            hooks.append(module.register_forward_hook(lambda module, given, made, layer=layer: found.append(_rounded(layer, made))))
    net.train(not trained)
    try:
        with torch.no_grad():
            net(pictures)
    finally:
        for hook in hooks:
            hook.remove()
    return found


def of_compact(run: Path | None, data: Path | None, seed: int) -> tuple[list[Rounded], str]:
    """The compact net of a run, or with random weights, measured on 16 pictures: real ones, or the simulator's. And in words whose
    activations they are. Raises TrainingError."""
    torch.manual_seed(seed)
    spec = RunFolder.finished(run).spec if run else NetSpec("compact")
    if spec.net != "compact":
        raise TrainingError(f"{run} is a training of {spec.net}, which has no ReLU6 of its own here: give one of the compact net")
    images = _real(data) if data else _drawn(seed)
    net = build(spec)
    if run:
        load_weights(net, RunFolder(run).weights)
    fitter = Fitter("letterbox", spec.side, spec.side)
    given = np.stack([fitter.fit(image)[0].copy() for image in images])
    pictures = torch.from_numpy(np.ascontiguousarray(given[..., ::-1].transpose(0, 3, 1, 2), np.float32) / 255)
    weights = f"the weights of {run.name}" if run else "random weights"
    return measure(net, pictures, bool(run)), f"the compact net, {weights}, for {len(images)} {'real' if data else 'drawn'} pictures"


def _real(data: Path) -> list[np.ndarray]:
    heads = [p for p in find.find(data) if p.boxes]
    if not heads:
        raise TrainingError(f"no picture in {data} shows a head: give another --data, or none for the simulator's")
    return [heads[i].read().image for i in np.linspace(0, len(heads) - 1, _PICTURES).astype(int)]


def _drawn(seed: int) -> list[np.ndarray]:
    made = make_pool(material((), (), (), looks=4), _PICTURES, 224, seed)
    return [p.image for p in made.pictures]


def _rounded(layer: str, made: torch.Tensor) -> Rounded:
    values = made.numpy()
    return Rounded(layer, max(float(values.max()), 0.0), rounding(values, None), rounding(values, 6.0), float((values > 6).mean()))
