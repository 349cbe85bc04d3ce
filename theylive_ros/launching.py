"""What the launch files share: the arguments that each takes, and one process for each node."""

from __future__ import annotations

from collections.abc import Sequence

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterFile, ParameterValue

from theylive_ros.share import share_path

_ARGUMENTS = {
    "namespace": ("", "Namespace of all nodes; a second rig takes one of its own"),
    "log_level": ("info", "debug, info, warn, error or fatal"),
    "model": ("", "Model file, or the name of one in the package's models folder; empty: the shipped one"),
    "device": ("auto", "Where the model runs: auto, cpu or edgetpu"),
}


def describe(nodes: Sequence[str], config: str, more: dict[str, tuple[str, str, str]] | None = None) -> LaunchDescription:
    """A launch description of `nodes`, each its own process, with the parameter file `config` of the package as default.

    more: further launch arguments, as name -> (default, description, 'node:parameter' that takes it as a string).
    """
    extra = more or {}
    declared = [DeclareLaunchArgument("params_file", default_value=str(share_path("config", config)), description="Parameters of all nodes")]
    declared += [DeclareLaunchArgument(name, default_value=value, description=words) for name, (value, words) in _ARGUMENTS.items()]
    declared += [DeclareLaunchArgument(name, default_value=value, description=words) for name, (value, words, _) in extra.items()]
    targets = {"model": "detector:detector.model", "device": "detector:detector.device"}
    targets |= {name: target for name, (_, _, target) in extra.items()}
    return LaunchDescription([*declared, *(_node(name, targets) for name in nodes)])


def _node(name: str, targets: dict[str, str]) -> Node:
    own = {
        target.partition(":")[2]: ParameterValue(LaunchConfiguration(argument), value_type=str)
        for argument, target in targets.items()
        if target.partition(":")[0] == name
    }
    return Node(
        package="theylive_ros",
        executable=name,
        namespace=LaunchConfiguration("namespace"),
        output="screen",
        parameters=[ParameterFile(LaunchConfiguration("params_file"), allow_substs=False), *([own] if own else [])],
        arguments=["--ros-args", "--log-level", LaunchConfiguration("log_level")],
        # The laser needs no time to die: five seconds are for the camera's driver.
        sigterm_timeout="5",
    )
