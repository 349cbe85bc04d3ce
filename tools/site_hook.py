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

"""Runs at the start of every Python of the clone's virtual environment, which thereby is a ROS prefix without being sourced.

Copied into the environment's site-packages and named there by a .pth file that sorts before the one of the ROS wheels, whose hook
starts Python anew with the libraries' folder in LD_LIBRARY_PATH. Imported by every `python`, hence short.
"""

import os
import sys

_MARK = "_ROS_WHEELS_BOOTSTRAP_COMPLETE"


def _split(name: str) -> list[str]:
    return [part for part in os.environ.get(name, "").split(os.pathsep) if part]


def _join(name: str, parts: list[str]) -> bool:
    """Set a path variable, and say whether that changed it."""
    text, before = os.pathsep.join(parts), os.environ.get(name, "")
    if text:
        os.environ[name] = text
    else:
        os.environ.pop(name, None)
    return text != before


def _same(one: str, other: str) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def enter() -> None:
    """Put this environment among the ROS prefixes; with ROS from wheels, keep every other ROS out."""
    lib = os.path.join(sys.prefix, "lib")
    wheels = os.path.exists(os.path.join(lib, "librcl.so"))

    def keep(name: str, own: str, mark: str) -> list[str]:
        """What the variable holds without another ROS. Workspaces lie over the ROS in this environment, it lies over a sourced one."""
        parts = [p for p in _split(name) if _same(p, own) or not (wheels and os.path.exists(os.path.join(p, mark)))]
        if any(_same(p, own) for p in parts):
            return parts
        return [*parts, own] if wheels else [own, *parts]

    _join("AMENT_PREFIX_PATH", keep("AMENT_PREFIX_PATH", sys.prefix, os.path.join("lib", "librcl.so")))
    had = _split("LD_LIBRARY_PATH")
    libraries = keep("LD_LIBRARY_PATH", lib, "librcl.so")
    if wheels:
        here = os.path.realpath(sys.prefix) + os.sep
        foreign = [p for p in _split("PYTHONPATH") if os.path.exists(os.path.join(p, "rclpy")) and not os.path.realpath(p).startswith(here)]
        _join("PYTHONPATH", [p for p in _split("PYTHONPATH") if p not in foreign])
        sys.path[:] = [p for p in sys.path if p not in foreign]
        middleware = os.environ.get("RMW_IMPLEMENTATION", "")
        if middleware and not os.path.exists(os.path.join(lib, f"lib{middleware}.so")):
            del os.environ["RMW_IMPLEMENTATION"]
        if any(p not in had for p in libraries) or any(p not in libraries for p in had):
            _join("LD_LIBRARY_PATH", [p for p in libraries if p != lib])
            os.environ.pop(_MARK, None)  # the wheels' hook comes next, and works only when this is not set
    elif libraries != had:
        # theylive_msgs' libraries are opened by name from within ROS, which the loader only does with the path given at start.
        _join("LD_LIBRARY_PATH", libraries)
        os.execve(sys.executable, sys.orig_argv, os.environ)


enter()
