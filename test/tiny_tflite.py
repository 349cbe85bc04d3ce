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

"""Small TFLite models made by hand, so that tests run the real runtime without a trained model.

`squares` is a YOLO of one scale (32x32 px in, 2x2 cells of 16 px): a red cell is an alien, a blue one a John, each box 1 stride to
every side of its cell's centre.
"""

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

TYPES = {"int8": schema.TensorType.INT8, "uint8": schema.TensorType.UINT8, "float32": schema.TensorType.FLOAT32}
ZERO = {"int8": -128, "uint8": 0, "float32": 0}


class Builder:
    def __init__(self, description="made by hand"):
        self.model, self.graph = schema.ModelT(), schema.SubGraphT()
        self.model.version, self.model.description = 3, description
        self.model.buffers, self.model.operatorCodes, self.model.subgraphs = [schema.BufferT()], [], [self.graph]
        self.graph.tensors, self.graph.operators, self.graph.inputs, self.graph.outputs = [], [], [], []

    def tensor(self, name, shape, dtype, scale=None, zero_point=0, data=None):
        t = schema.TensorT()
        t.name, t.shape, t.buffer = name, list(shape), 0
        t.type = TYPES.get(dtype, schema.TensorType.INT32)
        if scale is not None and dtype != "float32":
            t.quantization = schema.QuantizationParametersT()
            t.quantization.scale, t.quantization.zeroPoint = [scale], [zero_point]
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
            t.buffer = len(self.model.buffers)
            self.model.buffers.append(buffer)
        self.graph.tensors.append(t)
        return len(self.graph.tensors) - 1

    def operator(self, code, inputs, outputs, options_type=0, options=None, custom=None, version=1):
        c = schema.OperatorCodeT()
        c.builtinCode, c.deprecatedBuiltinCode, c.version, c.customCode = code, min(code, 127), version, custom
        self.model.operatorCodes.append(c)
        o = schema.OperatorT()
        o.opcodeIndex, o.inputs, o.outputs = len(self.model.operatorCodes) - 1, list(inputs), list(outputs)
        o.builtinOptionsType, o.builtinOptions = options_type, options
        self.graph.operators.append(o)

    def write(self, path, inputs, outputs):
        self.graph.inputs, self.graph.outputs = inputs, outputs
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        path.write_bytes(bytes(builder.Output()))
        return path

    def pool(self, source, shape, dtype, size, **quantised):
        options = schema.Pool2DOptionsT()
        options.padding, options.strideH, options.strideW = schema.Padding.VALID, size, size
        options.filterHeight = options.filterWidth = size
        out = self.tensor("pooled", shape, dtype, **quantised)
        kind = schema.BuiltinOptions.Pool2DOptions
        self.operator(schema.BuiltinOperator.AVERAGE_POOL_2D, [source], [out], kind, options, version=1 if dtype != "int8" else 2)
        return out

    def mix(self, source, name, shape, dtype, weights, biases, input_scale, scale, zero_point):
        """A 1x1 convolution; weights (out, in) and biases (out,) as real values, multiples of 1/64."""
        options = schema.Conv2DOptionsT()
        options.padding, options.strideH, options.strideW = schema.Padding.VALID, 1, 1
        options.dilationHFactor = options.dilationWFactor = 1
        weights, biases = np.asarray(weights, float), np.asarray(biases, float)
        raw = weights[:, None, None, :]
        if dtype == "float32":
            w = self.tensor(f"{name}_w", raw.shape, dtype, data=raw.astype(np.float32))
            b = self.tensor(f"{name}_b", biases.shape, dtype, data=biases.astype(np.float32))
        else:
            kernel = np.round(raw * 64).astype(np.int8) if dtype == "int8" else (np.round(raw * 64) + 128).astype(np.uint8)
            w = self.tensor(f"{name}_w", raw.shape, dtype, 1 / 64, 0 if dtype == "int8" else 128, kernel)
            b = self.tensor(f"{name}_b", biases.shape, "int32", input_scale / 64, 0, np.round(biases / (input_scale / 64)).astype(np.int32))
        out = self.tensor(name, shape, dtype, scale, zero_point)
        kind = schema.BuiltinOptions.Conv2DOptions
        self.operator(schema.BuiltinOperator.CONV_2D, [source, w, b], [out], kind, options, version=3 if dtype == "int8" else 1)
        return out


