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

"""The receptive field in closed form: which part of the picture a cell of a map can see at all.

The recursion of Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks" (Distill 2019,
doi:10.23915/distill.00021): a window of k taps and stride s widens the field by (k - 1) jumps and makes the jump s times as long. Here
each end of the field is followed by itself, exactly and cell by cell, so that branches (the largest extent counts) and enlargements,
after which neighbouring cells no longer see alike, come out right too. The picture is taken as endless: at its edges a field is cut.
"""

from __future__ import annotations

import dataclasses
import math
from fractions import Fraction

from theylive_training.errors import TrainingError
from theylive_training.explain.graph import Graph, Step


@dataclasses.dataclass(frozen=True)
class Axis:
    """What the cells of one axis see, in input px. Cell i sees pixels low[p] + q * cycle ... high[p] + q * cycle, both included, where
    q, p = divmod(i, len(low))."""

    low: tuple[int, ...] = (0,)
    high: tuple[int, ...] = (0,)
    cycle: int = 1

    def at(self, cell: int) -> tuple[int, int]:
        """First and last pixel that a cell sees; outside the picture too."""
        turns, phase = divmod(cell, len(self.low))
        return self.low[phase] + turns * self.cycle, self.high[phase] + turns * self.cycle

    @property
    def size(self) -> int:
        """Pixels that a cell sees; of the cell that sees most."""
        return max(high - low for low, high in zip(self.low, self.high, strict=True)) + 1

    @property
    def jump(self) -> Fraction:
        """Pixels from one cell's field to the next's, on average."""
        return Fraction(self.cycle, len(self.low))

    @property
    def offset(self) -> float:
        """Where the middle of the first cell's field lies (px; 0.5 is the middle of the first pixel)."""
        return (self.low[0] + self.high[0] + 1) / 2

    def window(self, kernel: int, stride: int, dilation: int, before: int) -> Axis:
        """What the results of a window over these cells see; before: cells of padding before the first."""
        phases = len(self.low) // math.gcd(len(self.low), stride)
        low, high = [], []
        for phase in range(phases):
            ends = [self.at(phase * stride - before + tap * dilation) for tap in range(kernel)]
            low.append(min(first for first, _ in ends))
            high.append(max(last for _, last in ends))
        return Axis(tuple(low), tuple(high), phases * stride * self.cycle // len(self.low))._least()

    def enlarged(self, times: int) -> Axis:
        """After each cell is repeated."""
        low, high = ([v for v in ends for _ in range(times)] for ends in (self.low, self.high))
        return Axis(tuple(low), tuple(high), self.cycle)._least()

    def joined(self, other: Axis) -> Axis:
        """What the cells of two maps of one grid see together. Raises TrainingError where the grids differ."""
        if self.jump != other.jump:
            raise TrainingError(
                f"maps with jumps of {self.jump} and {other.jump} px are joined, which explain does not know: nor do our nets"
            )
        phases = math.lcm(len(self.low), len(other.low))
        ends = [(*self.at(i), *other.at(i)) for i in range(phases)]
        return Axis(tuple(min(e[0], e[2]) for e in ends), tuple(max(e[1], e[3]) for e in ends), int(self.jump * phases))._least()

    def _least(self) -> Axis:
        """The same with as few phases as will do."""
        for phases in range(1, len(self.low)):
            if len(self.low) % phases == 0 and self.cycle * phases % len(self.low) == 0:
                short = Axis(self.low[:phases], self.high[:phases], self.cycle * phases // len(self.low))
                if all(short.at(i) == self.at(i) for i in range(len(self.low))):
                    return short
        return self


@dataclasses.dataclass(frozen=True)
class Field:
    """What the cells of a map see."""

    rows: Axis = Axis()
    columns: Axis = Axis()

    def at(self, row: int, column: int) -> tuple[int, int, int, int]:
        """Left, top, right and bottom pixel that a cell sees, all included; outside the picture too."""
        (top, bottom), (left, right) = self.rows.at(row), self.columns.at(column)
        return left, top, right, bottom


def fields(graph: Graph) -> list[Field]:
    """For each step what its results see of the input."""
    found: list[Field] = []
    for step in graph.steps:
        rows, columns = [], []
        for source in step.inputs:
            seen = found[source] if source >= 0 else Field()
            rows.append(_through(step, 0, seen.rows))
            columns.append(_through(step, 1, seen.columns))
        found.append(Field(_together(rows), _together(columns)))
    return found


def worth_showing(graph: Graph, found: list[Field]) -> list[int]:
    """The steps that end a block which has learned something; of those in a row that see alike the last, and all outputs."""
    learned = {s.block for s in graph.steps if s.parameters}
    ends = [step for block, ends in graph.blocks.items() if block in learned for step in ends]
    following = [*ends[1:], None]
    return [e for e, then in zip(ends, following, strict=True) if then is None or e in graph.outputs or found[e] != found[then]]


def _through(step: Step, axis: int, seen: Axis) -> Axis:
    w = step.window
    return seen.window(w.kernel[axis], w.stride[axis], w.dilation[axis], w.before[axis]).enlarged(step.scale[axis])


def _together(axes: list[Axis]) -> Axis:
    joined = axes[0]
    for axis in axes[1:]:
        joined = joined.joined(axis)
    return joined
