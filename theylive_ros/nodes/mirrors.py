"""The node `mirrors`: steers the beam to the target and lets the gate decide whether it shines."""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Callable

from diagnostic_msgs.msg import DiagnosticStatus
from rcl_interfaces.msg import SetParametersResult
from rclpy.parameter import Parameter
from std_srvs.srv import Trigger

from theylive_ros.camera.reopen import Backoff
from theylive_ros.mirrors.aim import AimSettings
from theylive_ros.mirrors.calibration import load, nominal
from theylive_ros.mirrors.clock import ClockSettings, ClockWatch
from theylive_ros.mirrors.gate import GateSettings
from theylive_ros.mirrors.motion import MotionSettings
from theylive_ros.mirrors.optics import Geometry
from theylive_ros.mirrors.pointer import Pointer, PointerError, PointerState
from theylive_ros.nodes.base import ManagedNode, Worker, one_line, run_node
from theylive_ros.nodes.controller_link import ControllerChoice
from theylive_ros.nodes.mirrors_ear import Ear
from theylive_ros.nodes.mirrors_planner import Planner
from theylive_ros.nodes.mirrors_voice import Voice
from theylive_ros.nodes.parameters import ConfigurationError
from theylive_ros.settings import setting

_NO_SIM_TIME = "use_sim_time is set, but a hardware controller lives in real time: unset it"


@dataclasses.dataclass(frozen=True)
class MirrorsConfig:
    """Parameters of the node; more are under geometry, motion, aim, gate, clock, lines and controller."""

    calibration: str = setting("", "Calibration file; empty: the ideal rig of the nominal_ and geometry. parameters", read_only=True)
    nominal_width: int = setting(320, "Width of the pictures of the ideal rig", unit="px", low=1, high=10000, read_only=True)
    nominal_height: int = setting(240, "Height of the pictures of the ideal rig", unit="px", low=1, high=10000, read_only=True)
    nominal_scale: float = setting(0.785e-3, "Size of a pixel on the board of the ideal rig", unit="m", low=1e-6, high=1.0, read_only=True)
    home_on_start: bool = setting(True, "Find the axes' reference when activated; moves the mirrors, dark", read_only=True)
    tick_rate: float = setting(
        200.0, "How often the gate is judged and the lease renewed", unit="Hz", low=50.0, high=1000.0, read_only=True
    )


