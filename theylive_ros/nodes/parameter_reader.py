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

"""Asks another node for all its parameters, once it is there."""

from __future__ import annotations

import array
from collections.abc import Callable
from typing import Any

import rclpy
from rcl_interfaces.srv import GetParameters, ListParameters
from rclpy.node import Node
from rclpy.parameter import parameter_value_to_python


class ParameterReader:
    """Call `look` now and then until it is `done`; an answer that never comes is waited for, and harms nobody."""

    def __init__(self, node: Node, name: str, tell: Callable[[dict[str, Any]], None]) -> None:
        """name: of the other node, in the namespace of `node`. tell: hears the parameters by name, once."""
        self.name = name
        self.done = False
        self._tell = tell
        self._asked = False
        self._list = node.create_client(ListParameters, f"{name}/list_parameters")
        self._get = node.create_client(GetParameters, f"{name}/get_parameters")

    def look(self) -> None:
        """Ask, if there is somebody to ask and nobody was asked yet."""
        if not self._asked and self._list.service_is_ready() and self._get.service_is_ready():
            self._asked = True
            self._list.call_async(ListParameters.Request()).add_done_callback(self._on_names)

    def _on_names(self, future: rclpy.Future) -> None:
        names = list(future.result().result.names)
        asked = self._get.call_async(GetParameters.Request(names=names))
        asked.add_done_callback(lambda answer: self._on_values(names, answer))

    def _on_values(self, names: list[str], future: rclpy.Future) -> None:
        values = (_plain(value) for value in future.result().values)
        self._tell(dict(zip(names, values, strict=True)))
        self.done = True


def _plain(value: Any) -> Any:
    value = parameter_value_to_python(value)
    return list(value) if isinstance(value, (array.array, tuple, bytes)) else value
