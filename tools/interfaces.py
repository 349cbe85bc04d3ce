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

"""Builds a ROS interface package (.msg, .srv, .action) into a virtual environment that holds ROS 2 wheels, or beside a sourced ROS 2."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path


def build(package: Path, venv: Path, *, wheels: bool, run: Callable[..., None]) -> None:
    """Build and install one package, and remove what an earlier version of it had installed.

    wheels: ROS 2 is in the environment itself. run: called as run(command, extra_environment); raises where the command fails.
    """
    manifest = venv / f"{package.name}.files"
    with tempfile.TemporaryDirectory(prefix="theylive-") as folder:
        # CMake, make and the generators never see the clone's own path, which may hold spaces and quotes.
        work = Path(folder)
        prefix = work / "venv"
        prefix.symlink_to(venv)
        source = Path(shutil.copytree(package, work / package.name))
        fix = shutil.copy(Path(__file__).with_name("wheels.cmake"), work)
        own = prefix / "bin" / "cmake"
        cmake = str(own if own.exists() else shutil.which("cmake") or "cmake")
        python = prefix / "bin" / "python"
        options = {
            "CMAKE_BUILD_TYPE": "Release",
            "BUILD_TESTING": "OFF",
            "CMAKE_INSTALL_PREFIX": prefix,
            "Python3_EXECUTABLE": python,
            "PYTHON_EXECUTABLE": python,
            # Debian's own Python would choose dist-packages.
            "PYTHON_INSTALL_DIR": f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages",
        }
        environment = {"PATH": os.pathsep.join([str(prefix / "bin"), os.environ.get("PATH", os.defpath)])}
        if wheels:
            options |= {"CMAKE_PREFIX_PATH": prefix, "CMAKE_PROJECT_INCLUDE": fix}
            environment |= {"AMENT_PREFIX_PATH": str(prefix)}  # the type supports are found through the ament index
        given = [f"-D{name}={value}" for name, value in options.items()]
        run([cmake, "-S", str(source), "-B", str(work / "build"), *given, "-Wno-dev"], environment)
        run([cmake, "--build", str(work / "build"), "--parallel", str(os.cpu_count() or 1)], environment)
        _remove(manifest, venv)
        run([cmake, "--install", str(work / "build")], environment)
        lines = (work / "build" / "install_manifest.txt").read_text().splitlines()
        installed = [Path(line).relative_to(prefix) for line in lines]
        manifest.write_text("".join(f"{path}\n" for path in installed))
        _forget(str(prefix), venv, installed)


def _remove(manifest: Path, venv: Path) -> None:
    if manifest.is_file():
        for line in manifest.read_text().splitlines():
            (venv / line).unlink(missing_ok=True)


def _forget(prefix: str, venv: Path, installed: list[Path]) -> None:
    """Put the environment's true place where the passing one has been written down."""
    for path in installed:
        if path.suffix in (".sh", ".cmake") and prefix in (text := (venv / path).read_text()):
            (venv / path).write_text(text.replace(prefix, str(venv)))
    for folder in {path.parent for path in installed if path.suffix == ".py"}:
        shutil.rmtree(venv / folder / "__pycache__", ignore_errors=True)
