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

"""A simulated rig in place of camera and hardware, and the same nodes. Arguments: `ros2 launch theylive_ros sim.launch.py --show-args`."""

from launch import LaunchDescription
from launch.actions import OpaqueFunction

from theylive_ros.launching import arguments
from theylive_ros.launching.stack import stack

NODES = ["simulator", "detector", "selector", "mirrors", "calibrator", "visualizer"]


def generate_launch_description() -> LaunchDescription:
    """The simulated laser, too, stays dark until somebody calls the service mirrors/arm, or types arm:=true."""
    return LaunchDescription(
        [
            *arguments.common("sim.yaml"),
            *arguments.choice(NODES),
            *arguments.scenario(),
            *arguments.model(),
            *arguments.arm(),
            OpaqueFunction(function=stack, args=[NODES]),
        ]
    )
