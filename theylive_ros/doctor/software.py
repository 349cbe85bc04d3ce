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

"""Checks of Python, ROS, the packages, the plugins and the models."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from theylive_ros import plugins
from theylive_ros.doctor.child import ask
from theylive_ros.doctor.finding import Finding, lacking, missing, split_cure, well

Ask = Callable[[str], tuple[bool, str]]

_OLDEST, _NEWEST = (3, 10), (3, 13)
_VERSION = """
import {module} as m
from importlib import metadata
try:
    print(metadata.version("{distribution}"))
except metadata.PackageNotFoundError:
    print(getattr(m, "__version__", "version unknown"))
"""
_PLUGINS = """
import json
from theylive_ros import plugins
print(json.dumps([[str(error) for error in plugins.load_all(group)[1].values()] for group in {groups}]))
"""
_TFLITE = """
from theylive_ros.detector import tflite
from theylive_ros.detector.interface import DetectorError
try:
    print(tflite.find_runtime())
except DetectorError as error:
    raise SystemExit(str(error))
"""
_MODELS = """
import json
from pathlib import Path
from theylive_ros.detector import manifest
from theylive_ros.detector.interface import DetectorError
answers = []
for name in {paths}:
    try:
        found = manifest.load(Path(name))
        answers.append([True, f"{{found.architecture}}, {{', '.join(found.labels)}}"])
    except DetectorError as error:
        answers.append([False, str(error)])
print(json.dumps(answers))
"""
_RECORDINGS = """
import rosbags, mcap
from importlib.metadata import version
print("rosbags", version("rosbags") + ", mcap", version("mcap"))
"""
# name, module, distribution, cure
_PACKAGES = (
    ("theylive_msgs", "theylive_msgs.msg", "theylive-msgs", "`make setup`, or `colcon build` and source install/setup.bash"),
    ("NumPy", "numpy", "numpy", "apt install python3-numpy, or pip install numpy"),
    ("OpenCV", "cv2", "opencv-python-headless", "apt install python3-opencv, or pip install opencv-python-headless"),
    ("PyYAML", "yaml", "PyYAML", "apt install python3-yaml, or pip install PyYAML"),
    ("lapx", "lap", "lapx", "pip install lapx"),
)
_SET_UP = "`make setup` in the clone, or install ROS 2 from apt and `source /opt/ros/<distro>/setup.bash`"


def check_software(models: Path, ask: Ask = ask) -> list[Finding]:
    """All of them, in the order of a report. models: the folder of the shipped models; ask: runs Python elsewhere (`child.ask`)."""
    checks: list[Callable[[], list[Finding]]] = [
        lambda: [check_python(sys.version_info[:3])],
        lambda: [_check_rclpy(ask)],
        *(lambda package=package: [_check_package(ask, *package)] for package in _PACKAGES),
        lambda: [_check_tflite(ask)],
        lambda: [_check_plugins(ask)],
        lambda: check_models(models, ask),
        lambda: [_check_cv_bridge(ask)],
        lambda: [_check_launch(ask)],
        lambda: [_check_recordings(ask)],
    ]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return [finding for found in pool.map(lambda check: check(), checks) for finding in found]


def check_python(version: tuple[int, int, int]) -> Finding:
    """Whether this Python will do."""
    said = ".".join(map(str, version))
    if _OLDEST <= version[:2] <= _NEWEST:
        return well("Python", said)
    if version[:2] > _NEWEST:
        return lacking("Python", f"{said} was never tried", "use Python 3.10 to 3.13: `make setup PYTHON=python3.12`")
    return missing("Python", f"{said} is too old", "use Python 3.10 to 3.13: `make setup PYTHON=python3.12`")


def check_models(folder: Path, ask: Ask = ask) -> list[Finding]:
    """Whether there are models, each with a manifest that fits it."""
    paths = sorted(folder.glob("*.tflite"))
    if not paths:
        return [missing("models", f"{folder} holds none", "install the package anew, or copy a .tflite file and its manifest there")]
    done, said = ask(_MODELS.format(paths=[str(p) for p in paths]))
    if not done:
        return [missing("models", f"cannot be looked at: {said}", "mend what is wrong above")]
    findings = []
    for path, (good, words) in zip(paths, json.loads(said), strict=True):
        detail, _, cure = words.partition(": ")
        findings.append(
            well("model", f"{path.name}: {words}") if good else missing("model", detail, cure or f"copy {path.name} and its manifest again")
        )
    return findings


def _check_package(ask: Ask, name: str, module: str, distribution: str, cure: str) -> Finding:
    good, said = ask(_VERSION.format(module=module, distribution=distribution))
    return well(name, said) if good else missing(name, said, cure)


def _check_rclpy(ask: Ask) -> Finding:
    good, said = ask(_VERSION.format(module="rclpy", distribution="rclpy"))
    distro = os.environ.get("ROS_DISTRO", "")
    if good:
        return well("ROS 2", f"rclpy {said}" + (f", {distro}" if distro else ", from wheels"))
    if distro and "No module named 'rclpy'" not in said:
        return missing("ROS 2", said, f"use the Python that ROS {distro} was built for (this is {sys.version.split()[0]})")
    return missing("ROS 2", said, _SET_UP)


def _check_tflite(ask: Ask) -> Finding:
    good, said = ask(_TFLITE)
    return well("TFLite", said) if good else missing("TFLite", *split_cure(said, "mend what fails above"))


def _check_plugins(ask: Ask) -> Finding:
    groups = [plugins.CAMERAS, plugins.DETECTORS, plugins.SELECTORS, plugins.LINES]
    good, said = ask(_PLUGINS.format(groups=groups))
    bad = [error for errors in json.loads(said) for error in errors] if good else [said]
    count = sum(len(plugins.names(group)) for group in groups)
    if bad:
        return lacking("plugins", "; ".join(bad), "mend, or uninstall, the package that each comes from; the others work")
    if not count:
        return missing("plugins", "none is registered", "install the package anew: `pip install .` or `colcon build`")
    return well("plugins", f"{count} load")


def _check_cv_bridge(ask: Ask) -> Finding:
    good, said = ask("import cv_bridge; print('there')")
    if good:
        return well("cv_bridge", said)
    if "No module named 'cv_bridge'" in said:
        cure = "only image encodings beyond bgr8, rgb8, mono8 and JPEG need it: apt install ros-$ROS_DISTRO-cv-bridge"
        return lacking("cv_bridge", "not installed", cure)
    return lacking("cv_bridge", said, "apt's cv_bridge wants apt's NumPy: pip uninstall numpy")


def _check_launch(ask: Ask) -> Finding:
    good, said = ask("import launch_ros; print('there')")
    if good:
        return well("ros2 launch", said)
    if "No module named" in said:
        said = "not installed"
    return lacking("ros2 launch", said, "`theylive run` does without; apt install ros-$ROS_DISTRO-launch-ros")


def _check_recordings(ask: Ask) -> Finding:
    good, said = ask(_RECORDINGS)
    cure = "record, replay, info and the node player need them: pip install 'rosbags<0.12' 'mcap>=1.6,<2'"
    return well("recordings", said) if good else lacking("recordings", said, cure)
