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

"""Models are judged side by side, on pictures that they have not learned from, and what falls short is said."""

import dataclasses
import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from theylive_training.__main__ import main
from theylive_training.data import dataset
from theylive_training.judge import exam, limits
from theylive_training.judge.evaluation import distinct_names
from theylive_training.judge.gallery import worst
from theylive_training.judge.latency import latency
from theylive_training.judge.learned import doubt
from theylive_training.judge.match import LEAST_INSIDE
from theylive_training.judge.measure import Sighting, of_sightings
from theylive_training.judge.plots import PLOTS
from theylive_training.judge.predictor import open_predictor
from theylive_training.pictures.picture import Box, Picture, inside
from theylive_training.pictures.pool import simulated

from theylive_ros.share import share_path
from theylive_ros.types import Detection

SHIPPED = share_path("models", "compact_yolo_224_int8.tflite")
IMAGE = np.zeros((240, 320, 3), np.uint8)
JOHN = Box("john", 200, 100, 64, 64)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A data set in YOLO's layout, of drawn pictures: 4 to learn from, 12 to judge by."""
    root = tmp_path_factory.mktemp("data")
    for part, first, count in (("train", 0, 4), ("val", 100, 12)):
        for folder in ("images", "labels"):
            (root / folder / part).mkdir(parents=True)
        for i in range(first, first + count):
            picture = simulated(np.random.default_rng(i), 320, 240, (0.95, 1.05))
            cv2.imwrite(str(root / "images" / part / f"{i:04}.png"), picture.image)
            rows = (f"{('alien', 'john').index(b.label)} {b.x / 320} {b.y / 240} {b.width / 320} {b.height / 240}" for b in picture.boxes)
            (root / "labels" / part / f"{i:04}.txt").write_text("\n".join(rows))
    (root / "data.yaml").write_text("names: [alien, john]\n")
    return root


@pytest.fixture(scope="module")
def twin(tmp_path_factory):
    """The shipped model once more, in another folder."""
    folder = tmp_path_factory.mktemp("twin")
    for path in (SHIPPED, SHIPPED.with_suffix(".json")):
        (folder / path.name).write_bytes(path.read_bytes())
    return folder / SHIPPED.name


def evaluate(*words):
    return main(["evaluate", *map(str, words), "--runs", "20"])


def test_models_stand_in_one_table_with_their_peers_speed(data, twin, tmp_path, capsys):
    code = evaluate(
        SHIPPED, "--data", data, "--sets", "validation", "--peer", twin, "--out", tmp_path / "out", "--json", tmp_path / "m.json"
    )
    told = json.loads((tmp_path / "m.json").read_text())
    assert told == json.loads((tmp_path / "out" / "metrics.json").read_text())
    first, second = told["models"]
    assert first["sets"] == second["sets"]
    assert first["name"] != second["name"]
    result = first["sets"]["validation"]
    assert result["pictures"] == told["pictures"]["validation"] > 8  # the others are empty
    assert result["recall"] > 0.9
    assert result["map50_95"] > 0.6
    assert second["latency_ms"]["to_peer"] == 1
    assert first["latency_ms"]["to_peer"] == pytest.approx(1, abs=0.5)
    assert 0 < first["latency_ms"]["p50"] <= first["latency_ms"]["p95"] <= first["latency_ms"]["p99"]
    assert code == bool(first["shortfalls"])
    said = capsys.readouterr()
    assert all(name in said.out for name in (first["name"], second["name"], "mAP50-95", "one thread"))
    assert all(line in said.err for line in first["shortfalls"])
    for model in told["models"]:
        files = {p.name for p in (tmp_path / "out" / model["folder"]).iterdir()}
        assert files == {"precision_recall.png", "confusion.png", "centres.png", "reliability.png", "worst_validation.png"}


