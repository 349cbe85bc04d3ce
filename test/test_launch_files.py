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

"""The launch files: their arguments are explained, and a launched simulated rig shines when armed and ends at Ctrl-C."""

import os
import signal
import sys
from pathlib import Path

import pytest
import yaml

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")
pytest.importorskip("launch", reason="needs ROS 2's launch, which is no wheel: source a ROS 2 installation")
pytest.importorskip("launch_ros", reason="needs ROS 2's launch_ros, which is no wheel: source a ROS 2 installation")

from ament_index_python.packages import PackageNotFoundError, get_package_prefix
from launch import LaunchContext
from launch.launch_description_sources import get_launch_description_from_python_launch_file
from processes import alive, children, programs
from std_srvs.srv import Trigger
from theylive_msgs import msg

from theylive_ros.launching.stack import typed_file
from theylive_ros.nodes import qos
from theylive_ros.nodes.compose import NODES

LAUNCH = Path(__file__).resolve().parent.parent / "launch"
COMMON = ["namespace", "params_file", "log_level", "respawn", "respawn_delay", "autostart"]
CHOICE = ["nodes", "composed"]
OWN = {
    "rig.launch.py": [*CHOICE, "camera", "source", "model", "device", "arm"],
    "sim.launch.py": [*CHOICE, "scenario", "model", "device", "arm"],
    "replay.launch.py": ["bag", "rate", "loop", "offset", "use_sim_time", *CHOICE, "model", "device"],
    "calibrate.launch.py": ["camera", "source", "model", "device", "scenario", "file", "picture", "columns", "rows", "wait"],
    "visualize.launch.py": ["visualizer", "rviz", "rqt", "use_sim_time"],
}
# Of the rest the default is empty: as the parameter file says.
DEFAULTS = {
    "log_level": "info",
    "composed": "false",
    "respawn": "true",
    "respawn_delay": "2.0",
    "arm": "false",
    "rate": "1.0",
    "loop": "false",
    "offset": "0.0",
    "picture": "calibration.png",
    "columns": "0",
    "rows": "0",
    "wait": "60",
    "visualizer": "true",
    "rviz": "true",
    "rqt": "true",
}
# What `ros2 launch` does, where ros2cli may not be.
LAUNCHER = """
import sys
from launch import LaunchDescription, LaunchService
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
file, *words = sys.argv[1:]
service = LaunchService()
given = [tuple(word.split(":=", 1)) for word in words]
service.include_launch_description(IncludeLaunchDescription(PythonLaunchDescriptionSource(file), launch_arguments=given))
sys.exit(service.run())
"""

# The same, and Ctrl-C comes to launch in the very moment in which it hears that the selector has ended.
STRUCK = (
    """
import logging, os, signal
import launch.logging
class Strike(logging.Handler):
    def emit(self, record):
        if "process has finished" in record.getMessage():
            os.kill(os.getpid(), signal.SIGINT)
logging.getLogger("selector-1").addHandler(Strike())
"""
    + LAUNCHER
)


@pytest.fixture
def start():
    try:
        get_package_prefix("theylive_ros")
    except PackageNotFoundError:
        pytest.skip("theylive_ros is not in the ament index: source the workspace it is installed in")
    with programs() as made:
        yield lambda file, *words, launcher=LAUNCHER: made(sys.executable, "-c", launcher, LAUNCH / file, *words)


def end(program):
    """Ctrl-C reaches every process of the terminal, and launch sends it once more."""
    os.killpg(program.process.pid, signal.SIGINT)
    code = program.end()
    assert "] Traceback" not in program.text, program.text  # a node's: launch itself may be interrupted anywhere
    return code


def arguments(file):
    return {a.name: a for a in get_launch_description_from_python_launch_file(str(LAUNCH / file)).get_launch_arguments()}


def test_every_launch_file_is_looked_at():
    assert {file.name for file in LAUNCH.iterdir() if file.is_file()} == set(OWN)


@pytest.mark.parametrize("file", OWN)
def test_every_argument_is_explained_and_none_overrides_the_parameter_file_by_itself(file):
    described = arguments(file)
    assert set(described) == {*COMMON, *OWN[file]}
    assert all(a.description for a in described.values())
    context = LaunchContext()
    given = {name: a.default_value for name, a in described.items() if a.default_value is not None}
    assert set(described) - set(given) <= {"bag"}  # there is no replay without one
    defaults = {name: "".join(part.perform(context) for part in value) for name, value in given.items()}
    config = defaults.pop("params_file")
    assert Path(config).is_file() or file == "calibrate.launch.py"
    assert set(defaults.pop("nodes", "camera").split(",")) <= set(NODES)
    assert defaults.pop("use_sim_time", "false") == str(file == "replay.launch.py").lower()
    assert defaults == {name: DEFAULTS.get(name, "") for name in defaults}


def test_an_argument_has_one_meaning_in_all_files():
    words = {}
    for file in OWN:
        for name, argument in arguments(file).items():
            words.setdefault(name, set()).add(argument.description)
    assert [name for name, meanings in words.items() if len(meanings) > 1] == ["scenario", "use_sim_time"]


