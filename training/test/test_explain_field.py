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

"""The receptive field in closed form is what the gradient shows."""

import json

import numpy as np
import pytest
import torch
from theylive_training.__main__ import main
from theylive_training.explain.effective import Extent, extent, support
from theylive_training.explain.field import fields
from theylive_training.explain.graph import Shape
from theylive_training.explain.open import Wanted, open_net
from theylive_training.explain.torch_net import TorchNet
from torch import nn

from theylive_ros.share import share_path

MODEL = share_path("models", "compact_yolo_224_int8.tflite")


def in_closed_form(net, step):
    """What the middle cell sees, cut at the picture's edges as the gradient is."""
    shape, made = net.graph.input, net.graph.steps[step].output
    left, top, right, bottom = fields(net.graph)[step].at(made.height // 2, made.width // 2)
    return Extent(max(left, 0), max(top, 0), min(right, shape.width - 1), min(bottom, shape.height - 1))


def by_gradient(net, step, rounds=8):
    return support(net.sensitivity([step], rounds, 1, lambda done, total: None)[step])


def test_one_two_and_three_layers_of_3x3_see_3_5_and_7_pixels():
    found = fields(open_net(Wanted("stack:32x32x3:4x3x3:4x3x3:4x3x3")).graph)
    assert [(f.rows.size, f.columns.size) for f in found] == [(3, 3), (5, 5), (7, 7)]


def test_strides_lengthen_the_jump_and_padding_moves_the_first_cell():
    first, second = fields(open_net(Wanted("stack:32x32x3:4x3x3s2p1:4x3x3s2p1")).graph)
    assert (first.rows.size, first.rows.jump, first.rows.offset) == (3, 2, 0.5)
    assert (second.rows.size, second.rows.jump, second.rows.offset) == (7, 4, 0.5)


@pytest.mark.parametrize(
    "layers",
    [
        "4x3x3",
        "4x3x3:4x3x3:4x3x3",
        "4x3x3s2p1:4x3x3s2p1:4x3x3p1",
        "dw5x3:4x1x1:dw3x5s2",
        "4x3x3s2:up2:4x3x3",
        "4x3x3s2p1:4x2x2s2:up2:4x3x3p1:up3",
        "4x7x7s3p2:up2:4x3x3s3",
        "max2x2s2:4x3x3",
        "4x3x3p1:4x9x9p4:4x9x9p4",
    ],
)
def test_the_gradient_reaches_exactly_as_far_as_the_closed_form_says(layers):
    net = open_net(Wanted(f"stack:41x37x2:{layers}"))
    for step in range(len(net.graph.steps)):
        assert by_gradient(net, step, rounds=24) == in_closed_form(net, step), net.graph.steps[step].name


class Branches(nn.Module):
    """A short way, a long way, and one over a coarser grid; then pools in a row, as in SPPF."""

    def __init__(self):
        super().__init__()
        self.short = nn.Conv2d(2, 3, 1)
        self.long = nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.SiLU(), nn.Conv2d(3, 3, 5, padding=2))
        self.coarse = nn.Sequential(nn.Conv2d(2, 3, 3, 2, 1), nn.Upsample(scale_factor=2, mode="nearest"))
        self.pool = nn.MaxPool2d(3, 1, 1)
        self.last = nn.Conv2d(18, 2, 1)

    def forward(self, x):
        x = torch.cat([self.short(x) + self.long(x), self.coarse(x), self.short(x).sigmoid()], 1)
        once = self.pool(x)
        return self.last(torch.cat([x, self.pool(once)], 1))


def test_of_branches_the_one_that_sees_most_counts():
    torch.manual_seed(0)
    net = TorchNet("branches", "random weights", Branches(), Shape(40, 40, 2), lambda module: (module.split(".")[0], module))
    (last,) = net.graph.outputs
    # the long way sees 7, the two pools add 4; the coarse one reaches no further
    assert fields(net.graph)[last].rows.size == 11
    assert by_gradient(net, last, rounds=64) == in_closed_form(net, last)


def test_mobilenetv2_sees_491_pixels():
    # as Araujo et al. (Distill 2019) list it
    net = open_net(Wanted("mobilenetv2-imagenet"))
    last = next(n for n, s in enumerate(net.graph.steps) if s.name == "Conv_1")
    assert fields(net.graph)[last].rows.size == 491


def test_a_keras_net_is_measured_like_a_torch_one():
    net = open_net(Wanted("mobilenetv2", side=96, width=0.1))
    step = net.graph.blocks["block_1"][0]
    assert by_gradient(net, step) == in_closed_form(net, step)


def test_a_file_has_the_fields_of_the_net_that_it_was_made_of():
    exported, net = (open_net(Wanted(n)).graph for n in (str(MODEL), "compact"))
    of_file, of_net = ([fields(graph)[n] for n in graph.outputs] for graph in (exported, net))
    assert of_file == of_net
    assert [f.rows.size for f in of_file] == [911, 911]


def test_what_moves_a_cell_of_a_file_lies_in_its_field():
    net = open_net(Wanted(str(MODEL)))
    step = list(net.graph.blocks.values())[4][0]  # an early one, whose field is a part of the picture
    seen, moved = in_closed_form(net, step), by_gradient(net, step, rounds=1)
    assert seen.left - net.grain < moved.left <= moved.right < seen.right + net.grain
    assert seen.top - net.grain < moved.top <= moved.bottom < seen.bottom + net.grain


def test_the_extent_leaves_out_the_faint_edge():
    moved = np.zeros((20, 20))
    moved[5:11, 8:10] = 1
    moved[0, 0] = moved[19, 19] = 1e-3
    assert extent(moved) == Extent(8, 5, 9, 10)
    assert support(moved) == Extent(0, 0, 19, 19)
    assert extent(np.zeros((3, 3))) is None


def test_the_page_is_drawn_and_the_figures_written(tmp_path, capsys):
    drawing, figures = tmp_path / "field.png", tmp_path / "field.json"
    words = ["explain", "field", "stack:64x64x3:4x3x3:4x3x3", "--out", str(drawing), "--json", str(figures)]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "5 x 5" in said
    assert drawing.read_bytes()[:4] == b"\x89PNG"
    assert [layer["size"] for layer in json.loads(figures.read_text())["layers"]] == [[3, 3], [5, 5]]
    assert main(words) == 2
    assert "--force" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--out", "{tmp}/field.jpg"], ".png"),
        (["--out", "{tmp}/nowhere/field.png"], "cannot be written"),
        (["--out", "{tmp}/field.png", "--data", "{tmp}"], "no data set"),
        (["--out", "{tmp}/field.png", "--data", "{boards}"], "shows an alien alone"),
    ],
)
def test_wrong_input_is_one_line_and_leaves_nothing(words, says, boards, tmp_path, capsys):
    assert main(["explain", "field", "stack:9x9x3:4x3x3", *[w.format(tmp=tmp_path, boards=boards) for w in words]]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
    assert not list(tmp_path.iterdir())
