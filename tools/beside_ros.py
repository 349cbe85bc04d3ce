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

"""How the clone's environment stands beside a sourced ROS 2: which of apt's packages are kept, and which workspace would hide the clone."""

from __future__ import annotations

import contextlib
import importlib.util
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def shadows(root: Path) -> list[str]:
    """Packages of this clone that the sourced workspace has too, and would put before the clone's own."""
    specs = {name: importlib.util.find_spec(name) for name in ("theylive_ros", "theylive_msgs")}
    return [
        f"the sourced workspace has {name} already ({spec.origin}), which would hide this clone's: use it with colcon and ros2, or a shell "
        "that sources ROS alone"
        for name, spec in specs.items()
        if spec and root not in Path(spec.origin or "/").parents
    ]


def packages(needs: Path) -> tuple[list[str], list[str]]:
    """What pip must add to a sourced ROS, and the versions of apt's packages to be left as they are (cv_bridge wants its NumPy).

    needs: the file of requirements with the pins for packages that the system lacks.
    """
    pinned = dict(line.split("==") for line in needs.read_text().split() if "==" in line)
    modules = {"numpy": "numpy", "opencv-python-headless": "cv2", "PyYAML": "yaml"}
    kept: list[str] = []
    wanted = ["lapx", "ai-edge-litert"]
    for name, module in modules.items():
        if importlib.util.find_spec(module) is None:
            wanted.append(f"{name}=={pinned[name]}")
            continue
        with contextlib.suppress(PackageNotFoundError):  # apt's OpenCV is no distribution
            there = version(name)
            if name == "numpy" and tuple(int(part) for part in there.split(".")[:2]) < (1, 24):
                # Ubuntu 22.04's is too old for ai-edge-litert; cv_bridge was built for NumPy 1 and takes any later one of it
                wanted.append("numpy>=1.24,<2")
            else:
                kept.append(f"{name}=={there}")
    return wanted, kept
