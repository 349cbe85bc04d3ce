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

"""What nodes have done so far, in words: read from their meters in one process, or from /diagnostics of several."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Protocol

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node

from theylive_ros.nodes import qos
from theylive_ros.nodes.base import ManagedNode

END_OF_STREAM = "end of stream"


class Figures(Protocol):
    """What the end of a run is judged by."""

    @property
    def ended(self) -> bool:
        """Whether the camera will send no more frames."""

    def words(self) -> str:
        """One line for a person."""


class OwnFigures:
    """Of nodes in this process."""

    def __init__(self, nodes: Sequence[ManagedNode]) -> None:
        self._nodes = {node.get_name(): node for node in nodes}  # a destroyed node does not know its name

    @property
    def ended(self) -> bool:
        """See Figures."""
        return any(getattr(node, "ended", False) for node in self._nodes.values())

    def words(self) -> str:
        """See Figures."""
        figures = {}
        for name, node in self._nodes.items():
            own: dict[str, float] = dict(node.meter.counts())
            for stage, spread in node.meter.latencies().items():
                own |= {f"{stage}_ms_{q}": 1e3 * value for q, value in spread.items()}
            figures[name] = own
        return _words(figures)


class HeardFigures:
    """Of the nodes `names` in the namespace of `node`, which hears what they say of themselves, once a second each."""

    def __init__(self, node: Node, names: Sequence[str]) -> None:
        space = node.get_namespace().strip("/")
        self._names = {f"{space}/{name}".lstrip("/"): name for name in names}
        self._figures: dict[str, dict[str, float]] = {name: {} for name in names}
        self.ended = False
        node.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, qos.DIAGNOSTICS)

    def words(self) -> str:
        """See Figures."""
        return _words(self._figures)

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            name = self._names.get(status.name)
            if name is None:
                continue
            self.ended = self.ended or status.message == END_OF_STREAM
            for pair in status.values:
                with contextlib.suppress(ValueError):  # not all of it are numbers
                    self._figures[name][pair.key] = float(pair.value)


def _words(figures: dict[str, dict[str, float]]) -> str:
    said = [f"{name} {own['frames']:.0f} frames" for name, own in figures.items() if "frames" in own]
    selector = figures.get("selector", {})
    if "frames" in selector:
        said.append(f"{selector.get('targets', 0):.0f} with a target")
    if "capture_to_target_ms_p50" in selector:
        said.append(f"capture to target {selector['capture_to_target_ms_p50']:.1f} ms (p95 {selector['capture_to_target_ms_p95']:.1f})")
    return ", ".join(said) or "no frame"