def test_a_folder_of_an_evaluation_is_replaced_and_any_other_is_left_as_it_was(data, tmp_path, capsys):
    words = (SHIPPED, "--data", data, "--sets", "validation", "--out", tmp_path / "out", "--json", tmp_path / "m.json")
    assert evaluate(*words) in (0, 1)
    assert evaluate(*words) in (0, 1)
    (tmp_path / "out" / "notes.txt").write_text("mine")
    assert evaluate(*words) == 2
    assert "holds what no evaluation has written" in capsys.readouterr().err
    assert (tmp_path / "out" / "notes.txt").read_text() == "mine"
    (tmp_path / "m.json").write_text("{}")
    (tmp_path / "out" / "notes.txt").unlink()
    assert evaluate(*words) == 2
    assert (tmp_path / "m.json").read_text() == "{}"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["{tmp}/none.tflite"], "no model"),
        (["{tmp}/empty.tflite"], "not a TFLite model"),
        (["{model}", "--data", "{tmp}/nowhere"], "no data set"),
        (["{model}", "--sets", "validation"], "--data"),
        (["{model}", "--data", "{data}", "--part", "test"], "has no pictures in its part test: choose another --part"),
        (["{model}", "--data", "{data}", "--part", "test", "--sets", "validation,simulated"], "has no pictures in its part test"),
        (["{model}", "--out", "{tmp}/file"], "is a file"),
        (["{model}", "--out", "{tmp}"], "holds what no evaluation has written"),
        (["{model}", "--json", "{tmp}/no/m.json"], "cannot be written"),
        (["{model}", "--out", "{tmp}/file/out"], "cannot be written"),
        (["{model}", "--json", "{tmp}/file/m.json"], "cannot be written"),
        (["{model}", "--json", "{tmp}/file"], "no evaluation has written"),
    ],
)
def test_wrong_input_is_one_line_and_exit_code_2(words, says, data, tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("THEYLIVE_DATA", raising=False)
    (tmp_path / "file").write_text("")
    (tmp_path / "empty.tflite").write_text("")
    before = sorted(p.name for p in tmp_path.iterdir())
    extra = [] if "--out" in words else ["--out", "{tmp}/out"]
    assert evaluate(*(w.format(tmp=tmp_path, model=SHIPPED, data=data) for w in [*words, *extra])) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == before


@pytest.mark.parametrize("words", [["--sets", "all"], ["--sets", ","], ["--threshold", "2"], ["--runs", "0"]])
def test_options_that_cannot_be_are_refused(words):
    with pytest.raises(SystemExit) as error:
        main(["evaluate", str(SHIPPED), *words])
    assert error.value.code == 2


def test_names_tell_models_of_one_name_apart(tmp_path):
    paths = [tmp_path / "a" / "m.tflite", tmp_path / "b" / "m.tflite", tmp_path / "b" / "n.tflite"]
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        path.touch()
    assert distinct_names(paths, ["m", "m", "n"]) == ["a/m", "b/m", "n"]


def test_a_model_is_not_judged_on_what_it_has_learned_from_without_a_word(data):
    here = dataset.load(data)
    honest = {"pictures": {"split": "own", "real": 4, "sha256_of_sorted_sha256s": dataset.hash_files(here.train.paths)}}
    assert doubt(honest, "val", [here]) is None
    assert "4 of the 4 pictures" in doubt(honest, "train", [here])
    turned = dataclasses.replace(here, split="turned", train=here.val, val=here.train)
    assert "4 of the 4 pictures" in doubt(honest, "val", [turned, here])  # it learned by another known division
    assert "another division" in doubt(honest, "val", [turned])
    assert "not known" in doubt({}, "val", [here])
    assert doubt({"pictures": {"real": 0}}, "val", [here]) is None  # drawn pictures alone


def test_learned_pictures_are_told_on_the_command_line(data, capsys):
    assert evaluate(SHIPPED, "--data", data, "--sets", "validation") in (0, 1)
    assert "another division" in capsys.readouterr().err


def seen(boxes, *found):
    return Sighting(Picture(IMAGE, tuple(boxes)), [Detection(label, score, x, 100.0, 64.0, 64.0) for label, x, score in found])


def results(*sightings, exhaustive=True):
    return {"validation": of_sightings(sightings, 0.5, exhaustive).to_json()}


def test_a_model_that_calls_john_an_alien_falls_short():
    alien = JOHN._replace(label="alien", x=100)
    good = seen([alien, JOHN], ("alien", 100, 0.9), ("john", 200, 0.9))
    assert limits.shortfalls(results(good)) == []
    bad = seen([alien, JOHN], ("alien", 100, 0.9), ("john", 200, 0.9), ("alien", 201, 0.6))
    assert any("Johns called aliens 1" in line for line in limits.shortfalls(results(bad)))


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ([("alien", 100, 0.6)], "missed at a score of 0.65"),
        ([("alien", 100, 0.9), ("alien", 250, 0.6)], "where there are none"),
        ([("alien", 103, 0.9)], "centres p50"),
        ([("alien", 104, 0.9)], "centres p95"),
        ([("alien", 112, 0.9)], "mAP50-95"),
        ([("alien", 150, 0.9)], "mAP50 "),
        ([], "is unknown"),
    ],
)
def test_each_goal_is_a_limit(found, says):
    alien = JOHN._replace(label="alien", x=100)
    assert any(says in line for line in limits.shortfalls(results(seen([alien], *found)))), limits.shortfalls(
        results(seen([alien], *found))
    )


