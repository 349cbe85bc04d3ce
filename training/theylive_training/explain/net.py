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

"""What explain asks of a net, whatever it was made with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from theylive_training.explain.graph import Graph

Progress = Callable[[int, int], None]


class Net(Protocol):
    """An opened net. title: for a person; learned: where its weights come from; graph: its steps.

    grain: how fine its sensitivity is (px); rounds: random pictures that usually do for it.
    """

    title: str
    learned: str
    graph: Graph
    grain: int
    rounds: int

    def results(self, picture: np.ndarray) -> dict[int, np.ndarray]:
        """What leaves each block for a picture, uint8 BGR of the input's size: step -> (height, width, channels), float32."""
        ...

    def filters(self) -> np.ndarray:
        """Of the first convolution: (filters, height, width, channels), RGB where the input is a picture."""
        ...

    def sensitivity(self, steps: Sequence[int], rounds: int, seed: int, progress: Progress) -> dict[int, np.ndarray]:
        """How much each pixel of the input moves the middle cell of a step's result: (height, width), which sums to 1.

        Averaged over `rounds` random pictures. Zero exactly where a pixel moved nothing in any of them.
        """
        ...


def middle(length: int) -> int:
    """The middle cell of an axis, the later of two."""
    return length // 2


def shares(moved: np.ndarray) -> np.ndarray:
    """A sensitivity as shares of its sum; zeros where nothing was moved."""
    whole = moved.sum()
    return moved / whole if whole else moved
