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

"""What a machine must have before anything is downloaded. Every line names what is missing and the command that mends it."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import sys
import sysconfig
from pathlib import Path

WHEELS_PYTHON = ((3, 10), (3, 13))
TRAINING_PYTHON = ((3, 10), (3, 12))
_ROS_FROM_APT = (
    "install ROS 2 with apt (https://docs.ros.org/en/jazzy/Installation.html), source /opt/ros/<distro>/setup.bash, then run make again"
)


def sourced_ros() -> str | None:
    """The folder of the rclpy of a sourced ROS 2 that this Python can import, None where there is none."""
    if not os.environ.get("ROS_DISTRO"):
        return None
    spec = importlib.util.find_spec("rclpy")
    return str(Path(spec.origin).parent) if spec and spec.origin else None


def problems(venv: Path, *, wheels: bool, training: bool, gigabytes: float) -> list[str]:
    """One line for each thing that the machine lacks; empty when the environment can be made.

    wheels: ROS 2 is to come from wheels. training: the PC's training environment, which compiles nothing. gigabytes: disk space needed.
    """
    lines = [*_platform(wheels or training, training), *_python(compiles=not training)]
    if not training:
        lines += _tools()
    if set(str(venv)) & set(':;"$`\\\n'):
        lines.append(
            f"the folder's name {str(venv.parent)!r} holds one of : ; \" $ ` \\, which shells and CMake take apart: move the clone"
        )
    free = shutil.disk_usage(venv.parent).free / 1e9
    if free < gigabytes:
        lines.append(f"{gigabytes:g} GB are needed in {venv.parent}, {free:.1f} GB are free: make room or clone elsewhere")
    return lines


def _platform(wheels: bool, training: bool) -> list[str]:
    if not sys.platform.startswith("linux"):
        return [f"{platform.system()} is not supported: use Linux (Debian, Ubuntu; on this machine in Docker, WSL or a virtual machine)"]
    if not wheels:
        return []
    if training:
        if platform.machine() != "x86_64":
            return [f"training runs on x86_64 PCs, this is {platform.machine()}: run make test-training there"]
    elif platform.machine() != "x86_64":
        return [f"there are no ROS 2 wheels for {platform.machine()}: {_ROS_FROM_APT}"]
    libc = _glibc()
    if libc is None:
        return [f"the wheels need glibc, this system has another C library: use Debian or Ubuntu, or {_ROS_FROM_APT}"]
    if libc < (2, 28):
        return [f"the wheels need glibc 2.28 or newer, this system has {libc[0]}.{libc[1]}: use Debian 11, Ubuntu 20.04 or newer"]
    lowest, highest = TRAINING_PYTHON if training else WHEELS_PYTHON
    if not lowest <= sys.version_info[:2] <= highest or sys.implementation.name != "cpython":
        what = "the training packages" if training else "ROS 2 wheels"
        other = _other_python(lowest, highest)
        cure = f"PYTHON={other} make ..." if other else f"install one of them, then PYTHON=python{highest[0]}.{highest[1]} make ..."
        there = f"{platform.python_implementation()} {sys.version_info[0]}.{sys.version_info[1]}"
        return [f"{what} exist for CPython {lowest[0]}.{lowest[1]} to {highest[0]}.{highest[1]}, {sys.executable} is {there}: {cure}"]
    return []


def _glibc() -> tuple[int, int] | None:
    try:
        name, version = os.confstr("CS_GNU_LIBC_VERSION").split()  # type: ignore[union-attr]
        major, minor = version.split(".")[:2]
        return (int(major), int(minor)) if name == "glibc" else None
    except (AttributeError, OSError, ValueError):
        return None


def _other_python(lowest: tuple[int, int], highest: tuple[int, int]) -> str | None:
    versions = [f"python{lowest[0]}.{minor}" for minor in range(highest[1], lowest[1] - 1, -1)]
    return next((v for v in versions if shutil.which(v)), None)


def _python(compiles: bool) -> list[str]:
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    lines = []
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        lines.append(f"Python's venv is missing: {_apt(f'python{version}-venv')}")
    if compiles and not Path(sysconfig.get_path("include"), "Python.h").is_file():
        lines.append(f"Python's headers are missing (Python.h): {_apt(f'python{version}-dev')}")
    return lines


def _tools() -> list[str]:
    lines = []
    if not shutil.which(os.environ.get("CC", "").split(" ")[0] or "cc") and not shutil.which("gcc"):
        lines.append(f"a C compiler is missing (gcc): {_apt('build-essential')}")
    if not shutil.which(os.environ.get("CXX", "").split(" ")[0] or "c++") and not shutil.which("g++"):
        lines.append(f"a C++ compiler is missing (g++): {_apt('build-essential')}")
    if not shutil.which("make") and not os.environ.get("CMAKE_GENERATOR"):
        lines.append(f"make is missing: {_apt('make')}")
    return lines


def _apt(package: str) -> str:
    if shutil.which("apt-get"):
        return f"sudo apt install {package}"
    return f"install what Debian calls {package} with this system's package manager"
