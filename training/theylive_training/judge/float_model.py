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

"""What torch and Keras nets have in common when the robot's detectors hold them: float32 tensors, RGB in 0..1, letterboxed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from theylive_ros.detector.decode import Output
from theylive_ros.detector.manifest import Input, Manifest
from theylive_ros.detector.tflite import Tensor


class FloatModel:
    """A net in the shape of theylive_ros.detector.tflite.Model."""

    def __init__(self, forward: Callable[[np.ndarray], list[np.ndarray]], told: Manifest, device: str) -> None:
        """forward: from float32 (1, height, width, 3) RGB in 0..1 to the outputs of `told`, in their order."""
        self.run = forward
        self.inputs = (told.input.tensor,)
        self.outputs = tuple(o.tensor for o in told.outputs)
        self.device = device

    def close(self) -> None:
        """Nothing is held that the garbage collector does not free."""


def describe(
    name: str, architecture: str, labels: Sequence[str], side: int, outputs: Sequence[Output], training: dict[str, Any]
) -> Manifest:
    """The manifest of a float net for side x side px. outputs: their tensors by `tensor_of`."""
    picture = Input(Tensor("picture", (1, side, side, 3), "float32", 0.0, 0), "rgb", 0.0, 1.0)
    return Manifest(name, "", architecture, tuple(labels), "letterbox", picture, tuple(outputs), training)


def tensor_of(name: str, values: np.ndarray) -> Tensor:
    """The description of a float output."""
    return Tensor(name, values.shape, "float32", 0.0, 0)
