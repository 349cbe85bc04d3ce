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

"""The whole way, in small: pictures, one epoch, export, manifest, exam, and heads looked for by the robot's own detector."""

import json
import re
import shutil

import cv2
import numpy as np
import pytest
from theylive_training import sweep
from theylive_training.__main__ import main
from theylive_training.tflite.edgetpu_check import check

from theylive_ros.detector import manifest
from theylive_ros.detector.yolov8 import YoloV8Config, YoloV8Detector

pytestmark = pytest.mark.timeout(600)  # half a minute where nothing else runs; export and TensorFlow are slow on a busy machine


@pytest.fixture(scope="module")
def way(tmp_path_factory):
    """The folder of a whole way from drawn pictures to a report."""
    here = tmp_path_factory.mktemp("way")
    assert main(["synth", "--drawn", "--count", "36", "--out", str(here / "shots"), "--format", "csv"]) == 0
    assert main(["convert", str(here / "shots"), "--to", "yolo", "--backgrounds", "--out", str(here / "data")]) == 0
    assert main(["split", str(here / "data"), "--by", "random", "--out", str(here / "split.json")]) == 0
    assert main(pipeline(here)) == 1  # one round over 48 pictures teaches nothing, and that is found
    return here


def pipeline(here):
    given = ["--data", str(here / "data"), "--split", str(here / "split.json"), "--out", str(here / "out")]
    return ["pipeline", "compact", "--smoke", "--seed", "3", *given]


@pytest.fixture(scope="module")
def made(way):
    return way / "out" / "run" / "compact_yolo_224_int8.tflite"


def test_the_whole_way_leaves_a_report_and_what_it_tells_of(way):
    out = way / "out"
    assert json.loads((out / "check.json").read_text())
    assert json.loads((out / "evaluation" / "metrics.json").read_text())["models"][0]["shortfalls"]
    assert not json.loads((out / "run" / "verify.json").read_text())["passed"]
    assert "data:image" in (out / "report.html").read_text()


def test_what_has_not_passed_is_not_shipped(way, tmp_path, capsys):
    assert main(["ship", str(way / "out" / "run"), "--to", str(tmp_path)]) == 2
    assert "cannot be shipped" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_way_that_was_gone_is_not_gone_again(way, capsys):
    before = (way / "out" / "run" / "weights.pt").stat().st_mtime_ns
    assert main(pipeline(way)) == 1
    assert (way / "out" / "run" / "weights.pt").stat().st_mtime_ns == before
    said = capsys.readouterr().out
    assert "is done" in said
    assert "$ theylive-train check" not in said


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


def test_a_run_begins_with_another_runs_net(made, tmp_path):
    assert main(["train", "compact", "--smoke", "--out", str(tmp_path), "--start", str(made.parent), "--pictures", "16"]) == 0
    assert json.loads((tmp_path / "run.json").read_text())["began_with"]["schedule"]["seed"] == 3


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["train", "compact", "--smoke", "--out", "{tmp}/out", "--start", "{tmp}"], "not the folder of a training"),
        (["train", "compact", "--data", "{tmp}/nowhere", "--out", "{tmp}/out"], "there is no data set"),
        (["train", "compact", "--smoke", "--out", "{tmp}/file"], "cannot be made"),
        (["train", "compact", "--smoke", "--preview", "{tmp}/out"], ".png"),
        (["sweep", "--data", "{tmp}/nowhere", "--out", "{tmp}/out", "--smoke"], "there is no data set"),
        (["pipeline", "compact", "--data", "{tmp}/nowhere", "--out", "{tmp}/out"], "there is no data set"),
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


@pytest.mark.parametrize("words", [["--sides", ","], ["--nets", ""], ["--widths", ","], ["--sides", "abc"]])
def test_a_sweep_of_nothing_is_refused(words, capsys, tmp_path):
    with pytest.raises(SystemExit, match="2"):
        main(["sweep", "--smoke", "--out", str(tmp_path / "out"), *words])
    assert words[0] in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["notes.txt", "sweep.json", "pareto.png"])
def test_a_sweep_leaves_a_folder_of_other_things_alone(name, capsys, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_text("{}")
    assert main(["sweep", "--smoke", "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert f"holds other things than a sweep ({name})" in error
    assert error.count("\n") == 1
    assert [(p.name, p.read_text()) for p in (tmp_path / "out").iterdir()] == [(name, "{}")]


def test_a_sweep_goes_on_beside_its_trainings_and_what_it_has_left(made, tmp_path):
    shutil.copytree(made.parent, tmp_path / "compact_yolo_224_int8")
    sweep.refuse_used(tmp_path)
    (tmp_path / sweep.RESULTS).write_text('{"points": []}')
    (tmp_path / sweep.PLOT).touch()
    sweep.refuse_used(tmp_path)
    sweep.refuse_used(tmp_path / "new")


def test_damaged_weights_to_begin_with_are_refused_before_anything_is_written(made, capsys, tmp_path):
    shutil.copytree(made.parent, tmp_path / "damaged")
    (tmp_path / "damaged" / "weights.pt").write_bytes(b"PK")
    assert main(["train", "compact", "--smoke", "--start", str(tmp_path / "damaged"), "--out", str(tmp_path / "out")]) == 2
    assert "holds no weights" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_way_with_pictures_that_are_not_divided_leaves_nothing(capsys, tmp_path):
    (tmp_path / "shots").mkdir()
    cv2.imwrite(str(tmp_path / "shots" / "a.jpg"), np.zeros((224, 224, 3), np.uint8))
    (tmp_path / "shots" / "labels.csv").write_text("a.jpg,100,100,0\n")
    assert main(["pipeline", "compact", "--data", str(tmp_path / "shots"), "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert "has no division" in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_without_data_training_says_how_to_name_it(capsys, monkeypatch, tmp_path):
    monkeypatch.delenv("THEYLIVE_DATA", raising=False)
    assert main(["train", "compact", "--out", str(tmp_path / "out")]) == 2
    assert "--data" in capsys.readouterr().err
