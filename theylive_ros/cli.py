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

"""The command `theylive`."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from theylive_ros import __version__
from theylive_ros.parting import leave

COMMANDS = {
    "demo": "shoot aliens on a simulated rig; writes a video, a picture and a report",
    "run": "run the nodes in one process (the rig's, or a simulated rig's)",
    "calibrate": "find out how pixels and mirrors belong together",
    "detect": "find heads in pictures",
    "manifest": "describe a model file, so that the nodes can load it",
    "bench": "measure: detector, latency, pulses, and everything that is promised of the pointing",
    "jog": "turn the mirrors by hand, draw a circle or a square, measure backlash",
    "record": "record topics as a ROS 2 bag",
    "replay": "run detector and selector over a bag, and compare with what was recorded",
    "info": "say what is in a bag",
    "doctor": "check this machine and say what to mend",
    "setup-board": "make this board a rig: permissions, PWM, a service that runs the nodes",
}

# What needs modules that not everybody has, and the cure.
_ROS = "needs ROS 2", "see docs/install.md"
_BAGS = "recordings need rosbags and mcap", "pip install 'rosbags<0.12' 'mcap>=1.6,<2'"
_MISSING = {"rclpy": _ROS, "theylive_msgs": _ROS, "rosbags": _BAGS, "mcap": _BAGS}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; never returns. Exit status: 0 done, 1 found wanting, 2 unusable input."""
    leave(_main(sys.argv[1:] if arguments is None else list(arguments)))


def _main(arguments: list[str]) -> int:
    if arguments and arguments[0] in COMMANDS:
        return _run(arguments[0], arguments[1:])
    width = max(map(len, COMMANDS))
    listing = "\n".join(f"  {name:<{width}}  {words}" for name, words in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="theylive",
        description="Sees aliens, spares John Nada.",
        epilog=f"commands:\n{listing}\n\n'theylive COMMAND --help' says more of each.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"theylive_ros {__version__}")
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND")
    parser.parse_args(arguments)
    return 2


def _run(name: str, arguments: list[str]) -> int:
    try:
        # Only the chosen command is imported: `theylive detect` must not wait for ROS.
        module = importlib.import_module(f"theylive_ros.commands.{name.replace('-', '_')}")
        parser = argparse.ArgumentParser(
            prog=f"theylive {name}", description=module.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        module.add_arguments(parser)
        return module.run(parser.parse_args(arguments))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader (head, less) has left; Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except ImportError as error:
        module_name = (error.name or "").partition(".")[0]
        if module_name not in _MISSING:
            raise
        needs, cure = _MISSING[module_name]
        print(f"theylive {name}: {needs} ({error}): {cure}", file=sys.stderr)
        return 2
    except Exception as error:
        if not type(error).__module__.startswith("theylive_ros"):
            raise  # a bug: show where
        print(f"theylive {name}: {error}", file=sys.stderr)
        return 2
