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

import json
import shutil

import cv2
import numpy as np
import pytest
import tiny_tflite

from theylive_ros import cli
from theylive_ros.detector import manifest


@pytest.fixture
def model(tmp_path):
    path = tiny_tflite.squares(tmp_path / "squares.tflite")
    manifest.save(manifest.make(path, ["alien", "john"]), manifest.path_of(path))
    return path


@pytest.fixture
def pictures(tmp_path):
    """A red head in a.png, a blue one in b.png, none in c.png."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, colour in (("a", (0, 0, 255)), ("b", (255, 0, 0)), ("c", (0, 0, 0))):
        picture = np.zeros((32, 32, 3), np.uint8)
        picture[16:, :16] = colour
        cv2.imwrite(str(folder / f"{name}.png"), picture)
    return folder


def detect(model, *arguments):
    return cli._main(["detect", "--model", str(model), "--device", "cpu", *map(str, arguments)])


def lines(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_json_has_one_object_a_line_for_each_picture(model, pictures, capsys):
    assert detect(model, "--json", pictures) == 0
    first, second, third = lines(capsys)
    assert list(first) == ["file", "width", "height", "inference_ms", "detections"]
    assert (first["file"], first["width"], first["height"]) == (str(pictures / "a.png"), 32, 32)
    assert first["inference_ms"] > 0
    assert first["detections"] == [{"label": "alien", "score": 0.9961, "x": 8.0, "y": 24.0, "width": 32.0, "height": 32.0}]
    assert [d["label"] for d in second["detections"]] == ["john"]
    assert third["detections"] == []


def test_without_json_a_person_reads_a_line_a_picture_and_a_summary(model, pictures, capsys):
    assert detect(model, pictures) == 0
    out = capsys.readouterr().out
    assert "alien 1.00 at (8.0, 24.0) 32x32" in out
    assert "3 pictures: 1 alien, 1 john; 1 without a head. CPU, ai-edge-litert" in out
    assert "p50" in out


def test_files_folders_and_globs_may_be_mixed_and_each_picture_comes_once(model, pictures, capsys):
    assert detect(model, "--json", pictures / "b.png", pictures, f"{pictures}/[bc].*", f"{pictures.parent}/**/*.png") == 0
    assert [line["file"][-5:] for line in lines(capsys)] == ["b.png", "a.png", "c.png"]


def test_a_picture_that_cannot_be_read_is_named_and_the_others_are_done(model, pictures, capfd):
    (pictures / "broken.jpg").write_bytes(b"\xff\xd8 not a picture")
    (pictures / "empty.png").touch()
    assert detect(model, "--json", pictures) == 2
    out, err = capfd.readouterr()
    assert len(out.splitlines()) == 3
    mine = [line for line in err.splitlines() if line.startswith("theylive")]
    assert [("broken.jpg" in line, "empty.png" in line) for line in mine] == [(True, False), (False, True)]


def test_a_path_without_pictures_is_named(model, tmp_path, pictures, capsys):
    (tmp_path / "nothing").mkdir()
    assert detect(model, tmp_path / "nothing") == 2
    assert "no picture at" in capsys.readouterr().err
    assert detect(model, "--json", tmp_path / "gone.png", pictures / "a.png") == 2
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 1
    assert "gone.png" in err


def test_threshold_fit_and_required_labels_reach_the_detector(model, pictures, capsys):
    assert detect(model, "--json", "--threshold", "1.0", pictures / "a.png") == 0
    assert lines(capsys)[0]["detections"] == []
    assert detect(model, "--threshold", "1.1", pictures / "a.png") == 2
    assert "score_threshold" in capsys.readouterr().err
    manifest.save(manifest.make(model, ["dog", "cat"]), manifest.path_of(model))
    assert detect(model, pictures / "a.png") == 2
    assert "cannot name alien, john" in capsys.readouterr().err
    assert detect(model, "--json", "--require", "", "--fit", "stretch", pictures / "a.png") == 0
    assert lines(capsys)[0]["detections"][0]["label"] == "dog"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--detector", "nonesuch"], "no plugin 'nonesuch'"), (["--model", "gone.tflite"], "no model gone.tflite")],
)
def test_what_is_not_there_is_named_in_one_line(model, pictures, capsys, arguments, message):
    assert detect(model, pictures, *arguments) == 2
    err = capsys.readouterr().err
    assert message in err
    assert len(err.strip().splitlines()) == 1


def test_drawn_copies_are_written_beside_each_other_even_with_one_name(model, pictures, tmp_path):
    (pictures / "more").mkdir()
    shutil.copy(pictures / "a.png", pictures / "more")
    out = tmp_path / "drawn" / "here"
    assert detect(model, pictures, pictures / "more", "--draw", out) == 0
    names = sorted(p.name for p in out.iterdir())
    assert len(names) == 4
    assert "b.png" in names
    assert (cv2.imread(str(out / "b.png")) != cv2.imread(str(pictures / "b.png"))).any()
    assert (cv2.imread(str(out / "c.png")) == cv2.imread(str(pictures / "c.png"))).all()


def test_a_folder_that_cannot_be_made_is_named(model, pictures, capsys):
    assert detect(model, pictures, "--draw", pictures / "a.png") == 2
    assert "--draw" in capsys.readouterr().err


def test_drawn_copies_never_overwrite_the_pictures_they_are_made_from(model, pictures, capsys):
    before = (pictures / "a.png").read_bytes()
    assert detect(model, "--draw", pictures, pictures) == 2
    assert "would overwrite the picture" in capsys.readouterr().err
    assert (pictures / "a.png").read_bytes() == before
