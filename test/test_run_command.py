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

"""`theylive run`: the whole stack in one process or in several, and a command line that cannot be is told in one line."""

import argparse
import dataclasses
import signal
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")

import yaml
from diagnostic_msgs.msg import DiagnosticArray
from processes import programs
from theylive_msgs import msg

from theylive_ros import cli, plugins
from theylive_ros.commands import run
from theylive_ros.nodes import qos
from theylive_ros.nodes.ros_arguments import ros_arguments
from theylive_ros.nodes.said import SaidError

THEYLIVE = (sys.executable, "-c", "from theylive_ros.cli import main; main()")


@pytest.fixture
def start():
    with programs() as made:
        yield lambda *words: made(*THEYLIVE, *words)


def parsed(*words):
    parser = argparse.ArgumentParser()
    run.add_arguments(parser)
    return parser.parse_args(words)


def said(*words):
    """What the command line tells each node, read from the file that ROS is given."""
    with ros_arguments(Path("rig.yaml"), run.said_by(parsed(*words))) as arguments:
        assert arguments[:4] == ["--ros-args", "--params-file", "rig.yaml", "--params-file"]
        tree = yaml.safe_load(Path(arguments[4]).read_text())
    return {name.rpartition("/")[2]: values["ros__parameters"] for name, values in tree.items()}


def lit_heads(truth):
    """Labels of the heads on which the light of a moment fell."""
    places = list(zip(truth.lit_x, truth.lit_y, strict=True))
    return {h.label for h in truth.heads for x, y in places if abs(x - h.x) < h.width / 2 and abs(y - h.y) < h.height / 2}


def reports_frames(message, node):
    return any(s.name.endswith(node) and any(v.key == "frames" for v in s.values) for s in message.status)


@pytest.mark.parametrize("how", [[], ["--processes", "--namespace", "left"]], ids=["one process", "processes"])
def test_armed_on_a_simulated_rig_it_lights_the_alien_and_leaves_at_ctrl_c(bench, start, how):
    ear = bench.hear(msg.GroundTruth, "/left/ground_truth" if how else "/ground_truth", qos.RESULT)
    health = bench.hear(DiagnosticArray, "/diagnostics", qos.DIAGNOSTICS)
    program = start("run", "--sim", "one_alien", "--arm", *how)
    ear.wait(lambda heard: any(lit_heads(t) == {"alien"} for t in heard), 60)
    # What processes have done is known once they have said so. The program may meet a node later than this ear does: three times will do.
    for node in ("simulator", "selector"):
        health.wait(lambda heard, node=node: sum(reports_frames(m, node) for m in heard) >= 3)
    program.ask_to_end(signal.SIGINT)
    assert program.end() == 0, program.text
    assert "Traceback" not in program.text, program.text
    (summary,) = [line for line in program.lines if line.startswith("theylive run: ")]
    for words in ("simulator ", "with a target", "capture to target "):
        assert words in summary


@pytest.mark.parametrize("how", [[], ["--processes"]], ids=["one process", "processes"])
def test_after_the_last_picture_it_ends_by_itself(start, tmp_path, how):
    for n in range(40):
        cv2.imwrite(str(tmp_path / f"{n}.jpg"), np.full((240, 320, 3), 5 * n, np.uint8))
    once = ["--ros-args", "-p", "camera:camera.loop:=false", "-p", "diagnostics_period:=0.2"]
    program = start("run", "--camera", "images", "--source", str(tmp_path), "--nodes", "camera", *how, *once)
    assert program.end() == 0, program.text
    assert "theylive run: camera 40 frames" in program.text


def test_after_the_given_time_it_ends_by_itself_and_quiet_says_nothing(start):
    program = start("run", "--nodes", "selector", "--seconds", "0.5", "--quiet", "--ros-args", "--log-level", "warn")
    assert program.end() == 0
    assert program.text == ""


