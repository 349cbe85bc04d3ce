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

"""What the calibrator asks of the mirrors node: by what it goes, commissioning mode on and off, its calibration read anew."""

from __future__ import annotations

import dataclasses
import os
import threading
from typing import Any

from rcl_interfaces.msg import ParameterType
from rcl_interfaces.srv import GetParameters
from rclpy.client import Client
from rclpy.task import Future
from std_srvs.srv import SetBool, Trigger

from theylive_ros.controller.server import StopEvent
from theylive_ros.mirrors.optics import Geometry
from theylive_ros.nodes.base import ManagedNode
from theylive_ros.nodes.mirrors_planner import Limits, SoftLimits

_PATIENCE = 3.0  # s
_NAMES = (
    "calibration",
    *(f"geometry.{field.name}" for field in dataclasses.fields(Geometry)),
    *(f"limits.{field.name}" for field in dataclasses.fields(SoftLimits)),
)
_VALUES = {
    ParameterType.PARAMETER_BOOL: "bool_value",
    ParameterType.PARAMETER_INTEGER: "integer_value",
    ParameterType.PARAMETER_DOUBLE: "double_value",
    ParameterType.PARAMETER_STRING: "string_value",
}


class MirrorsError(Exception):
    """The mirrors node did not do what was asked; one line with the cause and the cure."""


@dataclasses.dataclass(frozen=True)
class RigFacts:
    """By what the mirrors node goes. limits: where it may be sent in commissioning mode (microsteps). file: its calibration; "": none."""

    geometry: Geometry
    limits: Limits
    file: str


class MirrorsClient:
    """Calls the services of the mirrors node in this namespace. Those that wait are for a worker's thread only."""

    def __init__(self, node: ManagedNode) -> None:
        self._node = node
        self._get = node.create_client(GetParameters, "mirrors/get_parameters")
        self._commission = node.create_client(SetBool, "mirrors/commission")
        self._reload = node.create_client(Trigger, "mirrors/reload")
        self.facts: RigFacts | None = None  # as last told

    def ask_facts(self) -> None:
        """Have `facts` renewed soon. Does not wait."""
        if self._get.service_is_ready():
            self._get.call_async(GetParameters.Request(names=_NAMES)).add_done_callback(self._on_facts)

    def wait_for_facts(self, stop: StopEvent) -> RigFacts:
        """Ask, and wait for the answer. stop: ends the wait. Raises MirrorsError, as all that wait do."""
        self.facts = facts_of(self._call(self._get, GetParameters.Request(names=_NAMES), stop))
        return self.facts

    def commission(self, on: bool, stop: StopEvent) -> None:
        """Change to commissioning mode or back, and wait for it."""
        answer = self._call(self._commission, SetBool.Request(data=on), stop)
        if not answer.success:
            raise MirrorsError(answer.message)

    def end_commissioning(self) -> None:
        """Have commissioning mode ended. Does not wait."""
        if self._commission.service_is_ready():
            self._commission.call_async(SetBool.Request(data=False))

    def reload(self, stop: StopEvent) -> str:
        """Have the calibration read anew, and wait for it; what the node says of it."""
        answer = self._call(self._reload, Trigger.Request(), stop)
        if not answer.success:
            raise MirrorsError(answer.message)
        return answer.message

    def ask_reload(self) -> None:
        """Have the calibration read anew; the answer goes to the log. Does not wait."""
        if self._reload.service_is_ready():
            self._reload.call_async(Trigger.Request()).add_done_callback(self._on_reloaded)

    def _on_facts(self, future: Future) -> None:
        self.facts = facts_of(future.result())

    def _on_reloaded(self, future: Future) -> None:
        answer = future.result()
        log = self._node.get_logger()
        log.info(f"mirrors: {answer.message}") if answer.success else log.error(f"mirrors: {answer.message}")

    def _call(self, client: Client, request: Any, stop: StopEvent) -> Any:
        if not client.service_is_ready() and not client.wait_for_service(_PATIENCE):
            raise MirrorsError(f"there is no service {client.srv_name}: start the mirrors node, in the same namespace")
        answered = threading.Event()
        future = client.call_async(request)
        future.add_done_callback(lambda _: answered.set())
        waited = 0.0
        while not answered.wait(0.05):
            waited += 0.05
            if waited >= _PATIENCE or stop.is_set():
                client.remove_pending_request(future)
                raise MirrorsError(f"{client.srv_name} does not answer")
        return future.result()


def facts_of(answer: GetParameters.Response) -> RigFacts:
    """The facts in the mirrors node's parameters. Raises MirrorsError where some are missing: it is another version."""
    values = {
        name: getattr(value, _VALUES[value.type]) for name, value in zip(_NAMES, answer.values, strict=False) if value.type in _VALUES
    }
    if len(values) < len(_NAMES):
        missing = ", ".join(name for name in _NAMES if name not in values)
        raise MirrorsError(f"the mirrors node has no parameter {missing}: run mirrors and calibrator of one version")

    def group(kind: type, prefix: str) -> Any:
        return kind(**{field.name: values[f"{prefix}.{field.name}"] for field in dataclasses.fields(kind)})

    file = values["calibration"]
    return RigFacts(group(Geometry, "geometry"), group(SoftLimits, "limits").of_axes, os.path.expanduser(file) if file else "")
