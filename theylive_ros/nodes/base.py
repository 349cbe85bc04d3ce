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

"""The managed node that all nodes of the stack are, and its threads."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from typing import TypeVar

import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from lifecycle_msgs.msg import State
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.msg import SetParametersResult
from rclpy.exceptions import ParameterException
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter

from theylive_ros.nodes import qos
from theylive_ros.nodes.meter import Meter
from theylive_ros.nodes.parameters import ConfigurationError, Group, Parameters
from theylive_ros.settings import setting

C = TypeVar("C")
_Request, _Response = ChangeState.Request, ChangeState.Response
_RETRY_FIRST, _RETRY_LONGEST = 0.5, 10.0


@dataclasses.dataclass(frozen=True)
class ManagedConfig:
    """Parameters that every node has."""

    autostart: bool = setting(
        True, "Configure and activate by itself, retrying with backoff; false: wait for a lifecycle manager", read_only=True
    )
    diagnostics_period: float = setting(1.0, "Time between two diagnostics messages", unit="s", low=0.1, high=60.0, read_only=True)


class ManagedNode(LifecycleNode):
    """A lifecycle node that starts by itself, says in one line why it cannot, and reports its health.

    A subclass declares its parameters in `__init__`, calls `ready()` last, and overrides `open` (take device or model), `start` (begin
    the flow), `stop` (end it, dark) and `close` (give everything back; also called after an `open` that failed half way).
    """

    def __init__(self, name: str, **options: object) -> None:
        self._made = False
        try:
            super().__init__(name, **options)
        except ParameterException as error:  # rclpy's own parameters, such as use_sim_time
            raise ConfigurationError(f"{name}: {' '.join(str(error).split())}") from error
        self.parameters = Parameters(self)
        self.meter = Meter()
        self._managed = self.declare(ManagedConfig)
        self._level, self._message = DiagnosticStatus.OK, "unconfigured"
        self._active = False
        self._retry = _RETRY_FIRST
        self._autostart_timer = None
        self._service_change_state.callback = self._possible(self._service_change_state.callback)
        # A plain publisher: health is told in every state.
        self._diagnostics = super(LifecycleNode, self).create_publisher(DiagnosticArray, "/diagnostics", qos.DIAGNOSTICS)
        self.create_timer(self._managed.value.diagnostics_period, self._report)

    def declare(self, config: type[C], stage: str = "", on_change: Callable[[C], None] | None = None) -> Group[C]:
        """Declare the parameters of a config dataclass; see `Parameters.declare`."""
        return self.parameters.declare(config, stage, on_change)

    def declare_plugin(
        self, entry_points: str, name: str, stage: str, on_change: Callable[[object], None] | None = None
    ) -> tuple[type, Group[object]]:
        """Load a plugin and declare its parameters; see `Parameters.declare_plugin`."""
        return self.parameters.declare_plugin(entry_points, name, stage, on_change)

    def ready(self) -> None:
        """All parameters are declared: refuse unknown ones, then start by itself if so configured."""
        self._made = True
        self.parameters.refuse_undeclared()
        if self._managed.value.autostart:
            self._autostart_timer = self.create_timer(0.0, self._autostart)

    def set_parameters_atomically(self, parameter_list: list[Parameter]) -> SetParametersResult:
        """See rclpy, which would refuse a name that nobody knows without saying which."""
        unknown = [p.name for p in parameter_list if not self.has_parameter(p.name)]
        if unknown:
            return SetParametersResult(successful=False, reason=self.parameters.refusal_of(unknown))
        return super().set_parameters_atomically(parameter_list)

    def open(self) -> None:
        """Take the device or load the model. Any exception fails the transition; its text is logged as one line."""

    def start(self) -> None:
        """Begin the flow."""

    def stop(self) -> None:
        """End the flow; afterwards nothing moves and nothing shines."""

    def close(self) -> None:
        """Give everything back. Safe to call twice."""

    def health(self) -> tuple[bytes, str]:
        """Level and message of the diagnostics while active."""
        return DiagnosticStatus.OK, "active"

    def facts(self) -> dict[str, str]:
        """More lines for the diagnostics: device, model, ..."""
        return {}

    @property
    def active(self) -> bool:
        """Whether the flow is on."""
        return self._active

    @property
    def trouble(self) -> str:
        """Why the last transition failed; empty when it did not."""
        return self._message if self._level == DiagnosticStatus.ERROR else ""

    def ros_now(self) -> float:
        """ROS time (s)."""
        return self.get_clock().now().nanoseconds * 1e-9

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle: take what the node needs."""
        try:
            self.open()
        except Exception as error:
            self._fail(f"cannot configure: {one_line(error)}")
            self.close()
            return TransitionCallbackReturn.FAILURE
        self._level, self._message = DiagnosticStatus.OK, "inactive"
        return TransitionCallbackReturn.SUCCESS

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle: begin the flow."""
        try:
            super().on_activate(state)
            self.start()
        except Exception as error:
            self._fail(f"cannot activate: {one_line(error)}")
            self.stop()
            super().on_deactivate(state)
            return TransitionCallbackReturn.FAILURE
        self._active = True
        self._retry = _RETRY_FIRST
        self.get_logger().info("active")
        return TransitionCallbackReturn.SUCCESS

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle: end the flow, dark."""
        self._halt()
        self._level, self._message = DiagnosticStatus.OK, "inactive"
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle: give everything back."""
        self.close()
        self._level, self._message = DiagnosticStatus.OK, "unconfigured"
        return TransitionCallbackReturn.SUCCESS

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle: the end."""
        self._halt()
        self.close()
        self._level, self._message = DiagnosticStatus.OK, "finalized"
        return TransitionCallbackReturn.SUCCESS

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle: back to unconfigured, from where it can be tried again."""
        self._halt()
        self.close()
        return TransitionCallbackReturn.SUCCESS

    def lose_thread(self, text: str) -> None:
        """A thread of this node has died, by a mistake in it: the flow has ended. Called by that thread."""
        self._active = False
        self._level, self._message = DiagnosticStatus.ERROR, text
        self.get_logger().fatal(text)

    def destroy_node(self) -> None:
        """Stop whatever still runs, then destroy the node."""
        if self._made:  # since Kilted, a context that ends destroys also a node whose __init__ has raised
            self._halt()
            self.close()
        super().destroy_node()

    def _halt(self) -> None:
        self._active = False
        self.stop()

    def _fail(self, text: str) -> None:
        if text != self._message:  # a retry that fails alike is not news
            log = self.get_logger()
            log.warning(f"{text}; trying again") if self._managed.value.autostart else log.error(text)
        self._level, self._message = DiagnosticStatus.ERROR, text

    def _autostart(self) -> None:
        self.destroy_timer(self._autostart_timer)
        self._autostart_timer = None
        if not rclpy.ok(context=self.context) or not self._is_in(State.PRIMARY_STATE_UNCONFIGURED):
            return  # somebody else has taken the lead
        success = TransitionCallbackReturn.SUCCESS
        if self.trigger_configure() == success:
            if self.trigger_activate() == success:
                return
            if self._is_in(State.PRIMARY_STATE_INACTIVE):
                self.trigger_cleanup()  # so that each try starts from the same state
        self._autostart_timer = self.create_timer(self._retry, self._autostart)
        self._retry = min(2 * self._retry, _RETRY_LONGEST)

    def _possible(self, change: Callable[[_Request, _Response], _Response]) -> Callable[[_Request, _Response], _Response]:
        """`change`, asked only for a transition that the state has: rclpy raises for any other, and that would end the node."""

        def answer(request: _Request, response: _Response) -> _Response:
            asked = request.transition
            there = {number: label for number, label, *_ in self._state_machine.available_transitions}
            if asked.label in there.values() if asked.label else asked.id in there:
                return change(request, response)
            state, choice = self._state_machine.current_state[1], ", ".join(there.values())
            self.get_logger().warning(f"no transition {asked.label or asked.id} from the state {state}; there are: {choice}")
            return response

        return answer

    def _is_in(self, state: int) -> bool:
        return self._state_machine.current_state[0] == state

    def _report(self) -> None:
        level, message = self.health() if self._active else (self._level, self._message)
        facts = dict(self.facts())
        facts |= {f"{name}_per_second": f"{rate:.1f}" for name, rate in self.meter.rates().items()}
        facts |= {name: str(n) for name, n in self.meter.counts().items()}
        for name, spread in self.meter.latencies().items():
            facts |= {f"{name}_ms_{q}": f"{1e3 * value:.2f}" for q, value in spread.items()}
        status = DiagnosticStatus(level=level, name=self.get_fully_qualified_name().lstrip("/"), message=message, hardware_id="theylive")
        status.values = [KeyValue(key=key, value=value) for key, value in facts.items()]
        array = DiagnosticArray(status=[status])
        array.header.stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(array)


def one_line(error: BaseException) -> str:
    """An exception's text without line breaks; its type's name where it has none or is a bug rather than a message."""
    text = " ".join(str(error).split())
    expected = type(error).__module__.startswith("theylive_ros")
    return text if text and expected else f"{type(error).__name__}: {text}".rstrip(": ")


class Worker:
    """A thread of a node that ends when asked. The body is called with this worker and watches `stopping`."""

    def __init__(self, node: ManagedNode, name: str, body: Callable[[Worker], None]) -> None:
        self.stopping = threading.Event()
        self._node = node
        self._body = body
        self._thread = threading.Thread(target=self._run, name=f"{node.get_name()}-{name}", daemon=True)
        self._thread.start()

    def join(self, timeout: float = 2.0) -> None:
        """Ask the thread to end and wait for it."""
        self.stopping.set()
        if self._thread is not threading.current_thread():
            self._thread.join(timeout)
            if self._thread.is_alive():
                self._node.get_logger().error(f"thread {self._thread.name} does not end")

    def pause(self, seconds: float) -> bool:
        """Wait, at most until asked to end; True if so asked."""
        return self.stopping.wait(seconds)

    def _run(self) -> None:
        try:
            self._body(self)
        except Exception as error:  # a thread that dies in silence would look like a quiet camera
            self._node.lose_thread(f"{self._thread.name} ended: {one_line(error)}")
            raise
