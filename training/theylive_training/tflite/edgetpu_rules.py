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

"""What the Edge TPU asks of each operator: coral.ai/docs/edgetpu/models-intro, the table of supported operations.

What depends on the compiler's version or on sizes that Google does not publish is a doubt, not an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from theylive_training.tflite.flatbuffer import Operator

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
_NO_ACTIVATION = ("CONCATENATION", "MAX_POOL_2D", "AVERAGE_POOL_2D")
_INT8 = ("INT8", "UINT8")
_PLAIN_ACTIVATIONS = (0, 1, 2, 3)  # none, RELU, RELU_N1_TO_1, RELU6
_SOFTMAX_LIMIT = 16000
_MEAN_DEPTH = 4
_SMALL_RESHAPE = 1280  # values; the compiled MobileNets that Google offers reshape as many


def errors(operator: Operator) -> Iterator[str]:
    """Why an operator would not be mapped."""
    if operator.name not in MAPPED:
        yield "not on the Edge TPU"
        return
    yield from _tensor_errors(operator)
    activation = operator.option("fusedActivationFunction")
    if activation and (operator.name in _NO_ACTIVATION or activation not in _PLAIN_ACTIVATIONS):
        yield f"fused activation {activation}"
    if operator.name in _WEIGHTED:
        yield from _weight_errors(operator)
    rule = _RULES.get(operator.name)
    if rule:
        yield from rule(operator)


def doubts(operator: Operator) -> Iterator[str]:
    """What about an operator that can be mapped is to be looked at after compiling."""
    if operator.name not in MAPPED:
        return
    if operator.version > _TAKEN.get(operator.name, 1):
        yield f"version {operator.version} is newer than any that compiler 16 is known to take"
    shape = list(operator.inputs[0].shape) if operator.inputs else []
    if operator.name == "TRANSPOSE" or (operator.name == "RESHAPE" and operator.outputs[0].size > _SMALL_RESHAPE):
        yield f"{shape} -> {list(operator.outputs[0].shape)} is mapped only where it is small"
    if operator.name.startswith("RESIZE_") and (operator.option("alignCorners") or operator.option("halfPixelCenters")):
        yield "alignCorners or halfPixelCenters may not be mapped"
    if operator.name == "DEPTHWISE_CONV_2D" and operator.option("dilationHFactor", 1) != 1:
        yield "dilated, which older compilers do not take"
    if operator.name == "SOFTMAX" and operator.inputs[0].size > _SOFTMAX_LIMIT:
        yield f"{shape} has more than {_SOFTMAX_LIMIT} values"
    if operator.name == "FULLY_CONNECTED" and len(operator.inputs[1].scales) > 1:
        yield "a scale per channel, which older compilers do not take"
    if operator.name == "CONCATENATION" and len({(t.scales, t.zero_points) for t in (*operator.inputs, *operator.outputs)}) > 1:
        yield "joins values of different scales"


def _tensor_errors(operator: Operator) -> Iterator[str]:
    for t in (*operator.inputs, *operator.outputs):
        if t.dynamic:
            yield f"tensor {t.name} has a dynamic shape: export with a fixed input"
        if t.dtype.startswith("FLOAT"):
            yield f"{t.dtype} values: quantise the whole graph to int8"
        elif not t.constant and t.dtype not in _INT8:
            yield f"{t.dtype} values"
        elif not t.constant and not t.scales:
            yield f"tensor {t.name} has no scale: quantise the whole graph to int8"
        if not t.constant and any(n > 1 for n in t.shape[:-3]):
            yield f"tensor {t.name} {list(t.shape)} has more than three dimensions above 1"


def _weight_errors(operator: Operator) -> Iterator[str]:
    weights = operator.inputs[1]
    if not weights.constant:
        yield "weights are computed, not constant"
    if weights.dtype == "INT8" and any(weights.zero_points):
        yield "weights have a zero point"


def _convolution(operator: Operator) -> Iterator[str]:
    picture, weights = operator.inputs[:2]
    if weights.shape[-1] != picture.shape[-1]:
        yield f"grouped: {weights.shape[-1]} of {picture.shape[-1]} channels per filter"
    yield from _dilation(operator)


def _dilation(operator: Operator) -> Iterator[str]:
    if operator.option("dilationHFactor", 1) != operator.option("dilationWFactor", 1):
        yield "dilation differs between rows and columns"


def _fully_connected(operator: Operator) -> Iterator[str]:
    if any(n != 1 for n in operator.outputs[0].shape[:-1]):
        yield f"output {list(operator.outputs[0].shape)} is more than one row"


def _strided_slice(operator: Operator) -> Iterator[str]:
    if operator.option("newAxisMask") or operator.option("ellipsisMask"):
        yield "makes new axes"
    strides = _numbers(operator, 3)
    if any(s != 1 for s in strides):
        yield f"strides {list(strides)}, all must be 1"


def _concatenation(operator: Operator) -> Iterator[str]:
    constants = [t for t in operator.inputs if t.constant]
    if constants and (len(operator.inputs) > 2 or not all(t.blank for t in constants)):
        yield "joins a constant, which may only be all zeros and one of two"


def _reduction(operator: Operator) -> Iterator[str]:
    rank = len(operator.inputs[0].shape)
    axes = {a % rank for a in _numbers(operator, 1)} if rank else set()
    if 0 in axes and rank > 1:
        yield "reduces the batch"
    depth = operator.inputs[0].shape[-1] if rank else 0
    if operator.name == "MEAN" and rank - 1 in axes and depth % _MEAN_DEPTH:
        yield f"the mean of {depth} channels, a multiple of {_MEAN_DEPTH} is needed"


def _pad(operator: Operator) -> Iterator[str]:
    if any(_numbers(operator, 1)[:2]) and len(operator.inputs[0].shape) > 3:
        yield "pads the batch"
    if len(operator.inputs) > 1 and operator.inputs[1].dtype == "INT64":
        yield "INT64 paddings, which compiler 16 reads as INT32"


def _pack(operator: Operator) -> Iterator[str]:
    if operator.option("axis") == 0:
        yield "packs along the batch"


def _split(operator: Operator) -> Iterator[str]:
    if 0 in _numbers(operator, 0):
        yield "splits the batch"


def _prelu(operator: Operator) -> Iterator[str]:
    if any(n > 1 for n in operator.inputs[1].shape[:-1]):
        yield f"alpha {list(operator.inputs[1].shape)} differs within a channel"


def _softmax(operator: Operator) -> Iterator[str]:
    if any(n > 1 for n in operator.inputs[0].shape[:-1]):
        yield f"of {list(operator.inputs[0].shape)}, only one row of values is taken"


def _numbers(operator: Operator, position: int) -> tuple[int, ...]:
    """The constant whole numbers that an operator is given as one of its inputs; none where there is no such input."""
    return operator.inputs[position].values if len(operator.inputs) > position else ()


_RULES: dict[str, Callable[[Operator], Iterator[str]]] = {
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _dilation,
    "FULLY_CONNECTED": _fully_connected,
    "STRIDED_SLICE": _strided_slice,
    "CONCATENATION": _concatenation,
    "MEAN": _reduction,
    "SUM": _reduction,
    "REDUCE_MAX": _reduction,
    "REDUCE_MIN": _reduction,
    "PAD": _pad,
    "PACK": _pack,
    "SPLIT": _split,
    "PRELU": _prelu,
    "SOFTMAX": _softmax,
}
