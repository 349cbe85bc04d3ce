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

"""How the mirrors node reaches its controller: a child process with a lines plugin, a serial port, or a simulator's socket."""

from __future__ import annotations

import dataclasses
import os
import tempfile
import time

from theylive_ros import plugins
from theylive_ros.controller.config import ExecutorSettings
from theylive_ros.controller.link import Link
from theylive_ros.controller.serial_port import SerialTransport
from theylive_ros.controller.transports import ProcessTransport, SocketTransport
from theylive_ros.nodes.base import ManagedNode
from theylive_ros.nodes.parameters import ConfigurationError
from theylive_ros.settings import setting

AUTO = "auto"


@dataclasses.dataclass(frozen=True)
class SocketConfig:
    """Parameter shared by simulator and mirrors."""

    controller_socket: str = setting(
        "",
        "Unix socket of a simulated controller; auto: by user, ROS domain and namespace; empty: a process with lines of one's own",
        read_only=True,
    )


@dataclasses.dataclass(frozen=True)
class PortConfig:
    """A controller on a serial port; it has its lines and the executor's settings itself (docs/firmware.md)."""

    controller_port: str = setting("", "Serial port of a controller, such as a microcontroller; empty: none", read_only=True)
    controller_baud: int = setting(921600, "Rate of that port", unit="baud", low=9600, high=4000000, read_only=True)


@dataclasses.dataclass(frozen=True)
class LinesConfig:
    """Which lines a controller of one's own drives; the plugin's settings are under `lines.`, the executor's under `controller.`."""

    plugin: str = setting("sim", "Lines plugin (entry point group theylive_ros.lines)", read_only=True)


def socket_path(node: ManagedNode, configured: str) -> str:
    """The socket that `auto` stands for, or what is configured."""
    if configured != AUTO:
        return configured
    folder = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    names = ["theylive", str(os.getuid()), os.environ.get("ROS_DOMAIN_ID", "0"), *node.get_namespace().strip("/").split("/")]
    return os.path.join(folder, "-".join(filter(None, names)) + ".sock")


class ControllerChoice:
    """The node's parameters that say where its controller is, and a way to open it."""

    def __init__(self, node: ManagedNode) -> None:
        self._node = node
        self._socket = node.declare(SocketConfig)
        self._port = node.declare(PortConfig)
        self._lines = node.declare(LinesConfig)
        self._plugin, self._settings = node.declare_plugin(plugins.LINES, self._lines.value.plugin, "lines")
        self._executor = node.declare(ExecutorSettings, "controller")

    @property
    def words(self) -> str:
        """For a person."""
        path = socket_path(self._node, self._socket.value.controller_socket)
        if path:
            return f"socket {path}"
        port = self._port.value
        return f"{port.controller_port} at {port.controller_baud} baud" if port.controller_port else f"lines {self._lines.value.plugin}"

    @property
    def simulated(self) -> bool:
        """Whether nothing real is moved. Lines that do not say so are real."""
        if self._socket.value.controller_socket:
            return True
        return not self._port.value.controller_port and getattr(self._plugin, "simulated", False)

    def open(self) -> Link:
        """A link to the controller. Raises OSError in one line, ConfigurationError where two are named."""
        path, port = socket_path(self._node, self._socket.value.controller_socket), self._port.value
        if path and port.controller_port:
            raise ConfigurationError(
                f"both controller_socket ({path}) and controller_port ({port.controller_port}) name a controller: empty one"
            )
        if port.controller_port:
            return Link(SerialTransport(port.controller_port, port.controller_baud), time.monotonic)
        if path:
            return Link(SocketTransport(path), time.monotonic)
        settings = {"lines": dataclasses.asdict(self._settings.value), "executor": dataclasses.asdict(self._executor.value)}
        return Link(ProcessTransport(plugins.find(plugins.LINES, self._lines.value.plugin).value, settings), time.monotonic)
