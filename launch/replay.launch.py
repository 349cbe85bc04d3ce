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

"""A recording in place of the camera: detector, selector and visualizer work on it, in recorded time. See also `theylive replay`.

Arguments: `ros2 launch theylive_ros replay.launch.py --show-args`.
"""

from pathlib import Path

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch_ros.actions import Node

from theylive_ros.bags.frames import find_sources
from theylive_ros.bags.reader import BagReader
from theylive_ros.launching import arguments
from theylive_ros.launching.arguments import argument, flag, flag_argument, number, text
from theylive_ros.launching.stack import stack

NODES = ["player", "detector", "selector", "visualizer"]


def generate_launch_description() -> LaunchDescription:
    """No mirrors and no laser: what these did is in the recording."""
    return LaunchDescription(
        [
            DeclareLaunchArgument("bag", description="Recording: a folder, or one of its files"),
            argument("rate", "Seconds of the recording in one second", "1.0"),
            flag_argument("loop", "Begin again at the end", False),
            argument("offset", "Where to begin, from the first message (s)", "0.0"),
            flag_argument("use_sim_time", "Go by the time of the recording, which the player tells on /clock", True),
            *arguments.common("replay.yaml"),
            *arguments.choice(NODES),
            *arguments.model(),
            OpaqueFunction(function=replay),
        ]
    )


def replay(context: LaunchContext) -> list[Node]:
    """The nodes, told what the recording holds: the camera's own JPEG, or pictures as they are."""
    bag = Path(text(context, "bag")).expanduser().absolute()
    with BagReader(bag) as reader:
        picture = find_sources(reader).picture
    compressed = {"compressed": picture.endswith("/compressed")} if picture else {}
    player = {"bag": str(bag), "rate": number(context, "rate"), "loop": flag(context, "loop"), "offset": number(context, "offset")}
    return stack(context, NODES, {"player": player, "detector": compressed, "visualizer": compressed})
