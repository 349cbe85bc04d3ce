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

"""The Pareto plot of a sweep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from theylive_training.sweep import Point, front

_COLOURS = {"compact": "tab:blue", "yolov8n": "tab:orange", "mobilenetv2": "tab:green"}


def plot(points: Sequence[Point], judged_on: str, path: Path) -> None:
    """Draw accuracy and the aliens' centre error against time, the best of each joined. judged_on: in words."""
    figure = Figure(figsize=(13, 5.5), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    _panel(left, points, lambda p: None if p.map50_95 is None else 1 - p.map50_95, lambda p: p.map50_95)
    left.set_ylabel("mAP50-95 (detectors)")
    _panel(right, points, lambda p: p.centre_p50, lambda p: p.centre_p50)
    right.set_ylabel("aliens' centre error p50 (px)")
    right.invert_yaxis()  # better is up, as on the left
    for axes in (left, right):
        axes.set_xlabel("processor time of a frame, one thread (ms)")
        axes.set_xlim(left=0)
        axes.grid(alpha=0.3)
    marks = [left.plot([], [], "o", color=_COLOURS[net], label=net)[0] for net in dict.fromkeys(p.net for p in points)]
    left.legend(handles=marks, loc="lower right", fontsize=9)
    figure.suptitle(f"int8 models on {judged_on}; joined: none is both faster and better")
    figure.savefig(path, format="png", dpi=110)


def _panel(axes: Axes, points: Sequence[Point], cost: Callable[[Point], float | None], shown: Callable[[Point], float | None]) -> None:
    best = front(points, cost)
    axes.plot([p.ms for p in best], [shown(p) for p in best], "-", color="0.7", zorder=1)
    for p in points:
        value = shown(p)
        if value is None:
            continue
        axes.plot(p.ms, value, "o", color=_COLOURS[p.net], zorder=2)
        axes.annotate(f"{p.side} x{p.width:g}", (p.ms, value), xytext=(5, 5), textcoords="offset points", fontsize=8)
