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

"""Made pictures come as a whole data set, the same each time, and their making goes on after a stop."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
from theylive_training.__main__ import main
from theylive_training.data import find
from theylive_training.pictures.cutout import SIDE, Cutout
from theylive_training.pictures.pool import Material
from theylive_training.pictures.store import Order, store
from theylive_training.pictures.synth import KINDS, SIZES, make


@pytest.fixture(autouse=True)
def _no_data(monkeypatch):
    monkeypatch.delenv("THEYLIVE_DATA", raising=False)


def disc(label):
    patch = np.zeros((SIDE, SIDE, 4), np.uint8)
    rows, cols = np.mgrid[:SIDE, :SIDE] + 0.5 - SIDE / 2
    patch[np.hypot(rows, cols) < 20] = (250, 30, 30, 255)
    return Cutout(label, patch)


DISCS = Material((), (), (), [disc("alien"), disc("john")], [np.full((240, 320, 3), 110, np.uint8)])


def content(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def one_line(capsys):
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    return error


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("size", "shape"), [("frame", (240, 320, 3)), ("crop", (224, 224, 3)), ("letterbox", (224, 224, 3))])
def test_pictures_are_of_their_kind_and_size(kind, size, shape):
    pictures = [make(kind, size, 1, k, DISCS) for k in range(6)]
    assert {p.image.shape for p in pictures} == {shape}
    boxes = [b for p in pictures for b in p.boxes]
    assert all(0 <= b.x <= shape[1] and 0 <= b.y <= shape[0] for b in boxes)
    assert bool(boxes) == (kind != "board")
    if boxes:
        assert np.median([b.width for b in boxes]) == pytest.approx(64 * (0.7 if size == "letterbox" else 1), rel=0.15)
    heads = [len(p.boxes) for p in pictures]
    assert kind != "crowd" or max(heads) >= 5
    assert kind != "composed" or max(heads) <= 3


def test_a_picture_does_not_depend_on_how_many_are_made():
    one, two = (make("crowd", "frame", 1, 3, DISCS) for _ in range(2))
    assert one.boxes == two.boxes
    assert (one.image == two.image).all()
    assert make("crowd", "frame", 1, 4, DISCS).boxes != one.boxes != make("crowd", "frame", 2, 3, DISCS).boxes


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("synth")
    for form in ("yolo", "csv"):
        assert main(["synth", "--drawn", "--out", str(out / form), "--count", "16", "--sizes", "frame", "crop", "--format", form]) == 0
    return out


@pytest.mark.parametrize("form", ["yolo", "csv"])
def test_what_is_written_is_read_as_a_data_set(made, form):
    found = find.survey(made / form)
    assert found.layout == form
    assert [p.words for p in found.problems if p.is_error] == []
    told = json.loads((made / form / "synth.json").read_text())
    assert Counter(b.label for item in found.items for b in item.file.boxes) == told["heads"]
    assert len(found.items) == sum(told["pictures"].values()) == 16
    assert set(told["pictures"]) == {f"{kind} {size}" for kind in KINDS for size in ("frame", "crop")}
    assert sum(not item.file.boxes for item in found.items) >= told["pictures"]["board frame"]
    assert cv2.imread(str(made / form / "sheet.jpg")).shape[1] > 2 * 320
    assert str(made) not in (made / form / "synth.json").read_text()


def test_both_formats_say_the_same(made):
    yolo, csv = ({item.name: item.file.boxes for item in find.survey(made / form).items} for form in ("yolo", "csv"))
    assert yolo.keys() == csv.keys()
    for name, boxes in yolo.items():
        assert [b.label for b in boxes] == [b.label for b in csv[name]]
        assert np.allclose([(b.x, b.y) for b in boxes], [(b.x, b.y) for b in csv[name]], atol=1e-3)


def test_the_same_command_makes_nothing_twice_and_another_overwrites_nothing(made, capsys):
    out = made / "yolo"
    before = content(out)
    words = ["synth", "--drawn", "--out", str(out), "--count", "16", "--sizes", "frame", "crop"]
    assert main(words) == 0
    assert "already" in capsys.readouterr().out
    assert main([*words, "--seed", "2"]) == 2
    assert "new folder" in one_line(capsys)
    assert content(out) == before


KILLED = """
import sys, time
from theylive_training.__main__ import main
from theylive_training.pictures import synth
made = synth.make
def slowly(*given):
    time.sleep(0.02)
    return made(*given)
