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

"""Maps and filters are the net's own, and the drawings are there or not at all."""

import dataclasses
import json

import cv2
import numpy as np
import pytest
import torch
from theylive_training.__main__ import main
from theylive_training.explain.features_page import asleep, draw_maps
from theylive_training.explain.open import Wanted, open_net
from theylive_training.nets.detectors import RawOutputs, build
from theylive_training.nets.spec import NetSpec

from theylive_ros.share import share_path
from theylive_ros.simulator.heads import paste

MODEL = share_path("models", "compact_yolo_224_int8.tflite")
SPEC = NetSpec("compact", 64, 0.25)


@pytest.fixture(scope="module")
def picture():
    """An alien in the middle of the cell of row 4, column 9 of a grid of 16 px cells."""
    image = np.full((224, 224, 3), (116, 152, 151), np.uint8)
    paste(image, "alien", 3, 9 * 16 + 8, 4 * 16 + 8)
    return image


@pytest.fixture
def run(tmp_path):
    """The folder of a training, as far as explain looks at it."""
    folder = tmp_path / "run"
    folder.mkdir()
    torch.manual_seed(5)
    torch.save(build(SPEC).state_dict(), folder / "weights.pt")
    (folder / "run.json").write_text(json.dumps({"schema": 1, "spec": dataclasses.asdict(SPEC)}))
    return folder


def test_the_shipped_model_sees_the_alien_where_it_is(picture):
    net = open_net(Wanted(str(MODEL)))
    made = net.results(picture)
    (scores,) = [made[n] for n in net.graph.outputs if made[n].shape == (14, 14, 2)]
    rows, columns = np.nonzero(scores[:, :, 0] > 0.5)
    assert (4, 9) in zip(rows, columns, strict=True)
    assert np.abs(rows - 4).max() <= 2  # a head is four cells wide: none is beside it
    assert np.abs(columns - 9).max() <= 2
    assert scores[:, :, 1].max() < 0.5


def test_the_maps_of_a_run_are_what_its_weights_make(run, picture):
    net = open_net(Wanted(str(run)))
    small = cv2.resize(picture, (64, 64))
    made = net.results(small)
    torch.manual_seed(5)
    raw = RawOutputs(build(SPEC))
    given = torch.from_numpy(small[:, :, ::-1].copy().transpose(2, 0, 1)[None]).float() / 255
    for step, expected in zip(net.graph.outputs, raw(given), strict=True):
        assert np.allclose(made[step], expected[0].permute(1, 2, 0).numpy(), atol=1e-5)
    assert set(made) == {step for ends in net.graph.blocks.values() for step in ends}


@pytest.mark.parametrize(("net", "side"), [(str(MODEL), None), ("mobilenetv2", 64)])
def test_filters_and_maps_have_the_shapes_of_the_net(net, side):
    opened = open_net(Wanted(net, side))
    filters, first = opened.filters(), opened.graph.steps[1 if side is None else 0]
    assert filters.shape == (first.output.channels, 3, 3, 3)
    assert filters.std() > 0
    made = opened.results(np.random.default_rng(0).integers(0, 256, opened.graph.input, np.uint8))
    assert all(maps.shape == tuple(opened.graph.steps[step].output) for step, maps in made.items())


def test_a_picture_becomes_a_folder_of_drawings(picture, tmp_path, capsys):
    cv2.imwrite(str(tmp_path / "picture.png"), picture)
    out = tmp_path / "drawings"
    words = ["explain", "features", "stack:64x64x3:4x3x3:2x3x3s2", str(tmp_path / "picture.png"), "--out", str(out)]
    assert main(words) == 0
    assert {p.name for p in out.iterdir()} == {"features.png", "filters.png", "00_0_Conv2d.png", "01_1_Conv2d.png"}
    assert all(cv2.imread(str(p)) is not None for p in out.iterdir())
    assert "1 Conv2d: 30x30x2, 0 channels say the same everywhere" in capsys.readouterr().out
    assert main(words) == 2
    assert "--force" in capsys.readouterr().err


def test_channels_that_say_the_same_everywhere_are_counted():
    maps = np.random.default_rng(0).random((8, 8, 5)).astype(np.float32)
    maps[:, :, [1, 3]] = 0.25
    assert asleep(maps) == 2
    assert draw_maps(maps, "five maps").axes


@pytest.mark.parametrize(
    ("net", "given", "says"),
    [
        ("{model}", "{tmp}/none.jpg", "no picture"),
        ("{model}", "{tmp}/empty.jpg", "not a picture"),
        ("stack:8x8x1:2x3x3", "{tmp}/picture.png", "channels"),
        ("{tmp}/run", "{tmp}/picture.png", "weights"),
    ],
)
def test_wrong_input_is_one_line_and_leaves_no_folder(net, given, says, run, picture, tmp_path, capsys):
    (tmp_path / "empty.jpg").write_bytes(b"")
    (run / "weights.pt").write_bytes(b"no weights")
    cv2.imwrite(str(tmp_path / "picture.png"), picture)
    before = sorted(p.name for p in tmp_path.iterdir())
    out = tmp_path / "drawings"
    words = [net.format(tmp=tmp_path, model=MODEL), given.format(tmp=tmp_path), "--out", str(out)]
    assert main(["explain", "features", *words]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == before