def test_a_classifier_has_limits_of_its_own():
    good, wrong = seen([JOHN], ("john", 210, 0.9)), seen([JOHN], ("alien", 200, 0.9))
    short = limits.shortfalls(results(good, wrong, exhaustive=False))
    assert any("accuracy 0.5" in line for line in short)
    assert not any("mAP" in line for line in short)


@pytest.mark.parametrize(
    ("wrong", "said", "x", "says"),
    [
        (2, [], 200, None),
        (3, ["alien"], 200, None),
        (4, ["alien"], 200, "Johns called aliens 4"),
        (7, [], 200, "accuracy 0.8833"),
        (0, [], 206, "centres p50"),
    ],
)
@pytest.mark.parametrize("name", ["composed", "simulated"])
def test_a_classifier_that_is_worse_on_whole_frames_falls_short(name, wrong, said, x, says):
    """60 pictures, half of them Johns, as many of them `wrong` as told; aliens at 200, found at x."""
    alien = JOHN._replace(label="alien")
    johns = [seen([JOHN], ("john", 200, 0.9))] * (30 - wrong) + [seen([JOHN], *((label, 200, 0.9) for label in said))] * wrong
    measured = of_sightings([*johns, *[seen([alien], ("alien", x, 0.9))] * 30], 0.5, exhaustive=False).to_json()
    short = limits.shortfalls({name: measured})
    assert short == [] if says is None else len(short) == 1 and f"{name}: " in short[0] and says in short[0], short


def test_the_worst_pictures_come_first_with_their_reason():
    fine, off = seen([JOHN], ("john", 200, 0.9)), seen([JOHN], ("john", 206, 0.9))
    missed, confused = seen([JOHN]), seen([JOHN], ("john", 200, 0.9), ("alien", 200, 0.7))
    bad = worst([fine, off, missed, confused], None, 0.5, exhaustive=True, count=3)
    assert [b.fault.words for b in bad] == ["john called alien 0.70", "john missed (not seen)", "john's centre 6.0 px off"]
    assert [b.name for b in bad] == ["number 3", "number 2", "number 1"]


def test_a_model_that_finds_nothing_is_drawn_too():
    nothing = of_sightings([seen([JOHN])], 0.5, exhaustive=True)
    drawn = {file: plot("blind", {"validation": nothing}) for file, plot in PLOTS.items()}
    assert [file for file, figure in drawn.items() if figure is None] == ["centres.png", "reliability.png"]


def test_a_slower_model_has_a_greater_ratio(monkeypatch):
    with open_predictor(SHIPPED) as one, open_predictor(SHIPPED) as other:
        detect = other.detect
        monkeypatch.setattr(other, "detect", lambda image: [detect(image) for _ in range(4)])
        fast, slow = latency([one, other], [IMAGE] * 3, 0.5, runs=30)
        assert one.floor == 0.001
    assert fast["to_peer"] == 1
    assert slow["to_peer"] > 2


def test_without_data_the_exam_is_drawn_and_the_same_for_the_same_seed():
    one, two = (exam.make_exam(None, 5, renders=3) for _ in range(2))
    assert list(one) == ["simulated"]
    for a, b in zip(one["simulated"], two["simulated"], strict=True):
        assert (a.image == b.image).all()
        assert a.boxes == b.boxes


@pytest.mark.skipif("THEYLIVE_DATA" not in os.environ, reason="THEYLIVE_DATA names no data set")
def test_a_crowd_is_three_whole_heads_of_which_one_is_cut_by_the_edge():
    public = dataset.load(Path(os.environ["THEYLIVE_DATA"]))
    small = dataclasses.replace(public, train=dataset.Part(), val=dataclasses.replace(public.val, heads=public.val.heads[:40]))
    crowd = exam.make_exam(small, 1, crowded=12, composed=1, sets=("crowded",))["crowded"]
    assert len(crowd) == 12
    for picture in crowd:
        shares = [inside(b, (320, 240)) for b in picture.boxes]
        assert picture.image.shape == (240, 320, 3)
        assert len(shares) == 3
        assert LEAST_INSIDE <= min(shares) < 0.95
        assert all(b.width == pytest.approx(64, rel=0.11) for b in picture.boxes)
