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

"""Each node alone, by its executable: it starts, says what is wrong in one line, and leaves in order."""

import os
import signal
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")

from processes import alive, children, executable, programs

ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / "config"
# What is said once the node does what it can on a machine without a camera.
STARTED = {
    "camera": "trying again",
    "detector": "active",
    "selector": "active",
    "mirrors": "active",
    "calibrator": "active",
    "simulator": "active",
    "visualizer": "active",
}


@pytest.fixture
def start():
    with programs() as made:
        yield made


def arguments(node):
    file = "sim.yaml" if node == "simulator" else "rig.yaml"
    own = {"camera": ["-p", "camera.device:=/dev/no-such-video"], "mirrors": ["-p", "plugin:=sim", "-p", "calibration:=''"]}.get(node, [])
    return ["--ros-args", "--params-file", CONFIG / file, *own]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_every_node_starts_alone_from_the_shipped_parameters_and_leaves_in_order(start, number):
    nodes = {node: start(*executable(node), *arguments(node)) for node in STARTED}
    for node, program in nodes.items():
        program.says(STARTED[node])
    controllers = children(nodes["mirrors"].process.pid)
    assert controllers, "the mirrors have no controller"
    for program in nodes.values():
        program.ask_to_end(number)
    for node, program in nodes.items():
        assert program.end() == 0, f"{node}:\n{program.text}"
        assert "Traceback" not in program.text, program.text
    assert not any(map(alive, controllers)), "the controller has outlived the mirrors"


def test_a_camera_that_is_not_there_is_told_once_with_the_cure(start):
    camera = start(*executable("camera"), *arguments("camera"))
    assert "there is no camera at /dev/no-such-video: plug it in" in camera.says("trying again")
    camera.ask_to_end(signal.SIGINT)
    assert camera.end() == 0
    assert len(camera.lines) == 1, camera.text


def test_the_robots_mirrors_say_what_they_miss_and_go_on(start):
    mirrors = start(*executable("mirrors"), "--ros-args", "--params-file", CONFIG / "rig.yaml")
    mirrors.says("step_x_line and step_y_line not set: give the GPIO lines")
    mirrors.says("not calibrated")
    mirrors.ask_to_end(signal.SIGINT)
    assert mirrors.end() == 0
    assert "Traceback" not in mirrors.text


def test_what_cannot_be_is_one_line_and_status_2(start, tmp_path):
    rubbish = tmp_path / "rubbish.yaml"
    rubbish.write_text("rubbish: [\n")
    wrong = {
        ("selector", "-p", "plugin:=nope"): "no plugin 'nope' in group theylive_ros.selectors; installed: ",
        ("selector", "-p", "no_such:=1"): "no parameter no_such; this node has: ",
        ("detector", "-p", "detector.score_threshold:=1.5"): "detector.score_threshold is 1.5; it must be float from 0",
        ("mirrors", "-p", "gate.guard_radius:=far"): "gate.guard_radius is 'far'; it must be float from 0.0 to 1.0 m",
        ("simulator", "-p", "scenario:=nope"): "no scenario 'nope'; there are: crowd, default",
        ("visualizer", "--params-file", rubbish): "ROS cannot start with these arguments: ",
        ("camera", "--params-file", tmp_path / "none.yaml"): "none.yaml",
        ("camera", "--no-such-flag"): "--no-such-flag",
    }
    running = {words: start(*executable(node), "--ros-args", *rest) for (node, *rest), words in wrong.items()}
    for words, program in running.items():
        assert program.end() == 2, program.text
        said = [line for line in program.lines if "[rcl]" not in line]  # rcl has its own word on files that it cannot read
        assert len(said) == 1, program.text
        assert said[0].startswith("error: ")
        assert words in said[0]


def test_mirrors_that_are_killed_leave_no_controller_behind(start):
    mirrors = start(*executable("mirrors"), *arguments("mirrors"))
    mirrors.says("active")
    controllers = children(mirrors.process.pid)
    os.kill(mirrors.process.pid, signal.SIGKILL)
    assert mirrors.end() == -signal.SIGKILL  # end() also waits until nobody holds its output: the controller has ended
    assert not any(map(alive, controllers))
