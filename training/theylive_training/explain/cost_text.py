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

"""A net's cost as a table for a person."""

from __future__ import annotations

from theylive_training.explain.cost import Alternative, Cost, cost_of, counts
from theylive_training.explain.graph import ADD, CONV, DENSE, POOL, UPSAMPLE, Graph, Step

CONVENTIONS = """\
parameters      weights and biases, batch norms folded into the convolution before them (a bias per channel), as in the exported file
multiply-adds   a multiplication by a weight and its addition, together one; convolutions and dense layers only: biases, batch norms,
                activations, pooling and additions of maps are left out, as in the papers. FLOPs: 2 x multiply-adds, as ultralytics counts
activations     results of a layer that need memory of their own, for one picture; batch norms and activations work in place
held at once    inputs, result and whatever later layers still need while a layer runs; the peak is what a machine must have free
as plain /      the multiply-adds of that layer as one plain convolution, and as a depthwise and a 1x1 one (depthwise-separable);
as separable    for a depthwise convolution together with the 1x1 one after it"""


def table(graph: Graph, title: str) -> str:
    """The whole page: layers, sums, and how it was counted."""
    cost = cost_of(graph)
    return "\n".join([title, "", *_layers(graph, cost), "", *_sums(graph, cost), "", CONVENTIONS])


def kind_of(step: Step) -> str:
    """A layer's kind in short: `conv 3x3 /2` has a stride of 2."""
    (kh, kw), (sh, sw) = step.window.kernel, step.window.stride
    if step.kind == CONV:
        name = "depthwise" if step.depthwise else "conv" if step.groups == 1 else f"conv in {step.groups} groups"
        return f"{name} {kh}x{kw}" + (f" /{max(sh, sw)}" if max(sh, sw) > 1 else "")
    if step.kind == POOL:
        return f"pool {kh}x{kw}" + (f" /{max(sh, sw)}" if max(sh, sw) > 1 else "")
    if step.kind == UPSAMPLE:
        return f"enlarge x{step.scale[0]}"
    return {DENSE: "dense", ADD: "add"}.get(step.kind, step.kind)


def number(value: float) -> str:
    """A count with thousands apart, shortened to M and G beyond a million."""
    for size, letter in ((1e9, "G"), (1e6, "M")):
        if value >= size:
            return f"{value / size:.2f} {letter}"
    return f"{value:,.0f}"


def _layers(graph: Graph, cost: Cost) -> list[str]:
    both = {a.steps[0]: a for a in cost.alternatives}
    head = ("layer", "kind", "result", "parameters", "multiply-adds", "share", "activations", "held at once", "as plain", "as separable")
    rows = [head]
    for at, step in enumerate(graph.steps):
        if not counts(step):
            continue
        share = f"{step.multiply_adds / cost.multiply_adds:.1%}" if step.multiply_adds else ""
        result = "x".join(map(str, step.output)) if step.output[:2] != (1, 1) else str(step.output.channels)
        counted = _or_dash(step.parameters), _or_dash(step.multiply_adds), share, number(step.output.size), number(graph.live[at])
        rows.append((step.name, kind_of(step), result, *counted, *_both(both.get(at))))
    return aligned(rows, left=3)


def _both(found: Alternative | None) -> tuple[str, str]:
    return (number(found.plain_multiply_adds), number(found.separable_multiply_adds)) if found else ("", "")


def _or_dash(value: int) -> str:
    return f"{value:,}" if value else "-"


def _sums(graph: Graph, cost: Cost) -> list[str]:
    worst = graph.steps[cost.worst]
    rows = [
        f"parameters      {cost.parameters:,}: {cost.weights:,} weights and {cost.biases:,} biases",
        f"multiply-adds   {cost.multiply_adds:,} = {number(cost.multiply_adds)}; FLOPs {number(cost.flops)}",
    ]
    if graph.trained is not None:
        norms = f", and {graph.statistics:,} running statistics of batch norms" if graph.statistics else ""
        rows.insert(1, f"                in training {graph.trained:,}{norms}")
    for kind, held in cost.memory().items():
        rows.append(
            f"memory {kind:<8} weights {held['weights'] / 1e6:.2f} MB, activations {held['activations'] / 1e6:.2f} MB written in all, "
            f"{held['peak_activations'] / 1e6:.2f} MB held at once at most (in {worst.name})"
        )
    if cost.alternatives:
        plain, separable = sum(a.plain_weights for a in cost.alternatives), sum(a.separable_weights for a in cost.alternatives)
        rows += [
            f"if all its convolutions over several pixels were plain      {number(cost.all_plain)} multiply-adds",
            f"if all of them were depthwise-separable                     {number(cost.all_separable)} multiply-adds, "
            f"{cost.all_plain / cost.all_separable:.1f} times fewer; their weights {plain:,} or {separable:,}",
        ]
    return rows


def aligned(rows: list[tuple[str, ...]], left: int) -> list[str]:
    """Rows as lines, the first `left` columns to the left, the others to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [c.ljust(w) if i < left else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))]
        lines.append("  ".join(cells).rstrip())
    return lines