synth.make = slowly
sys.exit(main(sys.argv[1:]))
"""


def test_a_making_that_is_killed_goes_on_and_ends_the_same(tmp_path):
    words = ["synth", "--count", "40", "--kinds", "simulated", "--sizes", "crop"]
    assert main([*words, "--out", str(tmp_path / "whole")]) == 0
    journal = tmp_path / ".out.part" / "made.jsonl"
    process = subprocess.Popen([sys.executable, "-c", KILLED, *words, "--out", str(tmp_path / "out")], stderr=subprocess.DEVNULL)
    while not (journal.is_file() and journal.stat().st_size > 500) and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "out").exists()
    kept = {p.name: p.stat().st_mtime_ns for p in (tmp_path / ".out.part" / "images").iterdir()}
    with journal.open("a") as file:
        file.write('["simulated_crop_000')  # a line that was being written
    (tmp_path / ".out.part" / ".sheet.jpg.1.new").write_text("half")  # and a file
    assert main([*words, "--out", str(tmp_path / "out")]) == 0
    one, other = content(tmp_path / "out"), content(tmp_path / "whole")
    assert one == other
    again = {p.name: p.stat().st_mtime_ns for p in (tmp_path / "out" / "images").iterdir()}
    assert 2 < sum(again[name] == when for name, when in kept.items()) < 40
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "whole"]


@pytest.mark.parametrize("form", ["yolo", "csv"])
def test_stopped_at_any_write_it_ends_the_same(tmp_path, monkeypatch, form):
    orders = [Order(f"{k}.jpg", "crowd crop", lambda k=k: make("crowd", "crop", 1, k, DISCS)) for k in range(3)]
    store(orders, form, tmp_path / "whole", {"seed": 1}, {}, lambda: None)
    real, stops = {name: getattr(Path, name) for name in ("write_text", "replace")}, 0

    class Stopped(Exception):  # noqa: N818  it stands for a kill
        pass

    for at in range(40):
        calls = iter(range(at + 1))

        for name, method in real.items():

            def write(self, *given, calls=calls, method=method, **more):
                if next(calls, None) is None:
                    raise Stopped
                return method(self, *given, **more)

            monkeypatch.setattr(Path, name, write)
        try:
            store(orders, form, tmp_path / "out", {"seed": 1}, {}, lambda: None)
            break
        except Stopped:
            stops += 1
            assert not (tmp_path / "out").exists()
    monkeypatch.undo()
    assert stops > 2
    assert content(tmp_path / "out") == content(tmp_path / "whole")


def test_the_beginning_of_another_data_set_is_not_mixed_in(tmp_path, capsys):
    (tmp_path / ".out.part").mkdir()
    (tmp_path / ".out.part" / "synth.json").write_text('{"plan": {"seed": 9}}')
    assert main(["synth", "--out", str(tmp_path / "out"), "--count", "3", "--kinds", "simulated"]) == 2
    assert "beginning of another" in one_line(capsys)
    assert [p.name for p in (tmp_path / ".out.part").iterdir()] == ["synth.json"]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--out", "{tmp}/full"], "something else"),
        (["--out", "{tmp}/file"], "something else"),
        (["--out", "{tmp}/file/below"], "cannot be written"),
        (["--out", "{tmp}/new", "--data", "{tmp}/nowhere"], "nowhere"),
        (["--out", "{tmp}/new", "--count", "2"], "--count 2"),
    ],
)
def test_wrong_input_is_one_line_and_leaves_everything(tmp_path, capsys, more, says):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("dear")
    (tmp_path / "file").write_text("mine")
    before = content(tmp_path)
    assert main(["synth", "--count", "12", *(word.format(tmp=tmp_path) for word in more)]) == 2
    assert says in one_line(capsys)
    assert content(tmp_path) == before
    assert not (tmp_path / "new").exists()


@pytest.mark.skipif("THEYLIVE_DATA" not in os.environ, reason="THEYLIVE_DATA names no data set")
def test_real_heads_and_boards_are_those_to_learn_from(tmp_path, monkeypatch):
    monkeypatch.undo()
    words = ["synth", "--out", str(tmp_path / "out"), "--count", "6", "--kinds", "composed", "crowd", "board", "--sizes", "frame"]
    assert main(words) == 0
    told = json.loads((tmp_path / "out" / "synth.json").read_text())
    assert told["made_of"]["real"] == 800
    assert told["made_of"]["heads_cut_out"] > 500
    assert set(SIZES) == {"frame", "crop", "letterbox"}
