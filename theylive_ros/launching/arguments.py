"""The arguments of the launch files: each is declared here once, so that it has one name and one meaning in all of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from launch import LaunchContext
from launch.actions import DeclareLaunchArgument

from theylive_ros.share import share_path

_LEVELS = ["debug", "info", "warn", "error", "fatal"]
_AS_IN_FILE = "; empty: as the parameter file says"


class LaunchArgumentError(Exception):
    """An argument that cannot be; one line with the cause and the cure."""


def common(config: str, nodes: Sequence[str]) -> list[DeclareLaunchArgument]:
    """What every launch file of nodes takes. config: the package's parameter file that is the default; nodes: those that run by default."""
    return [
        _argument("namespace", "Namespace of all nodes; a second rig takes one of its own"),
        _argument(
            "params_file", "Parameters of all nodes: a copy of the default with what is your rig's own", share_path("config", config)
        ),
        _argument("log_level", "How much the nodes say", "info", _LEVELS),
        _argument("nodes", "Which nodes run on this machine, with commas between", ",".join(nodes)),
        _flag("composed", "All nodes in one process, instead of one process for each", False),
        _flag("respawn", "Start again what has ended by itself; the laser stays disarmed then", True),
        _argument("respawn_delay", "How long to wait before that (s)", "2.0"),
        _argument(
            "autostart",
            "Whether nodes configure and activate themselves; false: they wait for `ros2 lifecycle set`" + _AS_IN_FILE,
            choices=["", "true", "false"],
        ),
    ]


def model() -> list[DeclareLaunchArgument]:
    """For launch files with a detector."""
    return [
        _argument("model", "Model file, or the name of one in the package's models folder" + _AS_IN_FILE),
        _argument("device", "Where the model runs" + _AS_IN_FILE, choices=["", "auto", "cpu", "edgetpu"]),
    ]


def camera() -> list[DeclareLaunchArgument]:
    """For launch files with a camera."""
    return [
        _argument("camera", "Camera plugin: v4l2, video, images, or one that you installed" + _AS_IN_FILE),
        _argument("source", "What that plugin opens: a device, a video, a folder of pictures" + _AS_IN_FILE),
    ]


def scenario() -> list[DeclareLaunchArgument]:
    """For launch files with a simulated rig."""
    return [_argument("scenario", "Scenario: a name in config/scenarios, or a file" + _AS_IN_FILE)]


def arm() -> list[DeclareLaunchArgument]:
    """For launch files with mirrors."""
    return [
        _flag("arm", "Arm the laser once, as soon as nothing speaks against it. Nobody in front of it? Without this it stays dark", False)
    ]


def text(context: LaunchContext, name: str) -> str:
    """What was typed, or the default; empty for an argument that this launch file does not have."""
    return context.launch_configurations.get(name, "")


def flag(context: LaunchContext, name: str) -> bool:
    """A yes or no; no for an argument that this launch file does not have."""
    return text(context, name) == "true"


def seconds(context: LaunchContext, name: str) -> float:
    """A time (s). Raises LaunchArgumentError."""
    word = text(context, name)
    try:
        value = float(word)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise LaunchArgumentError(f"{name} is {word!r}; it must be a time in seconds, such as 2.0")
    return value


def params_file(context: LaunchContext) -> Path:
    """The parameter file, which is there. Raises LaunchArgumentError."""
    file = Path(text(context, "params_file")).expanduser()
    if not file.is_file():
        raise LaunchArgumentError(f"params_file: there is no file {file}")
    return file.absolute()


def chosen_nodes(context: LaunchContext, known: Sequence[str]) -> list[str]:
    """The names in `nodes`, each one of `known`. Raises LaunchArgumentError."""
    names = [name.strip() for name in text(context, "nodes").split(",") if name.strip()]
    wrong = [name for name in names if name not in known]
    if wrong or not names:
        raise LaunchArgumentError(f"nodes: {'no node ' + ', '.join(wrong) if wrong else 'none given'}; there are: {','.join(known)}")
    return list(dict.fromkeys(names))


def _argument(name: str, words: str, default: object = "", choices: list[str] | None = None) -> DeclareLaunchArgument:
    return DeclareLaunchArgument(name, default_value=str(default), description=words, choices=choices)


def _flag(name: str, words: str, default: bool) -> DeclareLaunchArgument:
    return _argument(name, words, str(default).lower(), ["true", "false"])
