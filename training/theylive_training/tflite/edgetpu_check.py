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

"""Whether a model should map wholly onto the Edge TPU, judged without Google's compiler, operator by operator.

Only the compiler itself can promise: compile where it can be had. Of a compiled file this tells what the compiler left on the CPU.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from theylive_training.tflite import edgetpu_rules
from theylive_training.tflite.flatbuffer import Graph, Operator, read

EDGE_TPU, LOOK_AT, CPU = "Edge TPU", "look at", "CPU"  # where an operator would run; "look at": on the Edge TPU, with a doubt
COMPILED = "CUSTOM edgetpu-custom-op"
_SRAM = 7.5 * 2**20  # bytes of parameters that stay on the chip, about


@dataclasses.dataclass(frozen=True)
class Verdict:
    """Of one operator. where: EDGE_TPU, LOOK_AT or CPU; why: reasons, none on the Edge TPU."""

    index: int
    name: str
    inputs: tuple[tuple[int, ...], ...]
    outputs: tuple[tuple[int, ...], ...]
    where: str
    why: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Report:
    """errors: why the model, or a part of it, would not run on the Edge TPU. warnings: what to look at after compiling."""

    errors: tuple[str, ...]
    warnings: tuple[str, ...]
    operators: dict[str, int]
    parameter_bytes: int
    largest_activation: int
    verdicts: tuple[Verdict, ...]

    @property
    def ok(self) -> bool:
        """Whether everything should map."""
        return not self.errors

    @property
    def on_cpu(self) -> int:
        """How many operators would run on the CPU."""
        return sum(v.where == CPU for v in self.verdicts)

    def to_json(self) -> dict[str, Any]:
        """For a manifest: without the operators one by one."""
        told = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name != "verdicts"}
        return {"ok": self.ok, "on_cpu": self.on_cpu, **told, "errors": list(self.errors), "warnings": list(self.warnings)}


def check(path: Path) -> Report:
    """Check a model file. Raises TrainingError for what is none."""
    return check_graph(read(path))


def check_graph(graph: Graph) -> Report:
    """Check a graph."""
    verdicts = tuple(_verdicts(graph))
    errors, warnings = list(_model_errors(graph)), []
    errors += [f"{_kind(v)}: {why}" for v in verdicts if v.where == CPU for why in v.why if not why.startswith(_AFTER)]
    if graph.parameter_bytes > _SRAM:
        warnings.append(f"{graph.parameter_bytes / 2**20:.1f} MiB of parameters do not fit on the chip and are sent anew at each run")
    warnings += [f"{_kind(v)}: {why}" for v in verdicts if v.where == LOOK_AT for why in v.why]
    activations = [t.size for t in graph.tensors if not t.constant]
    counts = dict(Counter(o.name for o in graph.operators))
    return Report(_once(errors), _once(warnings), counts, graph.parameter_bytes, max(activations, default=0), verdicts)


def table(verdicts: Sequence[Verdict]) -> str:
    """One line an operator, for a person."""
    rows = [("", "operator", "takes", "gives", "runs on", "why")]
    for v in verdicts:
        rows.append((str(v.index), v.name, _shapes(v.inputs), _shapes(v.outputs), v.where, "; ".join(v.why)))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join("  ".join([*(cell.ljust(w) for cell, w in zip(row, widths, strict=False)), row[5]]).rstrip() for row in rows)


_AFTER = "after operator "


def _verdicts(graph: Graph) -> Iterator[Verdict]:
    """The compiler makes one part for the Edge TPU: after the first operator that does not map, all run on the CPU."""
    compiled = any(o.name == COMPILED for o in graph.operators)
    first: int | None = None
    for o in graph.operators:
        where, why = _judge(o, compiled)
        if where == CPU and first is None:
            first = o.index
        elif where != CPU and first is not None and not compiled:
            where, why = CPU, (f"{_AFTER}{first}",)
        inputs = tuple(t.shape for t in o.inputs if not t.constant)
        yield Verdict(o.index, o.name, inputs, tuple(t.shape for t in o.outputs), where, why)


def _judge(operator: Operator, compiled: bool) -> tuple[str, tuple[str, ...]]:
    if compiled:
        return (EDGE_TPU, ()) if operator.name == COMPILED else (CPU, ("left on the CPU by the compiler",))
    errors = _once(edgetpu_rules.errors(operator))
    if errors:
        return CPU, errors
    doubts = _once(edgetpu_rules.doubts(operator))
    return (LOOK_AT, doubts) if doubts else (EDGE_TPU, ())


def _model_errors(graph: Graph) -> Iterator[str]:
    if graph.schema_version != 3:
        yield f"schema version {graph.schema_version}, 3 is needed"
    if graph.subgraphs != 1:
        yield f"{graph.subgraphs} subgraphs: control flow is not mapped"
    if any(t.outside for t in graph.tensors):
        yield "constants lie outside the flatbuffer, where the compiler finds none: export with constants inlined"


def _kind(verdict: Verdict) -> str:
    return f"operator {verdict.index} {verdict.name}"


def _shapes(shapes: Sequence[tuple[int, ...]]) -> str:
    return " + ".join("x".join(map(str, s)) or "number" for s in shapes)


def _once(lines: Iterator[str] | Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(lines))
