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

"""The robot: camera, detector, selector, mirrors, calibrator. `ros2 launch theylive_ros rig.launch.py --show-args` lists arguments."""

from launch import LaunchDescription
from launch.actions import OpaqueFunction

from theylive_ros.launching import arguments
from theylive_ros.launching.stack import stack

NODES = ["camera", "detector", "selector", "mirrors", "calibrator"]


def generate_launch_description() -> LaunchDescription:
    """The laser stays dark until somebody calls the service mirrors/arm, or types arm:=true."""
    return LaunchDescription(
        [
            *arguments.common("rig.yaml"),
            *arguments.choice(NODES),
            *arguments.camera(),
            *arguments.model(),
            *arguments.arm(),
            OpaqueFunction(function=stack, args=[[*NODES, "visualizer"]]),
        ]
    )