def test_a_node_that_cannot_be_ends_the_others_and_says_which(start):
    program = start("run", "--nodes", "selector,mirrors", "--processes", "--ros-args", "-p", "mirrors:tick_rate:=1.0")
    assert program.end() == 2
    assert "error: mirrors: tick_rate is 1.0; it must be float from 50.0 to 1000.0 Hz" in program.text
    assert "theylive run: node mirrors ended with status 2" in program.text


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--nodes", "camera,eye"], "no node eye; there are: camera, simulator, detector,"),
        (["--sim", "--source", "x"], "--source is for a camera"),
        (["--params-file", "/none.yaml"], "no parameter file /none.yaml"),
        (["--camera", "nope", "--source", "x"], "no plugin 'nope' in group theylive_ros.cameras; installed: images, v4l2, video"),
        (["--camera", "nope"], "no plugin 'nope' in group theylive_ros.cameras; installed: images, v4l2, video"),
        (["--sim", "nope"], "no scenario 'nope'; there are: crowd, default"),
        (["--sim", "--ros-args", "-p", "nonsense"], "ROS cannot start with these arguments: "),
        (["--sim", "--ros-args", "-p", "selector:no_such:=1"], "no parameter no_such; this node has: "),
    ],
)
def test_what_cannot_be_is_one_line_and_status_2(capsys, words, says):
    assert cli._main(["run", *words]) == 2
    err = [line for line in capsys.readouterr().err.splitlines() if line.startswith("theylive run: ")]
    assert len(err) == 1
    assert says in err[0]


def test_a_section_of_the_parameter_file_that_is_for_no_node_is_told_even_where_all_else_is_quiet(start, tmp_path):
    file = tmp_path / "my.yaml"
    file.write_text("/**/selektor:\n  ros__parameters:\n    target_labels: [alien]\n")
    program = start("run", "--nodes", "selector", "--params-file", file, "--seconds", "0.1", "--quiet", "--ros-args", "--log-level", "warn")
    assert program.end() == 0
    (line,) = program.lines
    assert line.startswith(
        f"theylive run: {file}, line 1: /**/selektor is no node of this rig, so nothing below it is used; is selector meant?"
    )


@pytest.mark.parametrize(
    ("words", "namespace"), [([], ""), (["--namespace", "left"], "left"), (["--ros-args", "-p", "x:=1", "-r", "__ns:=/left"], "/left")]
)
def test_the_namespace_is_known_whoever_says_it(words, namespace):
    assert run.namespace(parsed(*words)) == namespace


@pytest.mark.parametrize(("camera", "setting"), [("images", "camera.path"), ("video", "camera.path"), ("v4l2", "camera.device")])
def test_the_source_is_given_to_the_setting_that_the_plugin_opens(camera, setting):
    assert said("--camera", camera, "--source", "1")["camera"] == {"plugin": camera, setting: "1"}


def test_recorded_pictures_move_no_real_mirrors():
    assert said("--camera", "video")["mirrors"]["plugin"] == "sim"
    assert "mirrors" not in said("--camera", "v4l2")


def test_without_a_plugin_the_source_is_for_the_rigs_camera():
    assert said("--source", "/dev/video2")["camera"] == {"plugin": "v4l2", "camera.device": "/dev/video2"}


def test_a_plugin_that_opens_nothing_by_name_says_what_to_do(monkeypatch):
    class Plugin:
        Config = dataclasses.make_dataclass("Config", ["port"])

    monkeypatch.setattr(plugins, "load", lambda group, name: Plugin)
    with pytest.raises(SaidError, match=r"camera odd has none of the settings path, device, .*: give its own as --ros-args -p"):
        run.said_by(parsed("--camera", "odd", "--source", "x"))


def test_what_is_not_given_is_left_to_the_parameter_file():
    assert said() == {}
    assert said("--sim", "crowd", "--model", "m.tflite", "--device", "cpu") == {
        "simulator": {"scenario": "crowd"},
        "detector": {"detector.model": "m.tflite", "detector.device": "cpu"},
    }