def squares(path, dtype="int8", classes=2, description="made by hand"):
    """The YOLO of this module's docstring; `classes` beyond two never fire."""
    b = Builder(description)
    zero, unit = ZERO[dtype], 1 / 255
    picture = b.tensor("picture", (1, 32, 32, 3), dtype, unit, zero)
    pooled = b.pool(picture, (1, 2, 2, 3), dtype, 16, scale=unit, zero_point=zero)
    weights = np.zeros((classes, 3))
    weights[0, :3], weights[1, :3] = (1, -1, -1), (-1, -1, 1)  # red alone; blue alone
    scores = b.mix(pooled, "scores", (1, 2, 2, classes), dtype, weights, np.zeros(classes), unit, 1 / 256, zero)
    boxes = b.mix(pooled, "boxes", (1, 2, 2, 4), dtype, np.zeros((4, 3)), np.ones(4), unit, 1 / 64, zero)
    return b.write(path, [picture], [boxes, scores])


def one_head(path, dtype="int8"):
    """A classifier of a 16x16 px picture: background, alien (red), john (blue), and a centre at (0.25, 0.75)."""
    b = Builder()
    zero, unit = ZERO[dtype], 1 / 255
    picture = b.tensor("picture", (1, 16, 16, 3), dtype, unit, zero)
    pooled = b.pool(picture, (1, 1, 1, 3), dtype, 16, scale=unit, zero_point=zero)
    probabilities = b.mix(pooled, "classes", (1, 1, 1, 3), dtype, [[-1, 0, -1], [1, 0, 0], [0, 0, 1]], [1, 0, 0], unit, 1 / 256, zero)
    centre = b.mix(pooled, "centre", (1, 1, 1, 2), dtype, np.zeros((2, 3)), [0.25, 0.75], unit, 1 / 256, zero)
    return b.write(path, [picture], [centre, probabilities])


def reshape(path, shape_in, shapes_out, dtype="int8", scale=1 / 255, description="made by hand"):
    """A model with any shapes of input and outputs; each output is the input's bytes in another shape, so sizes must agree."""
    b = Builder(description)
    picture = b.tensor("picture", shape_in, dtype, scale, ZERO.get(dtype, 0))
    outputs = []
    for number, shape in enumerate(shapes_out):
        wanted = b.tensor(f"shape{number}", (len(shape),), "int32", data=np.array(shape, np.int32))
        out = b.tensor(f"out{number}", shape, dtype, scale, ZERO.get(dtype, 0))
        options = schema.ReshapeOptionsT()
        options.newShape = list(shape)
        b.operator(schema.BuiltinOperator.RESHAPE, [picture, wanted], [out], schema.BuiltinOptions.ReshapeOptions, options)
        outputs.append(out)
    return b.write(path, [picture], outputs)


def compiled(path):
    """What edgetpu_compiler leaves: a model whose one operator only an Edge TPU knows."""
    b = Builder()
    picture = b.tensor("picture", (1, 32, 32, 3), "int8", 1 / 255, -128)
    boxes = b.tensor("boxes", (1, 2, 2, 4), "int8", 1 / 64, -128)
    scores = b.tensor("scores", (1, 2, 2, 2), "int8", 1 / 256, -128)
    b.operator(schema.BuiltinOperator.CUSTOM, [picture], [boxes, scores], custom="edgetpu-custom-op")
    return b.write(path, [picture], [boxes, scores])
