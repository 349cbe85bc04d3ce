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

"""Calibrates a rig: starts its nodes, runs `theylive calibrate`, and ends with it.

Where the rig runs already, `theylive calibrate` alone does it. Arguments: `ros2 launch theylive_ros calibrate.launch.py --show-args`.
"""

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import ExecuteProcess, OpaqueFunction, Shutdown
from launch.events.process import ProcessExited
from launch_ros.substitutions import ExecutableInPackage

from theylive_ros.launching import arguments
from theylive_ros.launching.arguments import LaunchArgumentError, argument, namespace, text
from theylive_ros.launching.stack import ENDING, stack
from theylive_ros.share import share_path

WITH_CAMERA = ["camera", "detector", "selector", "mirrors", "calibrator"]
SIMULATED = ["simulator", "detector", "selector", "mirrors", "calibrator"]


def generate_launch_description() -> LaunchDescription:
    """The laser shines at low duty, in commissioning mode, and never while a protected head is in the picture."""
    return LaunchDescription(
        [
            *arguments.common(),
            *arguments.camera(),
            *arguments.model(),
            argument("scenario", "Calibrate a simulated rig of this scenario; empty: the real one"),
            argument("file", "Write this file; empty: the one that the mirrors go by"),
            argument("picture", "Draw the residuals into this file", "calibration.png"),
            argument("columns", "Places across the picture; 0: the calibrator's", "0"),
            argument("rows", "Places down the picture; 0: the calibrator's", "0"),
            argument("wait", "How long the rig may take to get ready (s)", "60"),
            OpaqueFunction(function=calibrate),
        ]
    )


def calibrate(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """The nodes, and beside them the command that sends the goal."""
    simulated = bool(text(context, "scenario"))
    if not text(context, "params_file"):
        context.launch_configurations["params_file"] = str(share_path("config", "sim.yaml" if simulated else "rig.yaml"))
    told = {"namespace": namespace(context), **{name: text(context, name) for name in ("file", "picture", "columns", "rows", "wait")}}
    words = [f"--{name}={value}" for name, value in told.items() if value]
    command = ExecuteProcess(
        cmd=[ExecutableInPackage("theylive", "theylive_ros"), "calibrate", *words],
        name="calibrate",
        output="screen",
        on_exit=end,
        **ENDING,
    )
    return [*stack(context, SIMULATED if simulated else WITH_CAMERA), command]


def end(event: ProcessExited, context: LaunchContext) -> Shutdown | None:
    """With the command all has ended; so has the launch, with status 1 where nothing was calibrated."""
    if context.is_shutdown:
        return None
    if event.returncode:
        raise LaunchArgumentError("not calibrated: the reason is above")
    return Shutdown(reason="calibrated")
