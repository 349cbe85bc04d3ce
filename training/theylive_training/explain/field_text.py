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

"""Receptive fields as a table for a person, and as JSON."""

from __future__ import annotations

from typing import Any

from theylive_training.explain.cost import counts
from theylive_training.explain.cost_text import aligned, kind_of
from theylive_training.explain.effective import Extent
from theylive_training.explain.field import Field
from theylive_training.explain.graph import Graph

CONVENTIONS = """\
field    pixels of the input (height x width) that a cell of the layer's result can see at all; of the cell that sees most
jump     pixels of the input from one cell to the next
offset   where the middle of the first cell's field lies (px from the top and the left edge; 0.5 is the first pixel's middle)
covers   share of the picture that the middle cell's field covers"""
MEASURED = """\
within   pixels (height x width) about which the middle cell of a block really minds: 95 % of what moves it lies between these rows, and
         between these columns; averaged over random pictures, to {} px"""


def table(graph: Graph, found: list[Field], title: str) -> str:
    """The fields of all layers, in closed form."""
    rows = [("layer", "kind", "result", "field", "jump", "offset", "covers")]
    for step, field in zip(graph.steps, found, strict=True):
        if counts(step):
            result = "x".join(map(str, step.output))
            size, jump = f"{field.rows.size} x {field.columns.size}", f"{float(field.rows.jump):g}"
            offset, covers = f"{field.rows.offset:g}", f"{covered(graph, field, step.output):.0%}"
            rows.append((step.name, kind_of(step), result, size, jump, offset, covers))
    return "\n".join([title, "", *aligned(rows, left=3), "", CONVENTIONS])


def measured_table(graph: Graph, found: list[Field], measured: dict[int, Extent], learned: str, grain: int) -> str:
    """What the gradient says of the blocks, beside the closed form."""
    rows = [("block", "layer", "field", "within", "share of the field")]
    for step, extent in measured.items():
        field = found[step]
        size = f"{field.rows.size} x {field.columns.size}"
        share = min(1.0, extent.height * extent.width / (field.rows.size * field.columns.size))
        rows.append((graph.steps[step].block, graph.steps[step].name, size, f"{extent.height} x {extent.width}", f"{share:.0%}"))
    return "\n".join([f"measured, with {learned}", "", *aligned(rows, left=2), "", MEASURED.format(grain)])


def covered(graph: Graph, field: Field, cells: tuple[int, int, int]) -> float:
    """The share (0..1) of the picture that the middle cell of a grid sees."""
    left, top, right, bottom = field.at(cells[0] // 2, cells[1] // 2)
    height = min(bottom, graph.input.height - 1) - max(top, 0) + 1
    width = min(right, graph.input.width - 1) - max(left, 0) + 1
    return max(height, 0) * max(width, 0) / (graph.input.height * graph.input.width)


def to_json(graph: Graph, found: list[Field], measured: dict[int, Extent]) -> dict[str, Any]:
    """Everything as numbers."""
    layers = []
    for step, field in zip(graph.steps, found, strict=True):
        if not counts(step):
            continue
        layers.append(
            {
                "name": step.name,
                "block": step.block,
                "output": list(step.output),
                "size": [field.rows.size, field.columns.size],
                "jump": [float(field.rows.jump), float(field.columns.jump)],
                "offset": [field.rows.offset, field.columns.offset],
                "covers": covered(graph, field, step.output),
            }
        )
    blocks = [{"name": graph.steps[s].name, "block": graph.steps[s].block, "within": [e.height, e.width]} for s, e in measured.items()]
    return {"input": list(graph.input), "layers": layers, "measured": blocks}
