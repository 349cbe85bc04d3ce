"""What would not map onto the Edge TPU is found and named."""

import dataclasses
from types import SimpleNamespace

import pytest
from theylive_training.errors import TrainingError
from theylive_training.tflite.edgetpu_check import check, check_graph
from theylive_training.tflite.flatbuffer import Graph, GraphTensor, Operator

from theylive_ros.share import share_path

MODEL = share_path("models", "compact_yolo_224_int8.tflite")


def tensor(name, shape, constant=False, dtype="INT8", zero_points=(0,)):
    return GraphTensor(name, shape, dtype, (0.1,), zero_points, constant, outside=False, dynamic=False)


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
        (with_operator(name="CONCATENATION", inputs=(PICTURE, dataclasses.replace(PICTURE, scales=(0.2,)))), "different scales"),
    ],
)
def test_what_depends_on_the_compiler_is_warned_of(graph, says):
    report = check_graph(graph)
    assert report.ok
    assert any(says in w for w in report.warnings), report.warnings


def test_the_shipped_model_maps_wholly():
    assert check(MODEL).errors == ()
    assert check(MODEL).warnings == ()


@pytest.mark.parametrize("content", [b"", b"no model at all", None])
def test_what_is_no_model_is_refused_in_one_line(tmp_path, content):
    path = tmp_path / "x.tflite"
    path.write_bytes(MODEL.read_bytes()[:5000] if content is None else content)
    with pytest.raises(TrainingError, match=r"x\.tflite") as error:
        check(path)
    assert "\n" not in str(error.value)
