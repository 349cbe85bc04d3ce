"""The launch files: their arguments are explained, and a launched simulated rig shines when armed and ends at Ctrl-C."""

import os
import signal
import sys
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")
pytest.importorskip("launch", reason="needs ROS 2's launch, which is no wheel: source a ROS 2 installation")
pytest.importorskip("launch_ros", reason="needs ROS 2's launch_ros, which is no wheel: source a ROS 2 installation")

from ament_index_python.packages import PackageNotFoundError, get_package_prefix
from launch import LaunchContext
from launch.launch_description_sources import get_launch_description_from_python_launch_file
from processes import programs
from std_srvs.srv import Trigger
from theylive_msgs import msg

from theylive_ros.nodes import qos
from theylive_ros.nodes.compose import NODES

LAUNCH = Path(__file__).resolve().parent.parent / "launch"
ALL = ["namespace", "params_file", "log_level", "nodes", "composed", "respawn", "respawn_delay", "autostart"]
OWN = {
    "rig.launch.py": ["camera", "source", "model", "device", "arm"],
    "sim.launch.py": ["scenario", "model", "device", "arm"],
}
DEFAULTS = {"log_level": "info", "composed": "false", "respawn": "true", "respawn_delay": "2.0", "arm": "false"}
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


@pytest.fixture
def start():
    try:
        get_package_prefix("theylive_ros")
    except PackageNotFoundError:
        pytest.skip("theylive_ros is not in the ament index: source the workspace it is installed in")
    with programs() as made:
        yield lambda file, *words: made(sys.executable, "-c", LAUNCHER, LAUNCH / file, *words)


def end(program):
    """Ctrl-C reaches every process of the terminal, and launch sends it once more."""
    os.killpg(program.process.pid, signal.SIGINT)
    code = program.end()
    assert "Traceback" not in program.text, program.text
    return code


@pytest.mark.parametrize("file", OWN)
def test_every_argument_is_explained_and_none_overrides_the_parameter_file_by_itself(file):
    described = get_launch_description_from_python_launch_file(str(LAUNCH / file)).get_launch_arguments()
    assert [a.name for a in described] == ALL + OWN[file]
    context = LaunchContext()
    defaults = {a.name: "".join(part.perform(context) for part in a.default_value) for a in described}
    assert all(a.description for a in described)
    assert Path(defaults.pop("params_file")).name == file.replace(".launch.py", ".yaml")
    assert set(defaults.pop("nodes").split(",")) <= set(NODES)
    assert defaults == {name: DEFAULTS.get(name, "") for name in defaults}


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
