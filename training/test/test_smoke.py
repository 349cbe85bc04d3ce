"""The whole way, in small: pictures, one epoch, export, manifest, exam, and heads looked for by the robot's own detector."""

import json
import re

import numpy as np
import pytest
from theylive_training.__main__ import main
from theylive_training.tflite.edgetpu_check import check

from theylive_ros.detector import manifest
from theylive_ros.detector.yolov8 import YoloV8Config, YoloV8Detector

pytestmark = pytest.mark.timeout(600)  # half a minute where nothing else runs; export and TensorFlow are slow on a busy machine


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("models")
    assert main(["train", "compact", "--smoke", "--out", str(out), "--seed", "3"]) == 0
    assert main(["export", str(out)]) == 0
    return out / "compact_yolo_224_int8.tflite"


def test_the_model_runs_in_the_robots_detector(made):
    detector = YoloV8Detector(YoloV8Config(model=str(made), device="cpu", score_threshold=0.0))
    detector.load()
    assert detector.labels == ("alien", "john")
    found = detector.detect(np.full((240, 320, 3), 120, np.uint8))
    detector.close()
    assert found.exhaustive
    assert found.items  # at threshold 0 there are boxes, whatever they are
    assert all(item.width > 0 for item in found.items)


def test_the_manifest_tells_what_the_model_is_and_what_it_is_made_of(made):
    told = manifest.load(made)
    assert told.labels == ("alien", "john")
    assert {o.meaning: (o.tensor.shape, o.values) for o in told.outputs} == {
        "boxes": ((1, 14, 14, 4), "distances"),
        "scores": ((1, 14, 14, 2), "probability"),
    }
    given = told.input
    assert (given.tensor.shape, given.tensor.dtype, given.colour) == ((1, 224, 224, 3), "int8", "rgb")
    assert given.tensor.scale == pytest.approx(1 / 255, rel=1e-3)
    assert given.tensor.zero_point == -128
    facts = told.training
    assert facts["licence"]["model"].startswith("AGPL-3.0")
    assert facts["schedule"]["seed"] == 3
    assert sum(facts["pictures"]["pool"].values()) == pytest.approx(48, abs=2)
    assert "ultralytics" in facts["versions"]
    assert not re.search(r"/(tmp|work|home)/", json.dumps(facts))


def test_the_model_maps_onto_the_edge_tpu(made):
    assert check(made).errors == ()


def test_a_run_that_is_done_says_so(made, capsys):
    assert main(["train", "compact", "--smoke", "--out", str(made.parent), "--seed", "3"]) == 0
    assert "is done" in capsys.readouterr().out


def test_a_run_begins_with_another_runs_net(made, tmp_path):
    assert main(["train", "compact", "--smoke", "--out", str(tmp_path), "--start", str(made.parent), "--pictures", "16"]) == 0
    assert json.loads((tmp_path / "run.json").read_text())["began_with"]["schedule"]["seed"] == 3


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["train", "compact", "--smoke", "--out", "{tmp}/out", "--start", "{tmp}"], "not the folder of a training"),
        (["train", "compact", "--data", "{tmp}/nowhere", "--out", "{tmp}/out"], "there is no data set"),
        (["train", "compact", "--smoke", "--out", "{tmp}/file"], "cannot be made"),
        (["edgetpu-check", "{tmp}/none.tflite"], "cannot be read"),
        (["evaluate", "{tmp}/none.tflite"], "no model"),
    ],
)
def test_wrong_input_is_one_line_and_exit_code_2(arguments, says, tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("THEYLIVE_DATA", raising=False)
    (tmp_path / "file").write_text("")
    assert main([a.format(tmp=tmp_path) for a in arguments]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_without_data_training_says_how_to_name_it(capsys, monkeypatch, tmp_path):
    monkeypatch.delenv("THEYLIVE_DATA", raising=False)
    assert main(["train", "compact", "--out", str(tmp_path / "out")]) == 2
    assert "--data" in capsys.readouterr().err
