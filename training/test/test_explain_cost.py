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

"""What explain says a net costs agrees with what is known of it."""

import json

import pytest
from theylive_training.__main__ import main
from theylive_training.errors import TrainingError
from theylive_training.explain.cost import cost_of, to_json
from theylive_training.explain.open import Wanted, open_net

from theylive_ros.share import share_path

MODEL = share_path("models", "compact_yolo_224_int8.tflite")


def cost(net, **given):
    return cost_of(open_net(Wanted(net, **given)).graph)


def test_yolov8n_costs_what_ultralytics_says():
    graph = open_net(Wanted("yolov8n-coco")).graph
    assert graph.input[:2] == (640, 640)
    assert graph.trained == 3_157_200
    assert round(cost_of(graph).parameters / 1e6, 1) == 3.2
    assert round(cost_of(graph).flops / 1e9, 1) == 8.7


def test_mobilenetv2_costs_what_its_paper_says():
    graph = open_net(Wanted("mobilenetv2-imagenet")).graph
    found = cost_of(graph)
    assert found.multiply_adds == pytest.approx(300e6, rel=0.005)
    assert 3.4e6 <= found.weights < 3.5e6  # 3.4 M: the paper counts neither batch norms nor biases
    assert graph.trained == 3_504_872  # with batch norms, as Keras and torchvision count
    assert found.all_plain > 4 * found.all_separable


def test_vgg16_costs_what_is_known():
    found = cost("vgg16")
    assert found.parameters == 138_357_544
    assert found.multiply_adds == pytest.approx(15.5e9, rel=0.01)


def test_five_filters_on_a_small_picture_cost_2160_multiplications_and_672_separable():
    found = cost("stack:6x6x3:5x3x3")
    assert (found.multiply_adds, found.all_separable) == (2160, 672)
    assert (found.weights, found.alternatives[0].separable_weights) == (135, 42)


def test_a_separable_pair_is_held_against_the_plain_convolution_it_stands_for():
    found = cost("stack:6x6x3:dw3x3:5x1x1")
    assert (found.multiply_adds, found.all_plain, found.all_separable) == (672, 2160, 672)
    (pair,) = found.alternatives
    assert pair.separable
    assert pair.saving == pytest.approx(2160 / 672)


def test_memory_is_what_is_held_at_the_worst_moment():
    # 4x4x2 goes in (32), 2x2x8 (32) and 1x1x1 come out: the most is held while the first layer runs
    found = cost("stack:4x4x2:8x3x3:1x2x2")
    assert found.live == 32 + 32
    assert found.activations == 32 + 1
    assert found.memory()["float32"]["peak_activations"] == 4 * 64
    assert found.memory()["int8"]["weights"] == 8 * 9 * 2 + 8 * 4


def test_the_exported_file_costs_what_its_net_costs():
    exported, net = cost(str(MODEL)), cost("compact")
    assert exported.multiply_adds == net.multiply_adds
    assert (exported.weights, exported.biases) == (net.weights, net.biases)


def test_half_the_width_costs_about_a_quarter():
    assert cost("compact", width=0.5).multiply_adds == pytest.approx(cost("compact").multiply_adds / 4, rel=0.1)


def test_the_layers_add_up_to_the_whole():
    told = to_json(open_net(Wanted("compact", side=160)).graph)
    assert sum(layer["multiply_adds"] for layer in told["layers"]) == told["total"]["multiply_adds"]
    assert sum(layer["weights"] + layer["biases"] for layer in told["layers"]) == told["total"]["parameters"]


def test_the_table_says_how_it_was_counted_and_the_file_holds_the_same(tmp_path, capsys):
    path = tmp_path / "cost.json"
    assert main(["explain", "cost", "stack:6x6x3:5x3x3", "--json", str(path)]) == 0
    said = capsys.readouterr().out
    assert "2,160" in said
    assert "672" in said
    assert "FLOPs: 2 x multiply-adds" in said
    assert json.loads(path.read_text())["total"]["multiply_adds_all_separable"] == 672


@pytest.mark.parametrize(
    ("net", "says"),
    [
        ("nonsense", "there is no net"),
        ("stack:6x6x3", "no stack"),
        ("stack:6x6x3:5y3", "no layer"),
        ("stack:6x6x3:5x9x9", "does not fit"),
        ("stack:6x6x3:5x3x3s0", "from 1"),
        ("{tmp}/empty.tflite", "not a TFLite model"),
        ("{tmp}/cut.tflite", "cut.tflite"),
        ("{tmp}/text.tflite", "not a TFLite model"),
        ("{tmp}", "not the folder of a training"),
    ],
)
def test_what_is_no_net_is_refused_in_one_line(net, says, tmp_path, capsys):
    (tmp_path / "empty.tflite").write_bytes(b"")
    (tmp_path / "text.tflite").write_text("no model at all")
    (tmp_path / "cut.tflite").write_bytes(MODEL.read_bytes()[:20000])
    out = tmp_path / "cost.json"
    assert main(["explain", "cost", net.format(tmp=tmp_path), "--json", str(out)]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
    assert not out.exists()


@pytest.mark.parametrize("given", [{"side": 100}, {"width": 9.0}])
def test_a_side_or_width_that_cannot_be_is_refused(given):
    with pytest.raises(TrainingError, match="cannot be"):
        cost("compact", **given)


def test_a_file_of_somebodys_is_not_overwritten(tmp_path, capsys):
    path = tmp_path / "cost.json"
    path.write_text("mine")
    assert main(["explain", "cost", "stack:6x6x3:5x3x3", "--json", str(path)]) == 2
    assert "--force" in capsys.readouterr().err
    assert path.read_text() == "mine"
    assert main(["explain", "cost", "stack:6x6x3:5x3x3", "--json", str(path), "--force"]) == 0
    assert path.read_text() != "mine"
