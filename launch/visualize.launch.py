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

"""On the laptop: RViz and rqt, and the visualizer that draws for them.

Arguments: `ros2 launch theylive_ros visualize.launch.py --show-args`.
"""

import os

from ament_index_python.packages import PackageNotFoundError, get_package_prefix
from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import LogInfo, OpaqueFunction
from launch_ros.actions import Node

from theylive_ros.launching import arguments
from theylive_ros.launching.arguments import flag, flag_argument, text
from theylive_ros.launching.stack import ENDING, stack
from theylive_ros.share import share_path


def generate_launch_description() -> LaunchDescription:
    """Only looks: a rig runs the same without it."""
    return LaunchDescription(
        [
            *arguments.common("rig.yaml"),
            flag_argument("visualizer", "The node that draws; false where one runs already, as in sim.launch.py", True),
            flag_argument("rviz", "RViz, with config/theylive.rviz", True),
            flag_argument("rqt", "rqt, with config/theylive.perspective, and the aggregator of diagnostics that its monitor hears", True),
            flag_argument("use_sim_time", "Go by /clock: for a recording that is being played", False),
            OpaqueFunction(function=visualize),
        ]
    )


def visualize(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """What is wanted and installed."""
    rviz = ("rviz2", "rviz2", ["-d", str(share_path("config", "theylive.rviz"))])
    rqt = ("rqt_gui", "rqt_gui", ["--perspective-file", str(share_path("config", "theylive.perspective"))])
    groups = ("diagnostic_aggregator", "aggregator_node", ["--ros-args", "--params-file", str(share_path("config", "analyzers.yaml"))])
    nodes: list[LaunchDescriptionEntity] = stack(context, ["visualizer"]) if flag(context, "visualizer") else []
    return nodes + [_program(context, *program) for name, program in (("rviz", rviz), ("rqt", rqt), ("rqt", groups)) if flag(context, name)]


def _program(context: LaunchContext, package: str, executable: str, options: list[str]) -> LaunchDescriptionEntity:
    try:
        get_package_prefix(package)
    except PackageNotFoundError:
        apt = f"ros-{os.environ.get('ROS_DISTRO', 'jazzy')}-{package.replace('_', '-')}"
        return LogInfo(msg=f"{package} is not installed, so it is left out: sudo apt install {apt}")
    return Node(
        package=package,
        executable=executable,
        arguments=options,
        namespace=text(context, "namespace"),
        remappings=[("/tf", "tf"), ("/tf_static", "tf_static")],  # each rig has frames of its own
        parameters=[{"use_sim_time": flag(context, "use_sim_time")}],
        output="screen",
        **ENDING,
    )
