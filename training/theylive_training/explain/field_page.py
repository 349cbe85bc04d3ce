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

"""Receptive fields drawn over an average head, one panel for each block of the net."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from theylive_training.explain.effective import Extent, extent
from theylive_training.explain.field import Field
from theylive_training.explain.graph import Graph
from theylive_training.pictures.picture import BOX

_COLUMNS = 5
_CAN, _DOES, _HEAD = "#1f5fff", "#ff7f0e", "#202020"


def draw(
    graph: Graph, found: Sequence[Field], steps: Sequence[int], moved: dict[int, np.ndarray], head: np.ndarray, title: str, whose: str
) -> Figure:
    """A page. steps: one a panel; moved: their sensitivity, where it was measured; head: see average_head; whose: the head's origin."""
    columns = min(_COLUMNS, len(steps))
    rows = math.ceil(len(steps) / columns)
    figure = Figure(figsize=(2.9 * columns + 0.3, 3.3 * rows + 1.6), layout="constrained")
    figure.suptitle(f"What the middle cell of each block sees and minds: {title}", fontsize=13)
    panels = np.atleast_1d(figure.subplots(rows, columns)).ravel()
    for axes in panels[len(steps) :]:
        axes.axis("off")
    for axes, step in zip(panels, steps, strict=False):
        _panel(axes, graph, found[step], step, moved.get(step), head)
    note = f"Under it: {whose}. Dotted: a head's box of {BOX:g} px. Blue: the receptive field in closed form, where the picture holds it."
    if moved:
        note += "\nRed: what moves the cell, measured over random pictures. Orange, dashed: 95 % of it lies between these rows and columns."
    figure.supxlabel(note, fontsize=10)
    return figure


def _panel(axes: Axes, graph: Graph, field: Field, step: int, moved: np.ndarray | None, head: np.ndarray) -> None:
    height, width = head.shape[:2]
    grey = np.nanmean(head, axis=2) / 255
    axes.imshow(np.where(np.isnan(grey), 0.85, grey * 0.8 + 0.2), cmap="gray", vmin=0, vmax=1, extent=(0, width, height, 0))
    made = graph.steps[step].output
    left, top, right, bottom = field.at(made.height // 2, made.width // 2)
    uses = None if moved is None else extent(moved)
    if moved is not None and moved.any():
        strength = np.clip(np.sqrt(moved / np.percentile(moved[moved > 0], 99)), 0, 1)
        red = np.dstack([np.full_like(strength, 0.85), *[np.full_like(strength, 0.05)] * 2, strength * 0.75])
        axes.imshow(red, extent=(0, width, height, 0))
    axes.add_patch(_square(width / 2 - BOX / 2, height / 2 - BOX / 2, BOX, BOX, _HEAD, ":", 1.2))
    axes.add_patch(_square(left, top, right - left + 1, bottom - top + 1, _CAN, "-", 1.8))
    if uses:
        axes.add_patch(_square(uses.left, uses.top, uses.width, uses.height, _DOES, "--", 1.8))
    axes.set(xlim=(0, width), ylim=(height, 0), xticks=[], yticks=[])
    axes.set_title(f"{graph.steps[step].block}  ({made.height} x {made.width})\n{_told(field, uses)}", fontsize=9.5)


def _told(field: Field, uses: Extent | None) -> str:
    sees = f"sees {field.rows.size} x {field.columns.size} px"
    return sees if uses is None else f"{sees}, minds {uses.height} x {uses.width}"


def _square(left: float, top: float, width: float, height: float, colour: str, line: str, thick: float) -> Rectangle:
    return Rectangle((left, top), width, height, fill=False, edgecolor=colour, linestyle=line, linewidth=thick)
