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

"""What would not map onto the Edge TPU is found and named."""

import dataclasses
import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from fake_compiler import compiled
from theylive_training.__main__ import main
from theylive_training.errors import TrainingError
from theylive_training.tflite.edgetpu_check import CPU, EDGE_TPU, check, check_graph
from theylive_training.tflite.flatbuffer import Graph, GraphTensor, Operator

from theylive_ros.share import share_path

MODEL = share_path("models", "compact_yolo_224_int8.tflite")


def tensor(name, shape, constant=False, dtype="INT8", zero_points=(0,)):
    return GraphTensor(name, shape, dtype, (0.1,), zero_points, constant, outside=False, dynamic=False)


def numbers(*values, dtype="INT32"):
    return GraphTensor("numbers", (len(values),), dtype, (), (), True, outside=False, dynamic=False, values=values)


PICTURE, WEIGHTS, RESULT = tensor("in", (1, 8, 8, 3)), tensor("w", (4, 3, 3, 3), constant=True), tensor("out", (1, 8, 8, 4))
CONV = Operator(0, "CONV_2D", 3, (PICTURE, WEIGHTS), (RESULT,), SimpleNamespace(dilationHFactor=1, dilationWFactor=1))
GOOD = Graph(3, 1, (PICTURE, WEIGHTS, RESULT), (CONV,), 108, 1000)


def with_operator(**changes):
    operator = dataclasses.replace(CONV, **changes)
    return dataclasses.replace(GOOD, operators=(operator,), tensors=(*operator.inputs, *operator.outputs))


def test_a_plain_int8_convolution_maps():
    report = check_graph(GOOD)
    assert report.ok
    assert not report.warnings
    assert report.operators == {"CONV_2D": 1}
    assert report.largest_activation == 256


@pytest.mark.parametrize(
    ("graph", "says"),
    [
        (with_operator(name="HARD_SWISH"), "not on the Edge TPU"),
        (with_operator(name="CUSTOM TFLite_Detection_PostProcess"), "not on the Edge TPU"),
        (with_operator(inputs=(PICTURE, dataclasses.replace(WEIGHTS, constant=False))), "not constant"),
        (with_operator(inputs=(PICTURE, dataclasses.replace(WEIGHTS, zero_points=(3,)))), "zero point"),
        (with_operator(inputs=(PICTURE, tensor("w", (4, 3, 3, 1), constant=True))), "grouped"),
        (with_operator(options=SimpleNamespace(dilationHFactor=2, dilationWFactor=1)), "dilation"),
        (with_operator(options=SimpleNamespace(fusedActivationFunction=4)), "fused activation"),
        (with_operator(outputs=(tensor("out", (1, 8, 8, 4), dtype="INT32"),)), "INT32"),
        (with_operator(outputs=(tensor("out", (1, 8, 8, 4), dtype="FLOAT32"),)), "FLOAT32"),
        (with_operator(outputs=(dataclasses.replace(RESULT, scales=()),)), "no scale"),
        (with_operator(outputs=(dataclasses.replace(RESULT, dynamic=True),)), "dynamic"),
        (with_operator(outputs=(tensor("out", (2, 8, 8, 4)),)), "three dimensions"),
        (with_operator(inputs=(PICTURE, dataclasses.replace(WEIGHTS, outside=True))), "outside the flatbuffer"),
        (dataclasses.replace(GOOD, subgraphs=2), "subgraphs"),
        (dataclasses.replace(GOOD, schema_version=2), "schema version"),
        (with_operator(name="FULLY_CONNECTED"), "more than one row"),
        (with_operator(name="CONCATENATION", options=SimpleNamespace(fusedActivationFunction=1)), "fused activation"),
        (with_operator(name="CONCATENATION", inputs=(PICTURE, tensor("c", (1, 8, 8, 3), constant=True))), "joins a constant"),
        (with_operator(name="STRIDED_SLICE", inputs=(PICTURE, numbers(0), numbers(8), numbers(1, 2, 2, 1))), "strides [1, 2, 2, 1]"),
        (with_operator(name="STRIDED_SLICE", options=SimpleNamespace(newAxisMask=1)), "new axes"),
        (with_operator(name="MEAN", inputs=(PICTURE, numbers(-1))), "the mean of 3 channels"),
        (with_operator(name="SUM", inputs=(PICTURE, numbers(0, 1))), "reduces the batch"),
        (with_operator(name="PAD", inputs=(PICTURE, numbers(1, 0, 0, 0, 0, 0, 0, 0))), "pads the batch"),
        (with_operator(name="PAD", inputs=(PICTURE, numbers(0, 0, 1, 1, 1, 1, 0, 0, dtype="INT64"))), "INT64"),
        (with_operator(name="PADV2"), "not on the Edge TPU"),
        (with_operator(name="SPLIT", inputs=(numbers(0), PICTURE)), "splits the batch"),
        (with_operator(name="PRELU", inputs=(PICTURE, tensor("a", (8, 8, 3), constant=True))), "alpha"),
        (with_operator(name="SOFTMAX"), "only one row"),
    ],
)
def test_a_graph_that_does_not_map_is_caught(graph, says):
    report = check_graph(graph)
    assert not report.ok
    assert any(says in e for e in report.errors), report.errors


