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


def enter() -> None:
    """Put this environment first among the ROS prefixes; with ROS from wheels, keep every other ROS out."""
    lib = os.path.join(sys.prefix, "lib")
    wheels = os.path.exists(os.path.join(lib, "librcl.so"))

    def keep(name: str, own: str, mark: str) -> list[str]:
        rest = [p for p in _split(name) if os.path.realpath(p) != os.path.realpath(own)]
        return [own] + [p for p in rest if not (wheels and os.path.exists(os.path.join(p, mark)))]

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
            _join("LD_LIBRARY_PATH", libraries[1:])
            os.environ.pop(_MARK, None)  # the wheels' hook comes next, and works only when this is not set
    elif lib not in had:
        # theylive_msgs' libraries are opened by name from within ROS, which the loader only does with the path given at start.
        _join("LD_LIBRARY_PATH", libraries)
        os.execve(sys.executable, sys.orig_argv, os.environ)


enter()
