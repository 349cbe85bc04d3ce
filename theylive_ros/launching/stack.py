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

"""The nodes of a launch file as processes: one for each, or one for all; started again when they end, and dark meanwhile."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Sequence
from typing import Any

import launch.logging
from launch import LaunchContext, LaunchDescriptionEntity
from launch.actions import EmitEvent, LogInfo
from launch.events import matches_action
from launch.events.process import ProcessExited, ShutdownProcess, SignalProcess
from launch_ros.actions import Node

from theylive_ros.launching.arguments import LaunchArgumentError, chosen_nodes, flag, namespace, number, params_file, text
from theylive_ros.launching.ctrl_c import leave_to_launch
from theylive_ros.nodes.addressees import for_nobody
from theylive_ros.nodes.compose import NODES
from theylive_ros.nodes.ros_arguments import Said, overruling
from theylive_ros.nodes.said import said
from theylive_ros.nodes.spin import LAUNCHED

ENDING = {"sigterm_timeout": "3", "sigkill_timeout": "1.5"}
"""For every process: who does not heed Ctrl-C is asked to end, then killed, so that all have ended within five seconds. The light does
not wait for that: its lease runs out."""
_CANNOT_BE = 2  # exit status of a node whose parameters cannot be


def stack(context: LaunchContext, known: Sequence[str], more: Said | None = None) -> list[Node]:
    """The processes that the launch arguments ask for.

    known: the nodes that this launch file may run. more: what it tells them beyond that. Raises LaunchArgumentError, SaidError.
    """
    leave_to_launch()
    names = chosen_nodes(context, known)
    params = params_file(context)
    file = ["--params-file", str(params)]
    typed = ["--params-file", typed_file(context, known, more or {}), "--log-level", text(context, "log_level")]
    armer = _armer(context, names) if flag(context, "arm") else None
    if flag(context, "composed"):
        command = ["run", "--quiet", "--nodes", ",".join(names), *file]  # which looks at the file itself
        nodes = [_process(context, "theylive", armer, exec_name="composed", arguments=command, ros_arguments=typed)]
    else:
        for words in for_nobody(params, list(NODES), namespace(context)):
            launch.logging.get_logger("launch.user").warning(words)
        nodes = [_process(context, name, armer, ros_arguments=[*file, *typed]) for name in names]
    return [*nodes, armer] if armer is not None else nodes


def typed_file(context: LaunchContext, known: Sequence[str], more: Said) -> str:
    """What was typed, as a parameter file above the other; among the logs of this launch, so that it can be read afterwards."""
    words = said(**{name: text(context, name) or None for name in ("camera", "source", "scenario", "model", "device")})
    every = {name: flag(context, name) for name in ("autostart", "use_sim_time") if text(context, name)}
    tells = {node: {**every, **words.get(node, {}), **more.get(node, {})} for node in known}
    handle, file = tempfile.mkstemp(prefix="typed-", suffix=".yaml", dir=launch.logging.launch_config.log_dir)
    with open(handle, "w", encoding="utf-8") as stream:
        stream.write(overruling(tells, namespace(context)))
    return file


def _armer(context: LaunchContext, names: Sequence[str]) -> Node:
    """Arms once and ends. It is never started again."""
    if "mirrors" not in names:
        raise LaunchArgumentError("arm:=true is for the machine that runs the mirrors; `nodes` leaves them out")
    return Node(
        package="theylive_ros",
        executable="armer",
        namespace=text(context, "namespace"),
        output="screen",
        additional_env={LAUNCHED: "1"},
        **ENDING,
    )


def _process(context: LaunchContext, executable: str, armer: Node | None, **options: Any) -> Node:
    respawn = flag(context, "respawn")

    def on_exit(event: ProcessExited, context: LaunchContext) -> list[LaunchDescriptionEntity] | None:
        if context.is_shutdown:
            return None
        after: list[LaunchDescriptionEntity] = []
        if respawn and event.returncode == _CANNOT_BE:
            after += [LogInfo(msg=f"{event.process_name} is not started again: its parameters cannot be"), _end(event.action)]
        if armer is not None and armer.return_code is None:
            after += [LogInfo(msg=f"not arming: {event.process_name} has ended. See why, then call mirrors/arm"), _interrupt(armer)]
        return after

    return Node(
        package="theylive_ros",
        executable=executable,
        namespace=text(context, "namespace"),
        output="screen",
        respawn=respawn,
        respawn_delay=number(context, "respawn_delay"),
        on_exit=on_exit,
        additional_env={LAUNCHED: "1"},
        **ENDING,
        **options,
    )


def _end(process: Node) -> EmitEvent:
    return EmitEvent(event=ShutdownProcess(process_matcher=matches_action(process)))


def _interrupt(process: Node) -> EmitEvent:
    """Ctrl-C for one process."""
    return EmitEvent(event=SignalProcess(signal_number=signal.SIGINT, process_matcher=matches_action(process)))
