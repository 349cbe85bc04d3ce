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

"""The node `mirrors`: steers the beam to the target and lets the gate decide whether it shines."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable

from diagnostic_msgs.msg import DiagnosticStatus
from rcl_interfaces.msg import SetParametersResult
from rclpy.parameter import Parameter
from std_srvs.srv import SetBool, Trigger

from theylive_ros.camera.reopen import Backoff
from theylive_ros.mirrors.aim import AimSettings
from theylive_ros.mirrors.calibration import CalibrationError
from theylive_ros.mirrors.clock import ClockSettings, ClockWatch
from theylive_ros.mirrors.gate import GateSettings
from theylive_ros.mirrors.motion import MotionSettings
from theylive_ros.mirrors.optics import Geometry
from theylive_ros.mirrors.pointer import Pointer, PointerError, PointerState
from theylive_ros.mirrors.trim import TrimSettings
from theylive_ros.nodes.base import ManagedNode, Worker, one_line
from theylive_ros.nodes.camera_clock import ClockAsker
from theylive_ros.nodes.controller_link import ControllerChoice
from theylive_ros.nodes.mirrors_calibration import CalibrationConfig, choose, path_of, read
from theylive_ros.nodes.mirrors_ear import Ear
from theylive_ros.nodes.mirrors_planner import GREETING, Planner, SoftLimits, UnfitError
from theylive_ros.nodes.mirrors_voice import Voice
from theylive_ros.nodes.parameters import ConfigurationError
from theylive_ros.nodes.process import run_node
from theylive_ros.parting import leave
from theylive_ros.settings import setting

_HOMINGS = 3  # tries on start
_HOMING_PAUSE = 1.0  # s between two
_NO_SIM_TIME = "use_sim_time is set, but a hardware controller lives in real time: unset it"


@dataclasses.dataclass(frozen=True)
class MirrorsConfig(CalibrationConfig):
    """Parameters of the node; more are under geometry, limits, motion, aim, gate, trim, clock, lines and controller."""

    home_on_start: bool = setting(True, "Find the axes' reference when activated; moves the mirrors, dark", read_only=True)
    tick_rate: float = setting(
        200.0, "How often the gate is judged and the lease renewed", unit="Hz", low=50.0, high=1000.0, read_only=True
    )


class MirrorsNode(ManagedNode):
    """Ticks the planner in a thread of its own.

    Services: ~/arm, ~/disarm, ~/stop, ~/home, ~/reference, ~/reset, ~/commission (on or off), ~/reload (the calibration file).
    """

    def __init__(self, **options: object) -> None:
        super().__init__("mirrors", **options)
        self._worker: Worker | None = None
        self._ear: Ear | None = None
        self._asker: ClockAsker | None = None
        self._config = self.declare(MirrorsConfig)
        self._geometry = self.declare(Geometry, "geometry")
        self._clocks = self.declare(ClockSettings, "clock")
        self._controller = ControllerChoice(self)
        limits = self.declare(SoftLimits, "limits")
        self._planner = Planner(self._controller, self._geometry.value, limits.value.of_axes)
        self.declare(MotionSettings, "motion", lambda value: self._planner.tune("motion", value))
        self.declare(AimSettings, "aim", lambda value: self._planner.tune("aim", value))
        self.declare(GateSettings, "gate", lambda value: self._planner.tune("gate", value))
        self.declare(TrimSettings, "trim", lambda value: self._planner.tune("trim", value))
        self.add_on_set_parameters_callback(self._refuse_sim_time)
        self._voice = Voice(self)
        self._trouble = ""
        self._homings = 0  # how often homing on start may still be tried
        self._homed_at = -math.inf
        self._state: PointerState | None = None
        actions: dict[str, Callable[[Pointer, float], None]] = {
            "arm": Pointer.arm,
            "disarm": Pointer.disarm,
            "stop": Pointer.stop,
            "home": Pointer.home,
            "reference": Pointer.reference,
            "reset": Pointer.reset,
        }
        for name, action in actions.items():
            self.create_service(Trigger, f"~/{name}", lambda _, answer, name=name, action=action: self._serve(name, action, answer))
        self.create_service(SetBool, "~/commission", self._commission)
        self.create_service(Trigger, "~/reload", self._reload)
        self.ready()

    def open(self) -> None:
        """Read the calibration and reach the controller."""
        if self.get_parameter("use_sim_time").value and not self._controller.simulated:
            raise ConfigurationError(_NO_SIM_TIME)
        config = self._config.value
        self._planner.calibration = choose(config, self._geometry.value, self._controller.simulated)
        if self._planner.calibration is None:
            where = f"there is no file {path_of(config)} yet" if config.calibration else "the parameter `calibration` names no file"
            self.get_logger().warning(f"not calibrated, {where}: arming is refused until `theylive calibrate` has made one")
        self._connect()
        self._planner.greet()

    def start(self) -> None:
        """Begin to hear targets and to tick; disarmed."""
        self._trouble = ""
        self._voice.begin()
        clocks = ClockWatch(self._clocks.value)
        self._ear = Ear(self, clocks, self._planner)
        self._asker = ClockAsker(self, self._clocks.value)
        self._worker = Worker(self, "tick", lambda worker: self._tick(worker, clocks))

    def stop(self) -> None:
        """Dark, down a ramp to rest."""
        if self._worker is not None:
            self._worker.join()
            self._worker = None
            self._planner.do(Pointer.halt)
            self._voice.say_dark()
            self._voice.wait_until_heard()
        if self._ear is not None:
            self._ear.close()
            self._ear = None
        if self._asker is not None:
            self._asker.close()
            self._asker = None

    def lose_thread(self, text: str) -> None:
        """Nobody ticks any more: dark, disarmed."""
        super().lose_thread(text)
        self._planner.do(Pointer.disarm)
        self._voice.say_dark()

    def close(self) -> None:
        """Let the controller go, which makes it dark by itself too."""
        self._planner.close()

    def health(self) -> tuple[bytes, str]:
        """Error for a lost or faulty controller, warning while unreferenced, uncalibrated, or in doubt about the camera's clock."""
        state, asker = self._state, self._asker
        if self._trouble:
            return DiagnosticStatus.ERROR, self._trouble
        if state is None:
            return DiagnosticStatus.WARN, "starting"
        if state.fault:
            return DiagnosticStatus.ERROR, f"controller fault {state.fault}: mend its cause, then call ~/reset and ~/home"
        if not state.referenced:
            return DiagnosticStatus.WARN, "axes not referenced: call ~/home"
        if not state.calibrated:
            return DiagnosticStatus.WARN, "not calibrated: run `theylive calibrate`"
        if asker is not None and asker.trouble:
            return DiagnosticStatus.WARN, asker.trouble
        return DiagnosticStatus.OK, "lit" if state.lit else "dark: " + ", ".join(state.reasons)

    def facts(self) -> dict[str, str]:
        """Where the controller is, by which calibration the rig points, what last disarmed; by how many steps the seen spot says that the
        count is off, and by how many the controller says that it may be."""
        state, calibration, asker = self._state, self._planner.calibration, self._asker
        made = f"{calibration.method}, {calibration.created}" if calibration is not None else "none"
        return {
            "controller": self._controller.words,
            "calibration": made,
            "camera_clock": asker.words if asker is not None else "not asked",
            "mode": state.mode if state is not None else "",
            "disarmed_by": state.disarmed_by if state is not None else "",
            "missed_steps": _microsteps(state.missed_steps) if state is not None else "",
            "count_error": _microsteps(state.count_error) if state is not None else "",
        }

    def _refuse_sim_time(self, parameters: list[Parameter]) -> SetParametersResult:
        refused = not self._controller.simulated and any(p.name == "use_sim_time" and p.value for p in parameters)
        return SetParametersResult(successful=not refused, reason=_NO_SIM_TIME if refused else "")

    def _connect(self) -> None:
        self._planner.connect()
        self._homings = _HOMINGS if self._config.value.home_on_start else 0

    def _serve(
        self, name: str, action: Callable[[Pointer, float], None], answer: Trigger.Response | SetBool.Response
    ) -> Trigger.Response | SetBool.Response:
        if self._planner.pointer is None or not self.active:
            answer.message = f"the node is not active, so it cannot {name}"
            return answer

        def act(pointer: Pointer, now: float) -> None:
            if name != "arm":  # which may be asked too early
                self._homings = 0  # from now on somebody sees to it; here, for the ticking thread counts them down
            action(pointer, now)

        self._planner.hear_controller()
        try:
            self._planner.do(act)
        except PointerError as error:
            answer.message = str(error)
            return answer
        answer.success = True
        self.get_logger().info(f"{name}: done")
        return answer

    def _commission(self, request: SetBool.Request, answer: SetBool.Response) -> SetBool.Response:
        if request.data:
            return self._serve("commission", Pointer.commission, answer)
        return self._serve("end commissioning", Pointer.decommission, answer)

    def _reload(self, _: Trigger.Request, answer: Trigger.Response) -> Trigger.Response:
        if not self.active:
            answer.message = "the node is not active, so it cannot reload; it reads the file when it is configured"
            return answer
        try:
            calibration = read(self._config.value, self._geometry.value)
            self._planner.load(calibration)
        except (CalibrationError, UnfitError) as error:
            answer.message = str(error)
            return answer
        answer.success = True
        answer.message = f"{path_of(self._config.value)}, made by {calibration.method} on {calibration.created}; call ~/arm to shine again"
        self.get_logger().info(f"reload: {answer.message}")
        return answer

    def _tick(self, worker: Worker, clocks: ClockWatch) -> None:
        backoff = Backoff()
        period = 1.0 / self._config.value.tick_rate
        due = time.monotonic()
        while not worker.stopping.is_set():
            if self._trouble:
                self._tick_on(worker, clocks, backoff.next(), lambda: False)
                if not worker.stopping.is_set():
                    self._reconnect(worker, clocks)
                continue
            now = time.monotonic()
            if now < due:
                self._planner.listen(due - now)
                continue
            due = max(due + period, now)
            try:
                self._tick_once(clocks)
            except UnfitError as error:
                self._lose(str(error), clocks)
                continue
            if self._planner.link.closed:
                self.meter.count("controller_lost")
                self._lose(f"the controller is gone ({self._controller.words}); dark", clocks)
            elif self._planner.link.welcome is not None:  # one that ends at once is no controller yet
                backoff.reset()

    def _tick_on(self, worker: Worker, clocks: ClockWatch, seconds: float, until: Callable[[], bool]) -> None:
        """Go on telling that it is dark, and why, while there is no controller to wait for. Raises UnfitError."""
        period = 1.0 / self._config.value.tick_rate
        end = time.monotonic() + seconds
        while not until() and (left := end - time.monotonic()) > 0 and not worker.pause(min(period, left)):
            self._tick_once(clocks)

    def _reconnect(self, worker: Worker, clocks: ClockWatch) -> None:
        try:
            self._connect()
            self._tick_on(worker, clocks, GREETING, lambda: self._planner.greeted)
        except (OSError, UnfitError) as error:
            self._planner.drop_link()
            self._trouble = one_line(error)
            return
        self.get_logger().info("the controller is back; call ~/arm to shine again")
        self._trouble = ""

    def _tick_once(self, clocks: ClockWatch) -> None:
        heard = None

        def step(pointer: Pointer, now: float) -> PointerState:
            nonlocal heard
            ros_now = self.ros_now()
            heard = self._ear.hand_over(pointer, now, ros_now)
            state = pointer.tick(now, clocks=self._asker.clocks(now, sane=clocks.observe(ros_now, now)))
            if self._homings:
                self._home(pointer, state, now)
            return state

        state, errors = self._planner.tick(step)
        self._state = state
        self.meter.latency("tick", time.monotonic() - state.time)
        for error in errors:
            self.meter.count("refused_by_controller")
            self.get_logger().warning(f"controller: {error}", throttle_duration_sec=1.0)
        self._voice.say(state, heard, state.time)
        if heard is not None:
            self.meter.count("targets")
            self.meter.latency("capture_to_pointing", state.latency)

    def _home(self, pointer: Pointer, state: PointerState, now: float) -> None:
        """Find the reference where it is not known; again where that was cut short because this program was late."""
        status = self._planner.link.status()
        if state.referenced:
            self._homings = 0
        elif status is not None and not status.moving and now - self._homed_at > _HOMING_PAUSE:
            try:
                pointer.home(now)
            except PointerError as error:
                if error.reason != "link_silent":
                    self._homings = 0
                    self.get_logger().error(f"cannot home: {error}")
                return
            self._homings -= 1
            self._homed_at = now

    def _lose(self, words: str, clocks: ClockWatch) -> None:
        """Nothing more can be done with this controller: dark, and reach for it anew."""
        if words != self._trouble:
            self.get_logger().error(words)
        self._trouble = words
        self._planner.drop_link()
        self._planner.do(Pointer.disarm)
        self._tick_once(clocks)  # what was said before may have been that it is lit, and armed


def _microsteps(axes: tuple[int, int]) -> str:
    return f"x {axes[0]}, y {axes[1]} microsteps"


def main() -> None:
    """Run the node as a process."""
    leave(run_node(MirrorsNode))
