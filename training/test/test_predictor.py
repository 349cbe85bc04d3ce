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

"""Every kind of model is looked through by the robot's own detectors, and what is no model is refused in one line."""

import shutil

import cv2
import numpy as np
import pytest
from theylive_training.errors import TrainingError
from theylive_training.judge.predictor import open_predictor
from theylive_training.nets.spec import NetSpec
from theylive_training.pictures.pool import simulated
from theylive_training.run_folder import RunFolder

from theylive_ros.detector.interface import DetectorError
from theylive_ros.detector.yolov8 import YoloV8Config, YoloV8Detector
from theylive_ros.share import share_path

SHIPPED = share_path("models", "compact_yolo_224_int8.tflite")
PICTURE = simulated(np.random.default_rng(7), 320, 240, (0.95, 1.05))


def run_of(folder, net, side):
    folder.mkdir()
    run = RunFolder(folder)
    run.save_facts({"spec": {"net": net, "side": side, "width": None}, "pictures": {"real": 0}})
    return run


@pytest.fixture(scope="module")
def torch_run(tmp_path_factory):
    import torch
    from theylive_training.nets.detectors import build

    torch.manual_seed(0)
    run = run_of(tmp_path_factory.mktemp("torch") / "first", "compact", 96)
    torch.save(build(run.spec).state_dict(), run.weights)
    return run


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """What ultralytics' trainer saves: half-precision weights in their net."""
    import torch
    from theylive_training.nets.detectors import build

    torch.manual_seed(0)
    net = build(NetSpec("yolov8n", 96))
    net.args = vars(net.args)
    path = tmp_path_factory.mktemp("ultralytics") / "best.pt"
    torch.save({"epoch": -1, "model": None, "ema": net.half(), "train_args": {"imgsz": 96}, "version": "8.4.190"}, path)
    return path


def test_a_tflite_file_answers_as_in_the_robot():
    robot = YoloV8Detector(YoloV8Config(model=str(SHIPPED), device="cpu"))
    robot.load()
    expected = robot.detect(PICTURE.image).items
    robot.close()
    with open_predictor(SHIPPED) as predictor:
        found = predictor.detect(PICTURE.image)
    assert (predictor.name, predictor.labels, predictor.exhaustive) == ("compact_yolo_224_int8", ("alien", "john"), True)
    assert [d for d in found if d.score >= 0.5] == list(expected)
    assert len(expected) == len(PICTURE.boxes) > 0
    assert [d.score for d in found] == sorted((d.score for d in found), reverse=True)
    assert predictor.training["licence"]


def test_the_floor_may_be_moved():
    with open_predictor(SHIPPED, floor=0.3) as predictor:
        assert all(d.score >= 0.3 for d in predictor.detect(PICTURE.image))
        predictor.floor = 0.999
        assert not predictor.detect(PICTURE.image)


def test_the_float_weights_of_a_run_are_decoded_as_ultralytics_decodes_them(torch_run):
    import torch
    from theylive_training.nets.detectors import build

    net = build(torch_run.spec)
    net.load_state_dict(torch.load(torch_run.weights, weights_only=True))
    image = np.random.default_rng(1).integers(0, 255, (96, 96, 3), np.uint8)
    with torch.no_grad():
        x = (
            torch.from_numpy(
                np.ascontiguousarray(image[None, :, :, ::-1].transpose(0, 3, 1, 2)),
            ).float()
            / 255
        )
        answer = net.eval()(x)
    table = (answer[0] if isinstance(answer, tuple) else answer)[0].numpy()
    best = table[4:].max(axis=0).argmax()
    for path in (torch_run.path, torch_run.weights):
        with open_predictor(path, floor=1e-6) as predictor:
            top = predictor.detect(image)[0]
    assert predictor.name == "first/weights.pt"
    assert top.score == pytest.approx(table[4:, best].max(), rel=1e-4)
    assert (top.x, top.y, top.width, top.height) == pytest.approx(table[:4, best].tolist(), abs=0.02)


