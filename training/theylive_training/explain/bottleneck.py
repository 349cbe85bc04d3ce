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

"""Why MobileNetV2's bottlenecks are linear: what a ReLU destroys in few channels it spares in many.

After figure 1 of Sandler et al., "MobileNetV2" (arXiv 1801.04381): a spiral in two dimensions goes through a random matrix into n
channels, through ReLU, and back by the matrix's inverse.
"""

from __future__ import annotations

import numpy as np

CHANNELS = (2, 3, 5, 15, 30)


def spiral(points: int = 600) -> np.ndarray:
    """(points, 2), about the origin, within -1..1, all distances along it alike."""
    turns = np.sqrt(np.linspace(0.02, 1, points)) * 3.2 * 2 * np.pi
    return np.column_stack([np.cos(turns), np.sin(turns)]) * (turns / turns[-1])[:, None]


def embedding(channels: int, rng: np.random.Generator) -> np.ndarray:
    """A random matrix (channels, 2)."""
    return rng.normal(size=(channels, 2))


def there_and_back(points: np.ndarray, matrix: np.ndarray, rectified: bool) -> np.ndarray:
    """The points (n, 2) embedded by the matrix, rectified or not, and brought back by its pseudo-inverse."""
    inside = points @ matrix.T
    return (np.maximum(inside, 0) if rectified else inside) @ np.linalg.pinv(matrix).T


def lost(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Which points (n,) no decoder could bring back: after the ReLU fewer than two channels, too few for two dimensions, are left."""
    return (points @ matrix.T > 0).sum(axis=1) < 2


def mean_lost(channels: int, rounds: int, rng: np.random.Generator) -> float:
    """The share of the spiral's points that are lost, over `rounds` random matrices."""
    points = spiral()
    return float(np.mean([lost(points, embedding(channels, rng)).mean() for _ in range(rounds)]))


def expected_lost(channels: int) -> float:
    """The same for all random matrices there are: each channel is on or off with even chance, and none or one of them is on."""
    return (1 + channels) / 2**channels
