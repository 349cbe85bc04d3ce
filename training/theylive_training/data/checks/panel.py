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

"""The plots above the contact sheet: a heat map of the labels per class, and the scatter of the clicks."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from theylive_training.data.checks import places
from theylive_training.data.checks.audit import Audit
from theylive_training.data.label_noise import Noise
from theylive_training.pictures.picture import LABELS

_DPI, _HEIGHT = 100, 430
_COLOURS = {"alien": "#d03030", "john": "#208040"}


def draw_panel(audit: Audit, width: int) -> np.ndarray:
    """The plots, uint8 (430, width, 3) BGR."""
    figure = Figure(figsize=(width / _DPI, _HEIGHT / _DPI), dpi=_DPI, layout="constrained")
    axes = figure.subplots(1, 2 * len(LABELS))
    for axis, label in zip(axes, LABELS, strict=False):
        _heat(axis, audit, label)
    reach = max([4.0, *(1.05 * n.largest for n in audit.clicks.noise.values())])
    for axis, label in zip(axes[len(LABELS) :], LABELS, strict=True):
        noise = audit.clicks.noise.get(label)
        if noise is None:
            axis.axis("off")
            axis.set_title(f"{label}: clicks not measured", fontsize=10)
        else:
            _scatter(axis, noise, reach)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.ascontiguousarray(np.asarray(canvas.buffer_rgba())[:, :, 2::-1])


def _heat(axis: Axes, audit: Audit, label: str) -> None:
    size = audit.size or (1, 1)
    counts = places.heat(audit.rows, size, label)
    axis.imshow(np.ma.masked_equal(counts, 0), extent=(0, size[0], size[1], 0), cmap="YlGnBu")
    axis.set_facecolor("#eeeeee")
    across, down = size[0] / places.CELLS, size[1] / places.CELLS
    for (y, x), n in np.ndenumerate(counts):
        dark = n > 0.6 * counts.max()
        axis.text(
            (x + 0.5) * across, (y + 0.5) * down, n or "none", ha="center", va="center", fontsize=7, color="white" if dark else "#444444"
        )
    axis.set_title(f"{label}: centres per cell ({counts.sum()})", fontsize=10)
    axis.set_xlabel("px", fontsize=8)
    axis.tick_params(labelsize=7)


def _scatter(axis: Axes, noise: Noise, reach: float) -> None:
    axis.scatter(*noise.misses.T, s=6, color=_COLOURS[noise.label], alpha=0.5, linewidths=0)
    around = np.linspace(0, 2 * np.pi, 100)
    for radius, style, name in ((noise.p50, "-", "p50"), (noise.p95, "--", "p95")):
        axis.plot(radius * np.cos(around), radius * np.sin(around), style, color="#222222", linewidth=1, label=f"{name} {radius:.2f} px")
    axis.set(xlim=(-reach, reach), ylim=(reach, -reach), aspect="equal")
    axis.legend(fontsize=7, loc="upper right")
    axis.set_title(f"{noise.label}: clicks about the point clicked on average", fontsize=10)
    axis.set_xlabel("px to the right, the same lean of all taken off", fontsize=8)
    axis.tick_params(labelsize=7)
