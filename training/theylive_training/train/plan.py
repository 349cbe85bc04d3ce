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

"""What a training is asked to do, and all numbers that it takes where none are given."""

from __future__ import annotations

import dataclasses
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from theylive_training.nets.spec import NetSpec


@dataclasses.dataclass(frozen=True)
class Schedule:
    """How it is trained. rate: highest learning rate; decay: of the weights; mean: how long the running mean of the weights reaches.

    patience: epochs without a better validation after which it ends.
    """

    epochs: int = 14
    batch: int = 16
    rate: float = 0.003
    last_rate: float = 0.01  # share of `rate` at the end
    decay: float = 0.0005
    warmup: float = 1.5  # epochs
    mean: float = 0.9995  # share of the mean that a step of 16 pictures leaves; of a larger batch accordingly less
    clip: float = 10.0  # norm of the gradient
    patience: int = 10
    seed: int = 1


@dataclasses.dataclass(frozen=True)
class Usual:
    """What a net is trained with where nothing else is asked for. pictures: how many are made to learn from."""

    pictures: int
    schedule: Schedule


_LONG = Schedule(epochs=150, batch=64, rate=0.004, patience=30)  # for a GPU
USUAL_ON_CPU = {
    "compact": Usual(6000, Schedule()),
    "yolov8n": Usual(6000, Schedule(epochs=8, patience=8)),
    "mobilenetv2": Usual(4000, Schedule(epochs=10)),
}
USUAL_ON_GPU = {
    "compact": Usual(7000, _LONG),
    "yolov8n": Usual(7000, _LONG),
    "mobilenetv2": Usual(7000, _LONG),
}
SMOKE = Usual(48, Schedule(epochs=1))


@dataclasses.dataclass(frozen=True)
class Plan:
    """One training. data: None for drawn pictures alone; split: a split file, None for the set's own; start: a run to begin with.

    pictures: how many are made to learn from; threads: on the CPU, 0 for what suits the machine; weights: of a backbone (Keras).
    """

    spec: NetSpec
    out: Path
    data: Path | None = None
    split: Path | None = None
    pictures: int = 5000
    schedule: Schedule = dataclasses.field(default_factory=Schedule)
    threads: int = 0
    start: Path | None = None
    weights: Path | None = None
    command: str = ""


_PACKAGES = (
    "theylive_ros", "theylive_training", "torch", "ultralytics", "onnx2tf", "tensorflow", "tensorflow-cpu", "keras", "ai-edge-litert",
    "numpy",
)  # fmt: skip


def versions() -> dict[str, str]:
    """The versions of Python and of the packages that make a model."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
