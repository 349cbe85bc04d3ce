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

"""The page docs/plugins.md is a whole package: what stands there is installed as it stands there, and the nodes run it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")

import yaml
from processes import programs
from std_srvs.srv import Trigger
from theylive_msgs import msg

from theylive_ros.mirrors.calibration import nominal
from theylive_ros.nodes import qos

PAGE = Path(__file__).parent.parent / "docs" / "plugins.md"
FILES = dict(re.findall(r"^```\w+\n# ([\w.]+)\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE))
THEYLIVE = (sys.executable, "-c", "from theylive_ros.cli import main; main()")


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    """A folder in which the page was followed: its files, and `installed`, a place on Python's path with what pip made of them."""
    folder = tmp_path_factory.mktemp("disc_rig")
    for name, text in FILES.items():
        (folder / name).write_text(text)
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "install", *options, "--target", str(folder / "installed"), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PIP_USER": "0"})
    assert done.returncode == 0, done.stderr
    return folder


def path_with(rig):
    return os.pathsep.join([str(rig / "installed"), os.environ.get("PYTHONPATH", "")])


def in_the_rig(rig, *command):
    return subprocess.run(command, cwd=rig, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": path_with(rig)})


def test_the_page_holds_every_file_that_its_package_names():
    named = re.findall(r'"(\w+)(?=[",])', re.search(r"py-modules = \[.*\]", FILES["pyproject.toml"])[0])
    assert sorted(FILES) == sorted(["pyproject.toml", "discs.yaml", *(f"{module}.py" for module in named)])
    assert len(named) == 4


def test_every_plugin_of_the_page_is_found_and_keeps_its_contract(rig):
    program = """
import inspect
from theylive_ros import plugins
from theylive_ros.camera.interface import Camera
from theylive_ros.detector.interface import Detector
from theylive_ros.targeting.interface import Selector
from theylive_ros.controller.lines.interface import Lines

kinds = [(plugins.CAMERAS, "discs", Camera), (plugins.DETECTORS, "colour", Detector),
         (plugins.SELECTORS, "lowest", Selector), (plugins.LINES, "ledger", Lines)]
for group, name, kind in kinds:
    print(isinstance(plugins.create(group, name), kind))
plugins.create(plugins.DETECTORS, "colour", least_area=50)
"""
    done = in_the_rig(rig, sys.executable, "-c", program)
    assert done.stdout.split() == ["True"] * 4, done.stderr


def test_its_lines_need_nothing_but_the_standard_library(rig):
    program = """
import sys
import ledger_lines
print(sorted({"numpy", "cv2", "rclpy", "yaml"} & set(sys.modules)))
"""
    done = in_the_rig(rig, sys.executable, "-c", program)
    assert done.stdout.strip() == "[]", done.stderr


def test_its_detector_finds_what_its_camera_draws_from_the_command_line(rig):
    program = """
import cv2
from theylive_ros import plugins
camera = plugins.create(plugins.CAMERAS, "discs", swing=0.0)
camera.open()
cv2.imwrite("picture.png", camera.read().image)
camera.close()
"""
    drawn = in_the_rig(rig, sys.executable, "-c", program)
    assert drawn.returncode == 0, drawn.stderr
    done = in_the_rig(rig, *THEYLIVE, "detect", "--detector", "colour", "--json", "picture.png")
    (heads,) = [yaml.safe_load(line)["detections"] for line in done.stdout.splitlines()]
    found = {head["label"]: (head["x"], head["y"]) for head in heads}
    assert found == {"alien": pytest.approx((120.5, 90.5), abs=1), "john": pytest.approx((270.5, 190.5), abs=1)}


def test_a_value_out_of_a_plugins_range_is_refused_by_name(rig):
    words = ["--params-file", "discs.yaml", "--nodes", "camera", "--ros-args", "-p", "camera:camera.swing:=1000.0"]
    done = in_the_rig(rig, *THEYLIVE, "run", *words)
    assert done.returncode != 0
    assert "camera.swing" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_four_together_put_the_light_on_the_green_disc(rig, bench, monkeypatch):
    monkeypatch.chdir(rig)
    targets = bench.hear(msg.Target, "/target", qos.RESULT)
    laser = bench.hear(msg.LaserState, "/laser", qos.STATE)
    with programs() as start:
        words = ["--params-file", "discs.yaml", "--nodes", "camera,detector,selector,mirrors"]
        program = start(*THEYLIVE, "run", *words, PYTHONPATH=path_with(rig))
        targets.wait(lambda heard: any(t.has_target for t in heard), 40)
        bench.until(lambda: bench.call(Trigger, "/mirrors/reference", Trigger.Request()).success)
        bench.until(lambda: bench.call(Trigger, "/mirrors/arm", Trigger.Request()).success)
        laser.wait(lambda heard: any(state.on for state in heard), 40)
        program.ask_to_end(signal.SIGINT)
        assert program.end() == 0, program.text
    assert "Traceback" not in program.text, program.text
    places, place = [], [0, 0]
    for line in (rig / "ledger.csv").read_text().splitlines():
        _, what, value = line.split(",")
        if what == "light" and value == "1":
            places.append(nominal().steps_to_pixel(*place))
        elif what in "xy":
            place["xy".index(what)] += int(value)
    assert places
    assert all(60 < x < 180 and y == pytest.approx(90.5, abs=5) for x, y in places), places
    assert line.endswith("light,0")