class MirrorsNode(ManagedNode):
    """Ticks the planner in a thread of its own. Services: ~/arm, ~/disarm, ~/stop, ~/home, ~/reference, ~/reset."""

    def __init__(self, **options: object) -> None:
        super().__init__("mirrors", **options)
        self._worker: Worker | None = None
        self._ear: Ear | None = None
        self._config = self.declare(MirrorsConfig)
        self._geometry = self.declare(Geometry, "geometry")
        self._clocks = self.declare(ClockSettings, "clock")
        self._controller = ControllerChoice(self)
        self._planner = Planner(self._controller)
        self.declare(MotionSettings, "motion", lambda value: self._planner.tune("motion", value))
        self.declare(AimSettings, "aim", lambda value: self._planner.tune("aim", value))
        self.declare(GateSettings, "gate", lambda value: self._planner.tune("gate", value))
        self.add_on_set_parameters_callback(self._refuse_sim_time)
        self._voice = Voice(self)
        self._trouble = ""
        self._to_home = False
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
        self.ready()

    def open(self) -> None:
        """Read the calibration and reach the controller."""
        if self.get_parameter("use_sim_time").value and not self._controller.simulated:
            raise ConfigurationError(_NO_SIM_TIME)
        config = self._config.value
        if config.calibration:
            self._planner.calibration = load(config.calibration)
        else:
            self._planner.calibration = nominal(config.nominal_width, config.nominal_height, config.nominal_scale, self._geometry.value)
        self._connect()

    def start(self) -> None:
        """Begin to hear targets and to tick; disarmed."""
        self._trouble = ""
        self._voice.begin()
        clocks = ClockWatch(self._clocks.value)
        self._ear = Ear(self, clocks)
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

    def lose_thread(self, text: str) -> None:
        """Nobody ticks any more: dark, disarmed."""
        super().lose_thread(text)
        self._planner.do(Pointer.disarm)
        self._voice.say_dark()

    def close(self) -> None:
        """Let the controller go, which makes it dark by itself too."""
        self._planner.close()

    def health(self) -> tuple[bytes, str]:
        """Error for a lost or faulty controller, warning while unreferenced."""
        state = self._state
        if self._trouble:
            return DiagnosticStatus.ERROR, self._trouble
        if state is None:
            return DiagnosticStatus.WARN, "starting"
        if state.fault:
            return DiagnosticStatus.ERROR, f"controller fault {state.fault}: mend its cause, then call ~/reset and ~/home"
        if not state.referenced:
            return DiagnosticStatus.WARN, "axes not referenced: call ~/home"
        return DiagnosticStatus.OK, "lit" if state.lit else "dark: " + ", ".join(state.reasons)

    def facts(self) -> dict[str, str]:
        """Where the controller is, and what last disarmed."""
        state = self._state
        return {"controller": self._controller.words, "disarmed_by": state.disarmed_by if state is not None else ""}

    def _refuse_sim_time(self, parameters: list[Parameter]) -> SetParametersResult:
        refused = not self._controller.simulated and any(p.name == "use_sim_time" and p.value for p in parameters)
        return SetParametersResult(successful=not refused, reason=_NO_SIM_TIME if refused else "")

    def _connect(self) -> None:
        self._planner.connect()
        self._to_home = self._config.value.home_on_start

    def _serve(self, name: str, action: Callable[[Pointer, float], None], answer: Trigger.Response) -> Trigger.Response:
        if self._planner.pointer is None or not self.active:
            answer.message = f"the node is not active, so it cannot {name}"
            return answer
        self._planner.hear_controller()
        try:
            self._planner.do(action)
        except PointerError as error:
            answer.message = str(error)
            return answer
        answer.success = True
        self.get_logger().info(f"{name}: done")
        return answer

    def _tick(self, worker: Worker, clocks: ClockWatch) -> None:
        backoff = Backoff()
        period = 1.0 / self._config.value.tick_rate
        due = time.monotonic()
        while not worker.stopping.is_set():
            if self._trouble and (worker.pause(backoff.next()) or not self._reconnect()):
                continue
            now = time.monotonic()
            if now < due:
                self._planner.listen(due - now)
                continue
            due = max(due + period, now)
            self._tick_once(clocks)
            if self._planner.link.closed:
                self._lose()
            elif self._planner.link.welcome is not None:  # one that ends at once is no controller yet
                backoff.reset()

    def _reconnect(self) -> bool:
        try:
            self._connect()
        except OSError as error:
            self._trouble = one_line(error)
            return False
        self.get_logger().info("the controller is back; call ~/arm to shine again")
        self._trouble = ""
        return True

    def _tick_once(self, clocks: ClockWatch) -> None:
        heard = None

        def step(pointer: Pointer, now: float) -> PointerState:
            nonlocal heard
            ros_now = self.ros_now()
            heard = self._ear.hand_over(pointer, now, ros_now)
            state = pointer.tick(now, clocks_sane=clocks.observe(ros_now, now))
            if self._to_home:
                self._to_home = not self._home(pointer, state, now)
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

    def _home(self, pointer: Pointer, state: PointerState, now: float) -> bool:
        """Find the reference where it is not known; False while the controller is not ready for that."""
        if state.referenced:
            return True
        try:
            pointer.home(now)
        except PointerError as error:
            if error.reason == "link_silent":
                return False
            self.get_logger().error(f"cannot home: {error}")
        return True

    def _lose(self) -> None:
        self._trouble = f"the controller is gone ({self._controller.words}); dark"
        self.get_logger().error(self._trouble)
        self.meter.count("controller_lost")
        self._planner.drop_link()


def main() -> None:
    """Run the node as a process."""
    sys.exit(run_node(MirrorsNode))