@pytest.mark.parametrize(
    ("graph", "says"),
    [
        (with_operator(version=9), "newer"),
        (dataclasses.replace(GOOD, parameter_bytes=9 * 2**20), "do not fit"),
        (with_operator(name="TRANSPOSE", inputs=(PICTURE,)), "small"),
        (with_operator(name="RESHAPE", outputs=(tensor("out", (1, 1, 8400)),)), "small"),
        (with_operator(name="SOFTMAX", inputs=(tensor("row", (1, 20000)),), outputs=(tensor("row", (1, 20000)),)), "16000"),
        (with_operator(name="DEPTHWISE_CONV_2D", options=SimpleNamespace(dilationHFactor=2, dilationWFactor=2)), "dilated"),
        (with_operator(name="CONCATENATION", inputs=(PICTURE, dataclasses.replace(PICTURE, scales=(0.2,)))), "different scales"),
    ],
)
def test_what_depends_on_the_compiler_is_warned_of(graph, says):
    report = check_graph(graph)
    assert report.ok
    assert any(says in w for w in report.warnings), report.warnings


@pytest.mark.parametrize(
    "graph",
    [
        with_operator(name="CONCATENATION", inputs=(PICTURE, dataclasses.replace(tensor("c", (1, 8, 8, 3), constant=True), blank=True))),
        with_operator(name="MEAN", inputs=(tensor("deep", (1, 8, 8, 96)), numbers(3))),
        with_operator(name="MEAN", inputs=(PICTURE, numbers(1, 2))),
        with_operator(name="RESHAPE", inputs=(PICTURE,), outputs=(tensor("out", (1, 192)),)),
        with_operator(name="PAD", inputs=(PICTURE, numbers(0, 0, 1, 1, 1, 1, 0, 0))),
        with_operator(name="STRIDED_SLICE", inputs=(PICTURE, numbers(0), numbers(8), numbers(1, 1, 1, 1))),
    ],
)
def test_what_the_edge_tpu_takes_is_not_complained_of(graph):
    assert check_graph(graph).ok


def test_after_an_operator_that_does_not_map_all_run_on_the_cpu():
    operators = tuple(dataclasses.replace(CONV, index=i, name=name) for i, name in enumerate(("CONV_2D", "GELU", "CONV_2D", "ADD")))
    report = check_graph(dataclasses.replace(GOOD, operators=operators))
    assert [v.where for v in report.verdicts] == [EDGE_TPU, CPU, CPU, CPU]
    assert report.verdicts[3].why == ("after operator 1",)
    assert report.on_cpu == 3
    assert len(report.errors) == 1  # the others would map


def test_the_shipped_model_maps_wholly():
    report = check(MODEL)
    assert report.errors == report.warnings == ()
    assert {v.where for v in report.verdicts} == {EDGE_TPU}


@pytest.mark.skipif("THEYLIVE_DATA" not in os.environ, reason="THEYLIVE_DATA names no data set")
@pytest.mark.parametrize("name", ["compact_yolo_224_int8", "yolov8n_224_int8"])
def test_the_bootstrap_models_map_wholly(name):
    report = check(Path(os.environ["THEYLIVE_DATA"], "bootstrap", f"{name}.tflite"))
    assert report.errors == report.warnings == ()


def test_a_compiled_file_tells_what_the_compiler_left(tmp_path):
    path = tmp_path / "m_edgetpu.tflite"
    path.write_bytes(compiled(MODEL))
    assert check(path).ok
    path.write_bytes(compiled(MODEL, left=2))
    assert check(path).on_cpu == 2
    assert "left on the CPU by the compiler" in check(path).errors[0]


def test_the_table_has_a_line_for_each_operator(capsys):
    assert main(["edgetpu-check", "--operators", str(MODEL)]) == 0
    lines = capsys.readouterr().out.splitlines()
    verdicts = check(MODEL).verdicts
    assert f"should map wholly; {len(verdicts)} operators" in lines[0]
    assert lines[1].split() == ["operator", "takes", "gives", "runs", "on", "why"]
    first = "x".join(map(str, verdicts[0].outputs[0]))
    assert lines[2].split() == ["0", verdicts[0].name, "1x224x224x3", first, "Edge", "TPU"]
    assert len(lines) == 2 + len(verdicts)


def test_json_is_one_object_a_model(capsys):
    assert main(["edgetpu-check", "--json", "--operators", str(MODEL), str(MODEL)]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [t["ok"] for t in told] == [True, True]
    verdicts = check(MODEL).verdicts
    assert sum(told[0]["operators"].values()) == len(told[0]["verdicts"]) == len(verdicts)
    assert told[0]["verdicts"][0]["name"] == verdicts[0].name
    assert told[0]["verdicts"][0]["where"] == EDGE_TPU


@pytest.mark.parametrize("content", [b"", b"no model at all", None])
def test_what_is_no_model_is_refused_in_one_line(tmp_path, content):
    path = tmp_path / "x.tflite"
    path.write_bytes(MODEL.read_bytes()[:5000] if content is None else content)
    with pytest.raises(TrainingError, match=r"x\.tflite") as error:
        check(path)
    assert "\n" not in str(error.value)