def test_a_larger_frame_is_letterboxed_and_its_boxes_brought_back(torch_run):
    square = np.random.default_rng(2).integers(0, 255, (96, 96, 3), np.uint8)
    wide = np.full((192, 384, 3), 114, np.uint8)  # its middle half is the square, doubled; the net sees it at a quarter
    tall = np.repeat(np.repeat(square, 2, axis=0), 2, axis=1)
    wide[:, 96:288] = tall
    with open_predictor(torch_run.path, floor=1e-6) as predictor:
        expected = [(d.label, d.score, 2 * d.x, 2 * d.y) for d in predictor.detect(square)[:5]]
        found = [(d.label, d.score, d.x, d.y) for d in predictor.detect(tall)[:5]]
        small = np.full((96, 96, 3), 114, np.uint8)
        small[24:72] = cv2.resize(wide, (96, 48))
        of_wide, of_small = predictor.detect(wide)[0], predictor.detect(small)[0]
    assert [f[:1] for f in found] == [e[:1] for e in expected]
    assert np.array([f[1:] for f in found]) == pytest.approx(np.array([e[1:] for e in expected]), rel=1e-3)
    assert (of_wide.x, of_wide.y, of_wide.width) == pytest.approx((of_small.x * 4, (of_small.y - 24) * 4, of_small.width * 4), rel=1e-3)


def test_a_checkpoint_of_ultralytics_is_read_with_its_own_names_and_size(checkpoint):
    with open_predictor(checkpoint, floor=1e-6) as predictor:
        assert predictor.labels == ("alien", "john")
        assert predictor.exhaustive
        assert predictor.detect(PICTURE.image)
        assert predictor.training["made_with"] == "ultralytics"


def test_a_run_of_keras_is_a_classifier_of_one_head_at_most(tmp_path):
    from theylive_training.nets.mobilenetv2 import build

    run = run_of(tmp_path / "second", "mobilenetv2", 96)
    build(run.spec).save(run.weights)
    with open_predictor(run.path, floor=0.0) as predictor:
        assert predictor.labels == ("alien", "john", "background")
        assert not predictor.exhaustive
        assert len(predictor.detect(PICTURE.image)) <= 1


class Evil:
    def __reduce__(self):
        return print, ("ran",)


def test_a_checkpoint_that_would_run_code_is_refused(tmp_path, capsys):
    import torch

    torch.save({"ema": Evil()}, tmp_path / "evil.pt")
    with pytest.raises(TrainingError, match="no checkpoint"):
        open_predictor(tmp_path / "evil.pt")
    assert "ran" not in capsys.readouterr().out


@pytest.mark.parametrize("name", ["x.tflite", "x.pt", "x.keras"])
@pytest.mark.parametrize("content", [None, b"", b"no model at all"])
def test_what_is_no_model_is_refused_in_one_line(tmp_path, name, content):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises((TrainingError, DetectorError)) as error:
        open_predictor(path)
    assert name in str(error.value)
    assert "\n" not in str(error.value)


def test_a_checkpoint_of_an_unknown_kind_is_refused_without_further_warnings(tmp_path, recwarn):
    (tmp_path / "x.pt").write_bytes(b"\x80\x38 no checkpoint")  # the beginning of a pickle of some later Python
    with pytest.raises(TrainingError, match="no checkpoint"):
        open_predictor(tmp_path / "x.pt")
    assert not [w for w in recwarn if "pickle" in str(w.message)]


def test_a_model_without_a_manifest_says_how_to_make_one(tmp_path):
    shutil.copy(SHIPPED, tmp_path)
    with pytest.raises(DetectorError, match="theylive manifest"):
        open_predictor(tmp_path / SHIPPED.name)


def test_truncated_weights_are_refused(torch_run, tmp_path):
    run = run_of(tmp_path / "third", "compact", 96)
    run.weights.write_bytes(torch_run.weights.read_bytes()[:5000])
    with pytest.raises(TrainingError, match="holds no weights of this net"):
        open_predictor(run.path)


def test_a_folder_of_no_training_is_refused(tmp_path):
    with pytest.raises(TrainingError, match="not the folder of a training"):
        open_predictor(tmp_path)
