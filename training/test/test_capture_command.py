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

"""theylive-train capture: bursts from folders, videos and the simulator, and what is said where something is wrong."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from theylive_training.__main__ import main
from theylive_training.capture import source
from theylive_training.capture.labels import parse

from theylive_ros.camera.interface import Camera, CameraError
from theylive_ros.simulator.camera import encode
from theylive_ros.types import Frame

NAME = re.compile(r"capture_\d{8}_\d{6}(_\d{3})?\.jpg")


@pytest.fixture
def shots(tmp_path):
    """Three pictures of 320x240, each of one grey."""
    folder = tmp_path / "given"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.jpg").write_bytes(encode(np.full((240, 320, 3), 60 * number + 20, np.uint8), 90))
    return folder


def burst(out, *words, label="alien"):
    centre = [] if label == "background" or "--auto" in words or "--centre" in words else ["--centre", "100", "90"]
    return main(["capture", "burst", "--out", str(out), "--label", label, "--interval", "0", *centre, *words])


def from_folder(folder, *words):
    return ["--camera", "images", "--set", f"path={folder}", *words]


def rows(out):
    return parse((out / "labels.csv").read_bytes(), "labels.csv").rows


def test_a_burst_takes_each_picture_of_a_folder_once(shots, tmp_path):
    assert burst(tmp_path / "out", *from_folder(shots), "--count", "3") == 0
    table = rows(tmp_path / "out")
    assert [row[1:] for row in table] == [(100, 90, 0)] * 3
    images = [cv2.imread(str(tmp_path / "out" / row.name)) for row in table]
    assert [image.shape for image in images] == [(224, 224, 3)] * 3
    assert [round(image.mean() / 10) for image in images] == [2, 8, 14]
    assert all(NAME.fullmatch(row.name) for row in table)


def test_a_picture_without_crop_is_the_cameras_file_byte_for_byte(shots, tmp_path):
    assert burst(tmp_path / "out", *from_folder(shots), "--count", "3", "--crop", "none") == 0
    saved = [(tmp_path / "out" / row.name).read_bytes() for row in rows(tmp_path / "out")]
    assert saved == [(shots / f"{n}.jpg").read_bytes() for n in range(3)]


def test_a_crop_is_cut_where_it_is_asked_for(tmp_path):
    image = np.zeros((240, 320, 3), np.uint8)
    image[100:164, 200:264] = 255
    cv2.imwrite(str(tmp_path / "one.png"), image)
    assert (
        burst(tmp_path / "out", *from_folder(tmp_path / "one.png"), "--count", "1", "--crop", "200", "100", "64", "--centre", "3", "4") == 0
    )
    (row,) = rows(tmp_path / "out")
    cut = cv2.imread(str(tmp_path / "out" / row.name))
    assert cut.shape == (64, 64, 3)
    assert cut.min() == 255


def test_a_burst_of_the_empty_board_needs_no_centre(shots, tmp_path):
    assert burst(tmp_path / "out", *from_folder(shots), "--count", "2", label="background") == 0
    assert [row[1:] for row in rows(tmp_path / "out")] == [(112, 112, 2)] * 2


def test_a_burst_adds_to_what_is_there_and_keeps_its_interval(tmp_path):
    words = ["--camera", "simulator", "--set", "scenario=one_alien", "rate=60", "--count", "3", "--interval", "0.15"]
    assert burst(tmp_path / "out", *words) == 0
    first = rows(tmp_path / "out")
    begin = time.monotonic()
    assert burst(tmp_path / "out", *words) == 0
    assert time.monotonic() - begin > 0.3
    assert rows(tmp_path / "out")[:3] == first
    assert len({row.name for row in rows(tmp_path / "out")}) == 6


def test_a_video_is_played_at_its_own_rate(tmp_path):
    writer = cv2.VideoWriter(str(tmp_path / "board.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 20.0, (320, 240))
    for number in range(12):
        writer.write(np.full((240, 320, 3), 20 * number, np.uint8))
    writer.release()
    assert (
        burst(tmp_path / "out", "--camera", "video", "--set", f"path={tmp_path / 'board.avi'}", "--count", "3", "--interval", "0.15") == 0
    )
    greys = [cv2.imread(str(tmp_path / "out" / row.name)).mean() for row in rows(tmp_path / "out")]
    assert greys == sorted(greys)
    assert greys[2] - greys[0] > 70


def test_a_folder_with_fewer_pictures_than_asked_for_is_said(shots, tmp_path, capsys):
    assert burst(tmp_path / "out", *from_folder(shots), "--count", "5") == 1
    assert "3 of 5 pictures saved" in (said := capsys.readouterr().out)
    assert "all 3 pictures of" in said


def test_auto_takes_the_centre_of_the_one_head_and_refuses_what_it_does_not_see(tmp_path, capsys):
    world = ["--camera", "simulator", "--set", "scenario=one_alien", "--auto", "--count", "3", "--crop", "none", "--interval", "0.1"]
    assert burst(tmp_path / "out", *world) == 0
    from theylive_ros.simulator.scenario import load_scenario
    from theylive_ros.simulator.world import World

    truth = World(load_scenario("one_alien")).heads()[0]
    for row in rows(tmp_path / "out"):
        assert row.class_id == 0
        assert abs(row.x - truth.x) < 4
        assert abs(row.y - truth.y) < 4
    assert burst(tmp_path / "none", *world, label="john") == 1
    assert "refused: the model sees 1 alien, not 1 john" in capsys.readouterr().err
    assert burst(tmp_path / "empty", *world, label="background") == 1
    assert "refused: the model sees 1 alien, not the empty board" in capsys.readouterr().err
    assert not list((tmp_path / "empty").glob("*.jpg"))


class Failing(Camera):
    """Fails after some frames, as one that is unplugged."""

    def __init__(self, frames):
        super().__init__(None)
        self.left, self.closed = frames, False

    def open(self):
        pass

    def read(self):
        self.left -= 1
        if self.left < 0:
            raise CameraError("it was unplugged: plug it in again")
        time.sleep(0.002)
        return Frame(time.monotonic(), np.full((240, 320, 3), 90, np.uint8))

    def close(self):
        self.closed = True


def test_a_camera_that_fails_midway_is_one_line_and_what_was_saved_stays(tmp_path, capsys, monkeypatch):
    camera = Failing(5)
    monkeypatch.setattr(source, "make", lambda name, words: source.Source(name, camera, source.Flow.LIVE))
    assert burst(tmp_path / "out", "--count", "50") == 2
    said = capsys.readouterr()
    assert said.err == "theylive-train capture: it was unplugged: plug it in again\n"
    assert camera.closed
    saved = rows(tmp_path / "out")
    assert 1 <= len(saved) <= 5
    assert f"{len(saved)} of 50 pictures saved" in said.out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["burst", "--label", "alien"], "give --centre X Y, or --auto"),
        (["burst", "--label", "background", "--centre", "1", "2"], "--centre does not go with background"),
        (["burst", "--label", "john", "--centre", "1", "2", "--auto"], "--centre does not go with --auto"),
        (["burst", "--label", "john", "--centre", "1", "2", "--model", "x"], "give --auto with it"),
        (["burst", "--label", "john", "--centre", "230", "2"], "outside the picture that is saved (224x224 px)"),
        (["burst", "--label", "background", "--crop", "100", "100", "224"], "does not lie within a frame of 320x240"),
        (["burst", "--label", "background", "--crop", "1", "2"], "is no square"),
        (["burst", "--label", "background", "--crop", "0", "0", "4"], "is no square"),
        (["burst", "--label", "background", "--camera", "nikon"], "there is no camera 'nikon': --camera is one of images, simulator, v4l2"),
        (["burst", "--label", "background", "--set", "sped=3"], "with the keys path (folder, glob ('shots/*.jpg') or file"),
        (["burst", "--label", "background", "--set", "rate=fast"], "rate must be a number"),
        (["burst", "--label", "background", "--set", "rate=-1"], "rate is -1.0; it must be float from 0.0 to 1000.0 Hz"),
        (["burst", "--label", "background", "--set", "loop=perhaps"], "loop must be true or false"),
        (["burst", "--label", "background", "--set", "path=/nowhere/at/all"], "no file fits /nowhere/at/all"),
        (["burst", "--label", "background", "--camera", "simulator", "--set", "scenario=moon"], "no scenario 'moon'; there are:"),
        (["burst", "--label", "alien", "--auto", "--model", "none.tflite"], "none.tflite"),
        (["click"], "there is no display (DISPLAY is not set)"),
    ],
)
def test_wrong_input_is_one_line_and_leaves_no_folder(words, says, shots, tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    camera = [] if "--camera" in words else ["--camera", "images"]
    sets = [] if "--camera" in words or any(w.startswith("path=") for w in words) else ["--set", f"path={shots}"]
    assert main(["capture", *words, *camera, *sets, "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_damaged_and_truncated_pictures_do_not_end_a_burst(shots, tmp_path):
    whole = (shots / "1.jpg").read_bytes()
    (shots / "1.jpg").write_bytes(whole[: len(whole) // 2])
    (shots / "3.jpg").write_bytes(b"")
    assert burst(tmp_path / "out", *from_folder(shots), "--count", "3") == 1
    assert len(rows(tmp_path / "out")) == 2


def test_a_damaged_label_file_is_refused_before_the_camera_is_opened(shots, tmp_path, capsys):
    out = tmp_path / "out"
    out.mkdir()
    (out / "labels.csv").write_text("a.jpg,1,2,alien\n")
    assert burst(out, *from_folder(shots)) == 2
    assert "line 1 is 'a.jpg,1,2,alien'" in capsys.readouterr().err
    assert [p.name for p in out.iterdir()] == ["labels.csv"]


def test_a_burst_that_is_killed_at_any_moment_loses_at_most_one_picture(shots, tmp_path):
    out = tmp_path / "out"
    words = [sys.executable, "-m", "theylive_training", "capture", "burst", "--out", str(out), "--label", "alien", "--centre", "9", "9"]
    words += ["--count", "100000", "--interval", "0", "--camera", "images", "--set", f"path={shots}", "loop=true"]
    moments = np.random.default_rng(5).uniform(0.0, 0.15, 4)
    known = ()
    for kills, moment in enumerate(moments, 1):
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        began = len(known)
        patience = time.monotonic() + 30
        while len(rows(out) if (out / "labels.csv").exists() else ()) <= began and time.monotonic() < patience:
            time.sleep(0.005)
        time.sleep(moment)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        after = (out / "labels.csv").read_bytes()
        assert burst(out, *from_folder(shots), "--count", "1") == 0
        table = rows(out)
        whole = parse(after, "labels.csv").rows
        assert table[: len(known)] == known
        assert table[: len(whole)] == whole
        pictures = sorted(out.glob("*.jpg"))
        assert len(pictures) - len(table) <= kills
        assert {row.name for row in table} <= {p.name for p in pictures}
        assert all(cv2.imread(str(p)) is not None for p in pictures[began:])
        assert {p.suffix for p in out.iterdir()} == {".jpg", ".csv"}
        known = table
    assert len(known) > 2 * len(moments)


def test_help_names_the_cameras_and_the_keys(capsys):
    with pytest.raises(SystemExit) as end:
        main(["capture", "click", "--help"])
    assert end.value.code == 0
    said = capsys.readouterr().out
    for words in ("right click", "space", "simulator", "--set device=/dev/video2", "0 1 2, a j b"):
        assert words in said


def test_help_is_instant():
    script = "import sys, theylive_training.commands.capture as c; sys.exit('cv2' in sys.modules or 'tkinter' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_a_folder_within_folders_is_made(shots, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert burst(Path("some/new/folder"), *from_folder(shots), "--count", "1") == 0
    assert (tmp_path / "some/new/folder/labels.csv").is_file()
