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

"""The click window with real clicks: a real process on a virtual screen, a real pointer and real keys, and what is in the folder then."""

import os
import shutil
import signal
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest
from theylive_training.__main__ import main
from theylive_training.capture.labels import parse

from theylive_ros.simulator.camera import encode
from theylive_ros.simulator.scenario import load_scenario
from theylive_ros.simulator.world import World

MISSING = [tool for tool in ("Xvfb", "xdotool") if shutil.which(tool) is None]
try:
    import tkinter  # noqa: F401
except ImportError:
    MISSING.append("python3-tk")

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")
ZOOM = 3  # of 320x240 on the screen below
PATIENCE = 20.0


@pytest.fixture(scope="module")
def screen():
    """A virtual screen without a window manager; its name."""
    read, write = os.pipe()
    words = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]
    server = subprocess.Popen(words, pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    with open(read) as file:
        number = file.readline().strip()
    assert number, "Xvfb found no free screen"
    yield f":{number}"
    server.terminate()
    server.wait(10)


class Person:
    """Somebody at the screen."""

    def __init__(self, screen, out, *words, program=("-m", "theylive_training")):
        self.out = out
        self._environment = {**os.environ, "DISPLAY": screen}
        command = [sys.executable, *program, "capture", "click", "--out", str(out), *words]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, env=self._environment, stdout=pipe, stderr=pipe, text=True)
        self.do("search", "--sync", "--onlyvisible", "--name", "theylive capture")
        self.do("mousemove", "700", "700")
        time.sleep(0.3)

    def do(self, *words):
        subprocess.run(["xdotool", *words], env=self._environment, check=True, timeout=PATIENCE, stdout=subprocess.DEVNULL)

    def click(self, x, y, button=1):
        """At a place of the camera's picture."""
        self.do("mousemove", str(ZOOM * x), str(ZOOM * y), "click", str(button))

    def key(self, *names):
        self.do("key", *names)

    def rows(self):
        file = self.out / "labels.csv"
        return list(parse(file.read_bytes(), "labels.csv").rows) if file.exists() else []

    def wait_for(self, count):
        end = time.monotonic() + PATIENCE
        while len(self.rows()) != count:
            assert time.monotonic() < end, f"{self.rows()} instead of {count} rows"
            assert self.process.poll() is None, self.process.stderr.read()
            time.sleep(0.02)
        time.sleep(0.1)  # for the window to show it
        return [row[1:] for row in self.rows()]

    def quit(self, key="q"):
        self.key(key)
        said, complained = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, said, complained


@pytest.fixture
def sit_down(screen, tmp_path):
    people = []

    def sit(*words, **more):
        people.append(Person(screen, tmp_path / "out", *words, **more))
        return people[-1]

    yield sit
    for person in people:
        if person.process.poll() is None:
            person.process.kill()
        person.process.communicate()


@pytest.fixture
def folder(tmp_path):
    """Pictures of 320x240, each of one grey."""
    given = tmp_path / "given"
    given.mkdir()
    for number in range(4):
        (given / f"{number}.jpg").write_bytes(encode(np.full((240, 320, 3), 40 * number + 40, np.uint8), 95))
    return ["--camera", "images", "--set", f"path={given}"]


def test_clicks_and_keys_become_pictures_and_rows(sit_down, folder):
    person = sit_down(*folder)
    person.click(48, 38)
    person.key("space")
    assert person.wait_for(1) == [(48, 38, 0)]
    person.click(100, 110)
    person.key("j")
    person.click(30, 200)
    person.key("space")
    assert person.wait_for(3)[1:] == [(100, 110, 0), (30, 200, 1)]
    person.key("2", "space")
    assert person.wait_for(4)[3:] == [(112, 112, 2)]
    status, said, complained = person.quit()
    assert (status, complained) == (0, "")
    assert "3 pictures; with those before it holds 2 alien, 1 john, 1 background" in said
    names = list(dict.fromkeys(row.name for row in person.rows()))
    images = [cv2.imread(str(person.out / name)) for name in names]
    assert [image.shape for image in images] == [(224, 224, 3)] * 3
    assert [round(image.mean()) for image in images] == [40, 80, 120]  # each picture of the folder once


