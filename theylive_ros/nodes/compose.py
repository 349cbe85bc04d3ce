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

"""Several nodes together: in one process, or each as its own."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Sequence

from theylive_ros.nodes.base import ManagedNode

NODES = {
    "camera": "CameraNode",
    "simulator": "SimulatorNode",
    "detector": "DetectorNode",
    "selector": "SelectorNode",
    "mirrors": "MirrorsNode",
    "calibrator": "CalibratorNode",
    "player": "PlayerNode",
    "visualizer": "VisualizerNode",
}


def node_class(name: str) -> type[ManagedNode]:
    """The class of a node, imported only now."""
    return getattr(importlib.import_module(f"theylive_ros.nodes.{name}"), NODES[name])


def compose(names: Sequence[str]) -> list[ManagedNode]:
    """Build nodes by name in this process; rclpy is initialised. Raises ConfigurationError; nodes built before it are destroyed."""
    nodes: list[ManagedNode] = []
    try:
        for name in names:
            nodes.append(node_class(name)())
    except BaseException:
        for node in nodes:
            node.destroy_node()
        raise
    return nodes


def launch(names: Sequence[str], ros_arguments: Sequence[str]) -> list[subprocess.Popen[bytes]]:
    """Start each node as a process of its own. The caller ends them with `end`."""
    return [
        subprocess.Popen(
            [sys.executable, "-c", f"import theylive_ros.nodes.{name} as node; node.main()", *ros_arguments], start_new_session=True
        )
        for name in names
    ]


def end(processes: Sequence[subprocess.Popen[bytes]], timeout: float = 3.0) -> None:
    """SIGTERM to each, then wait; one that does not end within `timeout` (s) is killed."""
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