@pytest.mark.parametrize(
    ("file", "typed", "says"),
    [
        ("sim", "params_file:=/none.yaml", "params_file: there is no file /none.yaml"),
        ("sim", "nodes:=selector,eye", "nodes: no node eye; there are: simulator,detector,selector,mirrors,calibrator,visualizer"),
        ("sim", "nodes:=,", "nodes: none given; there are: simulator,"),
        ("sim", "respawn_delay:=soon", "respawn_delay is 'soon'; it must be a number such as 2.0"),
        ("sim", "composed:=yes", 'Argument "composed" provided value "yes" is not valid'),
        ("rig", "camera:=nope", "no plugin 'nope' in group theylive_ros.cameras; installed: images, v4l2, video"),
        ("rig", "arm:=true nodes:=camera,detector", "arm:=true is for the machine that runs the mirrors; `nodes` leaves them out"),
        ("replay", "bag:=/none", "there is no /none: give the folder of a recording"),
        ("replay", "", "missing required argument 'bag'"),
    ],
)
def test_an_argument_that_cannot_be_is_told_before_anything_starts(start, file, typed, says):
    launched = start(f"{file}.launch.py", *typed.split())
    assert launched.end() == 1
    assert says in launched.text
    assert "process started" not in launched.text


@pytest.mark.parametrize(("camera", "moves"), [("images", "sim"), ("v4l2", None)])
def test_recorded_pictures_move_no_real_mirrors(camera, moves):
    context = LaunchContext()
    context.launch_configurations.update(camera=camera, source="/x", autostart="false", namespace="left")
    told = yaml.safe_load(Path(typed_file(context, ["camera", "mirrors"], {})).read_text())
    assert told["/**/mirrors"]["ros__parameters"].get("plugin") == moves
    assert told["/left/camera"]["ros__parameters"]["autostart"] is False
    assert told["/left/camera"] == told["/**/camera"]


def test_what_is_typed_wins_in_a_namespace_that_was_pushed_too():
    context = LaunchContext()
    context.launch_configurations.update(ros_namespace="hall", namespace="left", autostart="false")
    told = yaml.safe_load(Path(typed_file(context, ["camera"], {})).read_text())
    assert told["/hall/left/camera"]["ros__parameters"] == {"autostart": False}


def test_a_section_of_the_parameter_file_that_is_for_no_node_is_told(start, tmp_path):
    file = tmp_path / "my.yaml"
    file.write_text("/left:\n  selektor:\n    ros__parameters:\n      target_labels: [alien]\n")
    rig = start("sim.launch.py", f"params_file:={file}", "namespace:=left", "nodes:=selector")
    rig.says(f"{file}, line 2: /left/selektor is no node of this rig, so nothing below it is used; is selector meant?")
    rig.says("[left.selector]: active")
    assert end(rig) == 0


def test_ctrl_c_in_the_moment_in_which_a_process_ends_ends_the_launch(start):
    rig = start("sim.launch.py", "nodes:=selector", launcher=STRUCK)
    rig.says("[selector]: active")
    selector = rig.says("[selector-1]: process started with pid")
    os.kill(int(selector.split("[")[-1].rstrip("]")), signal.SIGINT)
    assert rig.end() == 0


def test_a_launched_rig_in_a_namespace_shines_when_armed_and_ends_at_ctrl_c(bench, start):
    laser = bench.hear(msg.LaserState, "/left/laser", qos.STATE)
    truth = bench.hear(msg.GroundTruth, "/left/ground_truth", qos.RESULT)
    rig = start("sim.launch.py", "namespace:=left", "scenario:=one_alien", "model:=")
    laser.wait(lambda heard: any(list(m.reasons) == ["not_armed"] for m in heard), 60)
    assert bench.call(Trigger, "/left/mirrors/arm", Trigger.Request()).success
    laser.next(lambda m: m.on, 30)
    truth.next(lambda t: t.lit_x, 30)
    assert end(rig) == 0
    assert rig.text.count("process has finished cleanly") == 6, rig.text
    assert not laser.messages[-1].on


def test_a_launched_rig_without_a_camera_waits_for_it(start):
    rig = start("rig.launch.py")
    for words in ("trying again", "[selector]: active", "[detector]: active", "[mirrors]: active"):
        rig.says(words)
    assert end(rig) == 0
    assert rig.text.count("process started") == 5
    assert "process has died" not in rig.text


def test_a_wrong_argument_is_told_in_one_line(start):
    rig = start("sim.launch.py", "scenario:=1")
    assert "no scenario '1'; there are: crowd, default" in rig.says("error: ")
    rig.says("simulator-1 is not started again: its parameters cannot be")
    for others in ("[selector]: active", "[detector]: active", "[visualizer]: active", "no controller listens on"):
        rig.says(others)
    end(rig)
    assert rig.text.count("process has finished cleanly") == 5, rig.text
    assert rig.text.count("error: ") == 1, rig.text


def test_all_nodes_in_one_process_are_armed_once_and_end_with_the_launch_even_where_it_is_killed(bench, start):
    laser = bench.hear(msg.LaserState, "/laser", qos.STATE)
    rig = start("sim.launch.py", "scenario:=one_alien", "composed:=true", "arm:=true")
    rig.says("[armer]: armed", 60)
    laser.next(lambda m: m.armed and m.on, 30)
    processes = children(rig.process.pid)
    os.kill(rig.process.pid, signal.SIGKILL)
    bench.until(lambda: not any(map(alive, processes)), 10)
    assert not laser.messages[-1].on


def test_a_node_that_ends_before_the_laser_was_armed_ends_the_attempt(start):
    rig = start("sim.launch.py", "nodes:=selector,mirrors", "arm:=true", "respawn:=false")
    for words in ("[selector]: active", "no controller listens on"):
        rig.says(words)
    selector = rig.says("[selector-1]: process started with pid")
    os.kill(int(selector.split("[")[-1].rstrip("]")), signal.SIGKILL)
    rig.says("not arming: selector-1 has ended")
    rig.says("[armer-3]: process has finished cleanly")
    end(rig)
    assert rig.text.count("[armer-3]: process started") == 1
