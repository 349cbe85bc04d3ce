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

"""The arguments of the launch files: each is declared here once, so that it has one name and one meaning in all of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from launch import LaunchContext
from launch.actions import DeclareLaunchArgument
from launch_ros.utilities import prefix_namespace

from theylive_ros.share import share_path

_LEVELS = ["debug", "info", "warn", "error", "fatal"]
_AS_IN_FILE = "; empty: as the parameter file says"


class LaunchArgumentError(Exception):
    """An argument that cannot be; one line with the cause and the cure."""


def common(config: str = "") -> list[DeclareLaunchArgument]:
    """What every launch file takes. config: the package's parameter file that is the default; "": the launch file chooses."""
    file = share_path("config", config) if config else ""
    return [
        argument("namespace", "Namespace of all nodes; a second rig takes one of its own"),
        argument("params_file", "Parameters of all nodes: a copy of the package's file, with what is yours", file),
        argument("log_level", "How much the nodes say", "info", _LEVELS),
        flag_argument("respawn", "Start again what has ended by itself; the laser stays disarmed then", True),
        argument("respawn_delay", "How long to wait before that (s)", "2.0"),
        argument(
            "autostart",
            "Whether nodes configure and activate themselves; false: they wait for `ros2 lifecycle set`" + _AS_IN_FILE,
            choices=["", "true", "false"],
        ),
    ]


def choice(nodes: Sequence[str]) -> list[DeclareLaunchArgument]:
    """For launch files of several nodes. nodes: those that run by default."""
    return [
        argument("nodes", "Which nodes run on this machine, with commas between", ",".join(nodes)),
        flag_argument("composed", "All nodes in one process, instead of one process for each", False),
    ]


def model() -> list[DeclareLaunchArgument]:
    """For launch files with a detector."""
    return [
        argument("model", "Model file, or the name of one in the package's models folder" + _AS_IN_FILE),
        argument("device", "Where the model runs" + _AS_IN_FILE, choices=["", "auto", "cpu", "edgetpu"]),
    ]


def camera() -> list[DeclareLaunchArgument]:
    """For launch files with a camera."""
    return [
        argument("camera", "Camera plugin: v4l2, video, images, or one that you installed" + _AS_IN_FILE),
        argument("source", "What that plugin opens: a device, a video, a folder of pictures" + _AS_IN_FILE),
    ]


def scenario() -> list[DeclareLaunchArgument]:
    """For launch files with a simulated rig."""
    return [argument("scenario", "Scenario: a name in config/scenarios, or a file" + _AS_IN_FILE)]


def arm() -> list[DeclareLaunchArgument]:
    """For launch files with mirrors."""
    return [
        flag_argument(
            "arm", "Arm the laser once, as soon as nothing speaks against it: who types this sees to it that nobody is near", False
        )
    ]


def text(context: LaunchContext, name: str) -> str:
    """What was typed, or the default; empty for an argument that this launch file does not have."""
    return context.launch_configurations.get(name, "")


def namespace(context: LaunchContext) -> str:
    """The namespace of all nodes: what was typed, below what a launch file that includes this one has pushed."""
    return prefix_namespace(context.launch_configurations.get("ros_namespace"), text(context, "namespace")) or ""


def flag(context: LaunchContext, name: str) -> bool:
    """A yes or no; no for an argument that this launch file does not have."""
    return text(context, name) == "true"


def number(context: LaunchContext, name: str) -> float:
    """A number that is not negative. Raises LaunchArgumentError."""
    word = text(context, name)
    try:
        value = float(word)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise LaunchArgumentError(f"{name} is {word!r}; it must be a number such as 2.0")
    return value


def params_file(context: LaunchContext) -> Path:
    """The parameter file, which is there. Raises LaunchArgumentError."""
    file = Path(text(context, "params_file")).expanduser()
    if not file.is_file():
        raise LaunchArgumentError(f"params_file: there is no file {file}")
    return file.absolute()


def chosen_nodes(context: LaunchContext, known: Sequence[str]) -> list[str]:
    """The names in `nodes`, each one of `known`; all of them where the launch file has no such argument. Raises LaunchArgumentError."""
    if "nodes" not in context.launch_configurations:
        return list(known)
    names = [name.strip() for name in text(context, "nodes").split(",") if name.strip()]
    wrong = [name for name in names if name not in known]
    if wrong or not names:
        raise LaunchArgumentError(f"nodes: {'no node ' + ', '.join(wrong) if wrong else 'none given'}; there are: {','.join(known)}")
    return list(dict.fromkeys(names))


def flag_argument(name: str, words: str, default: bool) -> DeclareLaunchArgument:
    """An argument that is true or false; see `flag`."""
    return argument(name, words, str(default).lower(), ["true", "false"])


def argument(name: str, words: str, default: object = "", choices: list[str] | None = None) -> DeclareLaunchArgument:
    """An argument that is explained and never has to be given."""
    return DeclareLaunchArgument(name, default_value=str(default), description=words, choices=choices)
