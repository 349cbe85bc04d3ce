"""Whether a model should map wholly onto the Edge TPU, judged without Google's compiler, operator by operator.

Rules: coral.ai/docs/edgetpu/models-intro (operators, their limits, model requirements). Where a rule is known to depend on the
compiler's version it warns. Only the compiler itself can promise: compile where it can be had.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from theylive_training.tflite.flatbuffer import Graph, Operator, read

MAPPED = {
    "ADD", "AVERAGE_POOL_2D", "CONCATENATION", "CONV_2D", "DEPTHWISE_CONV_2D", "EXPAND_DIMS", "FULLY_CONNECTED", "L2_NORMALIZATION",
    "LOGISTIC", "MAXIMUM", "MAX_POOL_2D", "MEAN", "MINIMUM", "MUL", "PACK", "PAD", "PRELU", "QUANTIZE", "REDUCE_MAX", "REDUCE_MIN",
    "RELU", "RELU6", "RELU_N1_TO_1", "RESHAPE", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR", "RSQRT", "SLICE", "SOFTMAX",
    "SPACE_TO_DEPTH", "SPLIT", "SQUARED_DIFFERENCE", "SQUEEZE", "STRIDED_SLICE", "SUB", "SUM", "TANH", "TRANSPOSE", "TRANSPOSE_CONV",
    "UNIDIRECTIONAL_SEQUENCE_LSTM",
}  # fmt: skip
# the newest version of an operator in models that edgetpu_compiler 16 is known to take; 1 where not listed
_TAKEN = {
    "ADD": 2, "AVERAGE_POOL_2D": 2, "CONCATENATION": 2, "CONV_2D": 3, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 4, "LOGISTIC": 2,
    "MAX_POOL_2D": 2, "MEAN": 2, "MUL": 2, "PAD": 2, "QUANTIZE": 2, "RESIZE_NEAREST_NEIGHBOR": 3, "SOFTMAX": 2, "STRIDED_SLICE": 2,
    "SUB": 2, "TRANSPOSE": 2,
}  # fmt: skip
_WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV")
_INT8 = ("INT8", "UINT8")
_PLAIN_ACTIVATIONS = (0, 1, 2, 3)  # none, RELU, RELU_N1_TO_1, RELU6
_SRAM = 7.5 * 2**20  # bytes of parameters that stay on the chip, about
_SOFTMAX_LIMIT = 16000


@dataclasses.dataclass(frozen=True)
class Report:
    """errors: why the model, or a part of it, would not run on the Edge TPU. warnings: what to look at after compiling."""

    errors: tuple[str, ...]
    warnings: tuple[str, ...]
    operators: dict[str, int]
    parameter_bytes: int
    largest_activation: int

    @property
    def ok(self) -> bool:
        """Whether everything should map."""
        return not self.errors

    def to_json(self) -> dict[str, Any]:
        """For a manifest."""
        return {"ok": self.ok, **dataclasses.asdict(self), "errors": list(self.errors), "warnings": list(self.warnings)}


def check(path: Path) -> Report:
    """Check a model file. Raises TrainingError for what is none."""
    return check_graph(read(path))


def check_graph(graph: Graph) -> Report:
    """Check a graph."""
    errors, warnings = list(_model_errors(graph)), []
    if graph.parameter_bytes > _SRAM:
        warnings.append(f"{graph.parameter_bytes / 2**20:.1f} MiB of parameters do not fit on the chip and are sent anew at each run")
    for operator in graph.operators:
        where = f"operator {operator.index} {operator.name}: "
        errors += [where + e for e in _operator_errors(operator)]
        warnings += [where + w for w in _operator_warnings(operator)]
    activations = [t.size for t in graph.tensors if not t.constant]
    counts = dict(Counter(o.name for o in graph.operators))
    return Report(_once(errors), _once(warnings), counts, graph.parameter_bytes, max(activations, default=0))


def _model_errors(graph: Graph) -> Iterator[str]:
    if graph.schema_version != 3:
        yield f"schema version {graph.schema_version}, 3 is needed"
    if graph.subgraphs != 1:
        yield f"{graph.subgraphs} subgraphs: control flow is not mapped"
    for t in graph.tensors:
        if t.outside:
            yield "constants lie outside the flatbuffer, where the compiler finds none: export with constants inlined"
        if t.dynamic:
            yield f"tensor {t.name} has a dynamic shape: export with a fixed input"
        if t.dtype.startswith("FLOAT"):
            yield f"tensor {t.name} {list(t.shape)} is {t.dtype}: quantise the whole graph to int8"
        elif t.dtype in _INT8 and not t.constant and not t.scales:
            yield f"tensor {t.name} has no scale: quantise the whole graph to int8"
        if not t.constant and any(n > 1 for n in t.shape[:-3]):
            yield f"tensor {t.name} {list(t.shape)} has more than three dimensions above 1"


def _operator_errors(operator: Operator) -> Iterator[str]:
    if operator.name not in MAPPED:
        yield "not on the Edge TPU: it and all after it run on the CPU"
        return
    for t in (*operator.inputs, *operator.outputs):
        if not t.constant and t.dtype not in _INT8 and not t.dtype.startswith("FLOAT"):  # float is named as a tensor
            yield f"{t.dtype} values"
    activation = operator.option("fusedActivationFunction")
    if activation and (operator.name in ("CONCATENATION", "MAX_POOL_2D", "AVERAGE_POOL_2D") or activation not in _PLAIN_ACTIVATIONS):
        yield f"fused activation {activation}"
    if operator.name in _WEIGHTED:
        yield from _weight_errors(operator)
    rule = _RULES.get(operator.name)
    if rule:
        yield from rule(operator)


def _weight_errors(operator: Operator) -> Iterator[str]:
    weights = operator.inputs[1]
    if not weights.constant:
        yield "weights are computed, not constant"
    if weights.dtype == "INT8" and any(weights.zero_points):
        yield "weights have a zero point"


def _convolution(operator: Operator) -> Iterator[str]:
    if operator.option("dilationHFactor", 1) != operator.option("dilationWFactor", 1):
        yield "dilation differs between rows and columns"
    picture, weights = operator.inputs[:2]
    if weights.shape[-1] != picture.shape[-1]:
        yield f"grouped: {weights.shape[-1]} of {picture.shape[-1]} channels per filter"


def _depthwise(operator: Operator) -> Iterator[str]:
    if (operator.option("dilationHFactor", 1), operator.option("dilationWFactor", 1)) != (1, 1):
        yield "dilated"


def _fully_connected(operator: Operator) -> Iterator[str]:
    if any(n != 1 for n in operator.outputs[0].shape[:-1]):
        yield f"output {list(operator.outputs[0].shape)} is more than one row"


def _strided_slice(operator: Operator) -> Iterator[str]:
    if operator.option("newAxisMask") or operator.option("ellipsisMask"):
        yield "makes new axes"


_RULES: dict[str, Callable[[Operator], Iterator[str]]] = {
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _depthwise,
    "FULLY_CONNECTED": _fully_connected,
    "STRIDED_SLICE": _strided_slice,
}


def _operator_warnings(operator: Operator) -> Iterator[str]:
    if operator.name not in MAPPED:
        return
    if operator.version > _TAKEN.get(operator.name, 1):
        yield f"version {operator.version} is newer than any that compiler 16 is known to take"
    shape = list(operator.inputs[0].shape) if operator.inputs else []
    if operator.name in ("TRANSPOSE", "RESHAPE"):
        yield f"{shape} -> {list(operator.outputs[0].shape)} is mapped only where it is small"
    if operator.name.startswith("RESIZE_") and (operator.option("alignCorners") or operator.option("halfPixelCenters")):
        yield "alignCorners or halfPixelCenters may not be mapped"
    if operator.name == "SOFTMAX" and operator.inputs[0].size > _SOFTMAX_LIMIT:
        yield f"{shape} has more than {_SOFTMAX_LIMIT} values"
    if operator.name == "FULLY_CONNECTED" and len(operator.inputs[1].scales) > 1:
        yield "a scale per channel, which older compilers do not take"
    if operator.name == "CONCATENATION":
        if any(t.constant for t in operator.inputs):
            yield "joins a constant"
        if len({(t.scales, t.zero_points) for t in (*operator.inputs, *operator.outputs)}) > 1:
            yield "joins values of different scales"


def _once(lines: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(lines))
