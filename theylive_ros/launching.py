"""What the launch files share: the arguments that each takes, and one process for each node."""

from __future__ import annotations

from collections.abc import Sequence

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterFile, ParameterValue

from theylive_ros.share import share_path

_LEVELS = ["debug", "info", "warn", "error", "fatal"]
# launch argument -> what it is, the node and its parameter
Arguments = dict[str, tuple[str, str, str]]
_MODEL: Arguments = {
    "model": ("Model file, or the name of one in the package's models folder", "detector", "detector.model"),
    "device": ("Where the model runs: auto, cpu or edgetpu", "detector", "detector.device"),
}


def describe(nodes: Sequence[str], config: str, more: Arguments | None = None) -> LaunchDescription:
    """A launch description of `nodes`, each its own process, with the parameter file `config` of the package as default.

    more: further launch arguments. An argument that is not given leaves its parameter as the file has it.
    """
    arguments = {**_MODEL, **(more or {})}
    file = str(share_path("config", config))
    return LaunchDescription(
        [
            DeclareLaunchArgument("params_file", default_value=file, description="Parameters of all nodes"),
            DeclareLaunchArgument("namespace", default_value="", description="Namespace of all nodes; a second rig takes one of its own"),
            DeclareLaunchArgument("log_level", default_value="info", choices=_LEVELS, description="How much the nodes say"),
            *(
                DeclareLaunchArgument(name, default_value="", description=f"{words}; empty: as the parameter file says")
                for name, (words, _, _) in arguments.items()
            ),
            OpaqueFunction(function=lambda context: [_node(context, name, arguments) for name in nodes]),
        ]
    )


def _node(context: LaunchContext, name: str, arguments: Arguments) -> Node:
    given = {
        parameter: ParameterValue(value, value_type=str)  # a model called 1 is no number
        for argument, (_, node, parameter) in arguments.items()
        if node == name and (value := LaunchConfiguration(argument).perform(context))
    }
    return Node(
        package="theylive_ros",
        executable=name,
        namespace=LaunchConfiguration("namespace"),
        output="screen",
        parameters=[ParameterFile(LaunchConfiguration("params_file"), allow_substs=False), *([given] if given else [])],
        arguments=["--ros-args", "--log-level", LaunchConfiguration("log_level")],
        # The laser needs no time to die: five seconds are for the camera's driver.
        sigterm_timeout="5",
    )
