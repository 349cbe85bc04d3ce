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

"""Classic kernels do what their names say; ReLU loses what counting says, and ReLU6 rounds finer."""

import cv2
import numpy as np
import pytest
import torch
from theylive_training.__main__ import main
from theylive_training.explain.bottleneck import CHANNELS, embedding, expected_lost, mean_lost, spiral, there_and_back
from theylive_training.explain.kernels import KERNELS, MAGNITUDE, applied, likeness
from theylive_training.explain.rounding import measure, rounding
from theylive_training.nets.detectors import build
from theylive_training.nets.spec import NetSpec

STEP = np.full((20, 20, 3), 50, np.uint8)
STEP[:, 10:] = 150


def test_sobel_finds_an_upright_edge_where_it_is():
    made = applied(STEP)
    assert set(np.flatnonzero(np.abs(made["Sobel x"][10]) > 0.01)) == {9, 10}
    assert made["Sobel x"][10, 10] == pytest.approx(4 * 100 / 255)
    assert np.abs(made["Sobel y"]).max() < 1e-6
    assert np.allclose(made[MAGNITUDE], np.abs(made["Sobel x"]), atol=1e-6)


def test_identity_changes_nothing_and_gauss_keeps_the_mean():
    made = applied(STEP)
    assert np.allclose(made["identity"], cv2.cvtColor(STEP, cv2.COLOR_BGR2GRAY) / 255)
    assert KERNELS["Gauss"].sum() == 1
    assert made["Gauss"].mean() == pytest.approx(made["identity"].mean(), abs=1e-6)


@pytest.mark.parametrize("name", KERNELS)
def test_a_kernel_is_recognised_also_as_its_negative(name):
    colour = np.repeat(KERNELS[name][:, :, None], 3, axis=2)
    assert likeness(colour) == (name, pytest.approx(1))
    assert likeness(-2.5 * colour) == (name, pytest.approx(-1))


@pytest.mark.parametrize("channels", CHANNELS)
def test_as_much_is_lost_as_counting_says(channels):
    assert mean_lost(channels, 300, np.random.default_rng(0)) == pytest.approx(expected_lost(channels), abs=0.04)


def test_without_relu_nothing_is_lost_in_two_channels():
    points, matrix = spiral(), embedding(2, np.random.default_rng(0))
    assert np.allclose(there_and_back(points, matrix, rectified=False), points)
    assert not np.allclose(there_and_back(points, matrix, rectified=True), points, atol=0.1)


def test_rounding_errs_by_a_step_over_the_root_of_twelve():
    values = np.random.default_rng(0).uniform(-12, 12, 100_000)
    assert rounding(values, None) == pytest.approx(values.max() / 255 / 12**0.5, rel=0.3)  # half of them are 0 and do not err
    assert rounding(np.zeros(9), None) == 0


def test_one_large_value_makes_relu_coarse_and_relu6_does_not_mind():
    values = np.append(np.random.default_rng(0).uniform(0, 4, 10_000), 60.0)
    assert rounding(values, None) > 8 * rounding(values, 6.0)


def test_every_layer_of_the_net_is_measured():
    torch.manual_seed(0)
    rounded = measure(build(NetSpec("compact", 64, 0.25)), torch.rand(2, 3, 64, 64), trained=False)
    assert len(rounded) == 35
    assert rounded[0].layer == "0"
    assert all(r.relu6_step <= r.relu_step and r.largest > 0 for r in rounded)
    assert all(r.relu_error == r.relu6_error for r in rounded if r.largest <= 6)


def test_the_pages_are_drawn(tmp_path, capsys):
    cv2.imwrite(str(tmp_path / "picture.png"), STEP)
    assert main(["explain", "kernels", str(tmp_path / "picture.png"), "--out", str(tmp_path / "kernels.png")]) == 0
    assert "-1   0   1" in capsys.readouterr().out
    assert main(["explain", "relu", "--out", str(tmp_path / "relu.png")]) == 0
    assert "75.00%" in capsys.readouterr().out
    for name in ("kernels.png", "relu.png"):
        assert min(cv2.imread(str(tmp_path / name)).shape[:2]) > 500


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["kernels", "{tmp}/none.png", "--out", "{tmp}/out.png"], "no picture"),
        (["kernels", "{tmp}", "--out", "{tmp}/out.png"], "no picture"),
        (["relu", "--run", "{tmp}", "--out", "{tmp}/out.png"], "not the folder of a training"),
        (["relu", "--data", "{tmp}", "--out", "{tmp}/out.png"], "no data set"),
        (["relu", "--data", "{boards}", "--out", "{tmp}/out.png"], "shows a head"),
        (["relu", "--out", "{tmp}"], ".png"),
    ],
)
def test_wrong_input_is_one_line_and_leaves_nothing(words, says, boards, tmp_path, capsys):
    assert main(["explain", *[w.format(tmp=tmp_path, boards=boards) for w in words]]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
    assert not list(tmp_path.iterdir())
