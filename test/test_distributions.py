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

"""Every ROS 2 distribution that is served: its pins, what rosdep finds, and what a node may not rely on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parent.parent
PINS = sorted((ROOT / "requirements").glob("ros-*.txt"))
MANIFESTS = [ROOT / "package.xml", ROOT / "msg" / "theylive_msgs" / "package.xml", ROOT / "training" / "package.xml"]
OURS = {"theylive_ros", "theylive_msgs", "theylive_training"}
# As they stand in rosdistro: packages that Humble, Jazzy, Kilted and Lyrical have released, and keys with a Debian and an Ubuntu package.
RELEASED = (
    "action_msgs ament_cmake ament_copyright ament_flake8 ament_index_python ament_pep257 ament_xmllint builtin_interfaces cv_bridge "
    "diagnostic_msgs geometry_msgs launch launch_pytest launch_ros launch_testing launch_testing_ros lifecycle_msgs rcl_interfaces rclpy "
    "robot_state_publisher ros2launch rosbag2 rosbag2_storage_mcap rosgraph_msgs rosidl_default_generators rosidl_default_runtime "
    "rqt_gui rqt_image_view rqt_robot_monitor rviz2 sensor_msgs std_msgs std_srvs tf2_msgs tf2_ros vision_msgs visualization_msgs"
)
SYSTEM = (
    "python3-hypothesis python3-libgpiod python3-numpy python3-opencv python3-pytest python3-pytest-timeout python3-serial python3-yaml"
)


def pinned(path):
    """Name to version of every requirement in a file; a line that is no pin fails."""
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith(("#", "--"))]
    assert all(line.count("==") == 1 for line in lines), f"{path.name} holds what is not pinned"
    return dict(line.split("==") for line in lines)


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda p: p.parent.name)
def test_rosdep_finds_every_dependency_on_every_distribution(manifest):
    depends = {e.text for e in ElementTree.parse(manifest).getroot() if e.tag.endswith("depend")}
    unknown = depends - {*RELEASED.split(), *SYSTEM.split()} - OURS
    assert not unknown, f"look up in rosdistro: {sorted(unknown)}"


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda p: p.parent.name)
def test_a_manifest_is_valid_and_names_its_licence(manifest):
    package = pytest.importorskip("catkin_pkg.package", reason="needs catkin_pkg, as it comes with ROS")
    warnings: list[str] = []
    parsed = package.parse_package(str(manifest.parent), warnings=warnings)
    parsed.validate(warnings=warnings)
    assert not warnings
    assert [str(licence) for licence in parsed.licenses] == ["Apache-2.0"]


@pytest.mark.parametrize("path", PINS, ids=lambda p: p.stem)
def test_every_wheel_of_a_distribution_is_pinned(path):
    distro = path.stem.removeprefix("ros-")
    pins = pinned(path)
    for other in {p.stem.removeprefix("ros-") for p in PINS} - {distro}:
        assert not any(name.startswith(f"ros-{other}-") for name in pins), f"{path.name} mixes in {other}"
    for name, version in pins.items():  # ros-jazzy-rclpy is but a name for ros-rclpy of that version
        if name.startswith(f"ros-{distro}-"):
            plain = name.replace(f"ros-{distro}-", "ros-").removesuffix("[fastrtps]")
            assert pins[plain] == version


def test_the_distributions_bring_the_same_interfaces():
    offered = [{name.replace(path.stem, "ros") for name in pinned(path) if name.startswith(f"{path.stem}-")} for path in PINS]
    assert len(PINS) == 2
    assert offered[0] == offered[1]


def test_a_change_is_tested_on_every_distribution_with_wheels():
    ci = (ROOT / ".ci" / "run").read_text()
    for path in PINS:
        distro = path.stem.removeprefix("ros-")
        assert "make test\n" in ci if distro == "jazzy" else f"make test ROS={distro}" in ci


def test_another_ros_than_those_with_wheels_or_than_the_sourced_one_is_refused_in_one_line(tmp_path):
    done = subprocess.run(["make", "-s", "-C", str(ROOT), "setup", "ROS=foxy"], capture_output=True, text=True)
    assert done.returncode
    assert "ROS=foxy: wheels are pinned for jazzy and kilted; for any other ROS 2, source it" in done.stderr
    (tmp_path / "rclpy").mkdir()
    (tmp_path / "rclpy" / "__init__.py").touch()
    environment = {"PATH": "/usr/bin:/bin", "ROS_DISTRO": "humble", "PYTHONPATH": str(tmp_path)}
    python = getattr(sys, "_base_executable", sys.executable)
    command = [python, str(ROOT / "tools" / "setup_clone.py"), "--ros", "kilted"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 1
    assert done.stderr.startswith("setup: ROS=kilted in a shell that has sourced humble: ")


def test_a_node_that_cannot_be_is_left_alone_when_its_context_ends(bench):
    """Kilted destroys every node of a context that ends, also one whose `__init__` has raised."""
    from theylive_ros.nodes.mirrors import MirrorsNode
    from theylive_ros.nodes.parameters import ConfigurationError

    made = []

    class Half(MirrorsNode):
        def __init__(self, **options):
            made.append(self)
            super().__init__(**options)

    with pytest.raises(ConfigurationError):
        bench.add(Half, "-p", "lines:=nope")
    made[0].destroy_node()
