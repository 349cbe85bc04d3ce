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

"""What ReLU costs in narrow layers, and what ReLU6 gains in int8, drawn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from theylive_training.explain.bottleneck import CHANNELS, embedding, expected_lost, lost, spiral, there_and_back
from theylive_training.explain.rounding import Rounded


def draw(measured_lost: dict[int, float], rounded: Sequence[Rounded], whose: str, seed: int) -> Figure:
    """A page. measured_lost: channels -> share of points lost; rounded: the layers of a net; whose: the net's and the pictures' origin."""
    figure = Figure(figsize=(15, 9), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=(1, 1.6))
    above.suptitle(
        "Linear bottlenecks: a spiral sent into n channels by a random matrix, through ReLU, and back. "
        "Red: points of which fewer than two channels are left; nothing can bring them back.",
        fontsize=11,
    )
    _spirals(above.subplots(1, len(CHANNELS) + 2), measured_lost, seed)
    below.suptitle(f"ReLU6: int8 has 255 steps for all values of a layer. Measured on {whose}.", fontsize=11)
    left, right = below.subplots(1, 2)
    _bars(left, rounded, [r.relu_step for r in rounded], [r.relu6_step for r in rounded], "one step of int8")
    _bars(right, rounded, [r.relu_error for r in rounded], [r.relu6_error for r in rounded], "rounding error (root mean square)")
    return figure


def _spirals(panels: Sequence[Axes], measured_lost: dict[int, float], seed: int) -> None:
    points = spiral()
    _one(panels[0], points, None, "the spiral")
    rng = np.random.default_rng(seed)
    for axes, channels in zip(panels[1:], CHANNELS, strict=False):
        matrix = _usual(points, channels, rng)
        told = f"n = {channels}, ReLU\n{measured_lost[channels]:.2%} lost\n({expected_lost(channels):.2%} by counting)"
        _one(axes, there_and_back(points, matrix, rectified=True), lost(points, matrix), told)
    matrix = embedding(2, rng)
    _one(panels[-1], there_and_back(points, matrix, rectified=False), None, "n = 2, no ReLU:\na linear bottleneck\nloses nothing")


def _usual(points: np.ndarray, channels: int, rng: np.random.Generator) -> np.ndarray:
    """Of some random matrices the one that loses about as much as most do."""
    drawn = [embedding(channels, rng) for _ in range(21)]
    return sorted(drawn, key=lambda m: float(lost(points, m).mean()))[len(drawn) // 2]


def _one(axes: Axes, points: np.ndarray, gone: np.ndarray | None, title: str) -> None:
    colours = np.where(np.zeros(len(points), bool) if gone is None else gone, "#d62728", "#1f77b4")
    axes.scatter(points[:, 0], points[:, 1], c=colours, s=4)
    axes.set(aspect="equal", xticks=[], yticks=[], adjustable="box", **_limits(points))
    axes.set_title(title, fontsize=9.5)


def _limits(points: np.ndarray) -> dict[str, tuple[float, float]]:
    """A square that holds the points."""
    middle, half = (points.max(axis=0) + points.min(axis=0)) / 2, 0.55 * float(np.ptp(points, axis=0).max())
    return {"xlim": (middle[0] - half, middle[0] + half), "ylim": (middle[1] - half, middle[1] + half)}


def _bars(axes: Axes, rounded: Sequence[Rounded], relu: Sequence[float], relu6: Sequence[float], what: str) -> None:
    places = np.arange(len(rounded))
    axes.bar(places - 0.2, relu, 0.4, label="ReLU", color="#ff7f0e")
    axes.bar(places + 0.2, relu6, 0.4, label="ReLU6", color="#1f77b4")
    axes.set_xticks(places, [r.layer for r in rounded], rotation=90, fontsize=7)
    axes.set_title(what, fontsize=10)
    axes.margins(x=0.01)
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