def test_right_clicks_and_u_undo_and_a_saved_picture_comes_back_into_hand(sit_down, folder):
    person = sit_down(*folder)
    person.click(48, 38)
    person.click(100, 110)
    person.click(20, 20, button=3)
    person.key("space")
    assert person.wait_for(1) == [(48, 38, 0)]
    person.key("u")
    person.wait_for(0)
    assert not list(person.out.glob("*.jpg"))
    person.click(150, 60)
    person.key("space")
    assert person.wait_for(2) == [(48, 38, 0), (150, 60, 0)]
    assert person.quit("Escape")[0] == 0
    assert cv2.imread(str(person.out / person.rows()[0].name)).mean() == pytest.approx(40, abs=1)


def test_a_head_is_dragged_and_moved_by_arrows(sit_down, folder):
    person = sit_down(*folder)
    person.do("mousemove", "151", "151", "mousedown", "1", "mousemove", "171", "181", "mousemove", "180", "210", "mouseup", "1")
    person.click(280, 100)  # outside the square: nothing
    person.key("Left", "Left", "Down", "space")
    assert person.wait_for(1) == [(58, 71, 0)]


def test_space_accepts_what_the_model_proposes_and_a_click_corrects_it(sit_down):
    person = sit_down("--camera", "simulator", "--set", "scenario=one_alien", "--crop", "none", "--auto")
    truth = World(load_scenario("one_alien")).heads()[0]
    time.sleep(0.5)
    person.key("space")
    ((x, y, class_id),) = person.wait_for(1)
    assert class_id == 0
    assert abs(x - truth.x) < 4
    assert abs(y - truth.y) < 4
    person.key("j")
    place = round(truth.x) + 5, round(truth.y) - 4
    person.click(*place)
    person.key("space")
    assert person.wait_for(2)[1] == (*place, 1)
    person.click(round(truth.x), round(truth.y), button=3)  # removed
    person.click(40, 40)
    person.key("space")
    assert person.wait_for(3)[2] == (40, 40, 1)
    assert cv2.imread(str(person.out / person.rows()[0].name)).shape == (240, 320, 3)


def test_a_killed_window_loses_the_picture_in_hand_only(sit_down, folder, capsys):
    person = sit_down(*folder)
    person.click(48, 38)
    person.key("space")
    person.wait_for(1)
    person.click(70, 70)
    time.sleep(0.2)
    os.kill(person.process.pid, signal.SIGKILL)
    person.process.wait(10)
    assert main(["capture", "burst", "--out", str(person.out), *folder, "--label", "background", "--count", "1"]) == 0
    assert capsys.readouterr().err == ""
    assert [row[1:] for row in person.rows()] == [(48, 38, 0), (112, 112, 2)]
    assert len(list(person.out.glob("*.jpg"))) == 2


FAILING = """
import os, sys
from theylive_ros.camera.interface import CameraError
from theylive_ros.camera.images import ImagesCamera
from theylive_training.__main__ import main

real = ImagesCamera.read

def read(self):
    if os.path.exists(sys.argv[1]):
        raise CameraError("it was unplugged: plug it in again")
    return real(self)

ImagesCamera.read = read
from theylive_training.capture import source
source._FLOWS.clear()  # a live camera
sys.exit(main(sys.argv[2:]))
"""


def test_a_camera_that_fails_ends_the_window_with_one_line_after_the_picture_in_hand(sit_down, folder, tmp_path):
    person = sit_down(*folder, "loop=true", "rate=50", program=("-c", FAILING, str(tmp_path / "unplugged")))
    person.click(48, 38)
    person.key("space")
    person.wait_for(1)
    person.click(70, 70)
    time.sleep(0.3)
    (tmp_path / "unplugged").touch()
    time.sleep(0.3)
    person.key("space")
    said, complained = person.process.communicate(timeout=PATIENCE)
    assert person.process.returncode == 2
    assert complained == "theylive-train capture: it was unplugged: plug it in again\n"
    assert "2 pictures" in said
    assert [row[1:] for row in person.rows()] == [(48, 38, 0), (70, 70, 0)]


def test_a_display_that_does_not_answer_is_said(tmp_path):
    command = [sys.executable, "-m", "theylive_training", "capture", "click", "--out", str(tmp_path / "out"), "--camera", "simulator"]
    done = subprocess.run(command, env={**os.environ, "DISPLAY": ":9999"}, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "the display ':9999' does not answer" in done.stderr
    assert not (tmp_path / "out").exists()


def test_without_tkinter_the_cure_is_named(tmp_path):
    script = "import sys; sys.modules['tkinter'] = None; from theylive_training.__main__ import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", script, "capture", "click", "--out", str(tmp_path / "out"), "--camera", "simulator"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "apt install python3-tk" in done.stderr
