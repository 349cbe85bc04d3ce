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

"""A TFLite file's graph in plain terms: tensors and operators, read through the schema that ai-edge-litert ships."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from theylive_training.errors import TrainingError

_OPERATORS = {v: k for k, v in vars(schema.BuiltinOperator).items() if isinstance(v, int)}
_TYPES = {v: k for k, v in vars(schema.TensorType).items() if isinstance(v, int)}
_IDENTIFIER = b"TFL3"
_SMALL = 256  # bytes


@dataclasses.dataclass(frozen=True)
class GraphTensor:
    """constant: its values are in the file. outside: they lie behind the flatbuffer, where old runtimes do not look.

    values: of a small constant of whole numbers, such as axes or paddings; empty for all others. blank: a constant of real value 0.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    constant: bool
    outside: bool
    dynamic: bool
    values: tuple[int, ...] = ()
    blank: bool = False

    @property
    def size(self) -> int:
        """How many values it holds."""
        size = 1
        for n in self.shape:
            size *= n
        return size


@dataclasses.dataclass(frozen=True)
class Operator:
    """One step of the graph. options: the schema's own object, None where the operator has none."""

    index: int
    name: str
    version: int
    inputs: tuple[GraphTensor, ...]
    outputs: tuple[GraphTensor, ...]
    options: Any

    def option(self, name: str, default: Any = 0) -> Any:
        """An option's value, `default` where the operator has no such."""
        return getattr(self.options, name, default)


@dataclasses.dataclass(frozen=True)
class Graph:
    """A model file. parameter_bytes: of all constants."""

    schema_version: int
    subgraphs: int
    tensors: tuple[GraphTensor, ...]
    operators: tuple[Operator, ...]
    parameter_bytes: int
    file_bytes: int


def read(path: Path) -> Graph:
    """The first graph of a model file. Raises TrainingError for what is none."""
    try:
        data = path.read_bytes()
    except OSError as cause:
        raise TrainingError(f"{path} cannot be read ({cause.strerror}): give a .tflite file") from None
    if data[4:8] != _IDENTIFIER:
        raise TrainingError(f"{path} is not a TFLite model: give a .tflite file")
    try:
        return _graph(data)
    except TrainingError:
        raise
    except Exception as cause:  # a cut file fails anywhere within the generated reader
        raise TrainingError(f"{path} is damaged or truncated: export it again ({type(cause).__name__})") from cause


def _graph(data: bytes) -> Graph:
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data, 0))
    first = model.subgraphs[0]
    sizes = [len(b.data) if b.data is not None else int(b.size or 0) for b in model.buffers]
    tensors = tuple(_tensor(t, model.buffers) for t in first.tensors)
    operators = tuple(_operator(i, o, model.operatorCodes, tensors) for i, o in enumerate(first.operators))
    return Graph(model.version, len(model.subgraphs), tensors, operators, sum(sizes), len(data))


def _tensor(tensor: Any, buffers: list[Any]) -> GraphTensor:
    buffer = buffers[tensor.buffer]
    outside = (buffer.offset or 0) > 1
    signature = () if tensor.shapeSignature is None else tensor.shapeSignature
    quantization = tensor.quantization
    return GraphTensor(
        name=tensor.name.decode(errors="replace"),
        shape=tuple(int(n) for n in tensor.shape) if tensor.shape is not None else (),
        dtype=_TYPES.get(tensor.type, str(tensor.type)),
        scales=_numbers(quantization, "scale", float),
        zero_points=_numbers(quantization, "zeroPoint", int),
        constant=outside or (buffer.data is not None and len(buffer.data) > 0),
        outside=outside,
        dynamic=any(int(n) < 0 for n in signature),
        values=_values(tensor, buffer.data),
        blank=_is_blank(tensor, buffer.data),
    )


def _values(tensor: Any, data: Any) -> tuple[int, ...]:
    kind = {schema.TensorType.INT32: "<i4", schema.TensorType.INT64: "<i8"}.get(tensor.type)
    if kind is None or data is None or not 0 < len(data) <= _SMALL:
        return ()
    return tuple(int(v) for v in np.frombuffer(bytes(data), kind))


def _is_blank(tensor: Any, data: Any) -> bool:
    """Whether all values are the zero point."""
    if data is None or tensor.type not in (schema.TensorType.INT8, schema.TensorType.UINT8):
        return False
    zero = (*_numbers(tensor.quantization, "zeroPoint", int), 0)[0]
    return len(data) > 0 and bool((np.frombuffer(bytes(data), np.uint8) == zero % 256).all())


def _numbers(quantization: Any, name: str, kind: type) -> tuple[Any, ...]:
    values = getattr(quantization, name, None)
    return () if values is None else tuple(kind(v) for v in values)


def _operator(index: int, operator: Any, codes: list[Any], tensors: tuple[GraphTensor, ...]) -> Operator:
    code = codes[operator.opcodeIndex]
    name = _OPERATORS.get(max(code.builtinCode, code.deprecatedBuiltinCode), "UNKNOWN")
    if name == "CUSTOM":
        name = f"CUSTOM {code.customCode.decode(errors='replace') if code.customCode else ''}".rstrip()
    inputs = tuple(tensors[i] for i in operator.inputs if i >= 0)
    return Operator(index, name, code.version, inputs, tuple(tensors[i] for i in operator.outputs), operator.builtinOptions)
