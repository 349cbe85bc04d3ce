"""The node `mirrors`: steers the beam to the target and lets the gate decide whether it shines."""

from __future__ import annotations

import collections
import dataclasses
import math
import select
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from rcl_interfaces.msg import SetParametersResult
from rclpy.duration import Duration
from rclpy.parameter import Parameter
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger
from theylive_msgs import msg

from theylive_ros.camera.reopen import Backoff
from theylive_ros.controller.link import Link
from theylive_ros.mirrors.aim import AimSettings
from theylive_ros.mirrors.calibration import Calibration, load, nominal
from theylive_ros.mirrors.clock import ClockSettings, ClockWatch
from theylive_ros.mirrors.gate import GateSettings
from theylive_ros.mirrors.motion import MotionSettings
from theylive_ros.mirrors.optics import Geometry
from theylive_ros.mirrors.pointer import Pointer, PointerError, PointerState
from theylive_ros.nodes import conversions, qos
from theylive_ros.nodes.base import ManagedNode, Worker, one_line, run_node
from theylive_ros.nodes.controller_link import ControllerChoice
from theylive_ros.nodes.parameters import ConfigurationError
from theylive_ros.settings import setting
from theylive_ros.types import Target, Track

JOINTS = ["mirror_1_joint", "mirror_2_joint"]
_STATE_PERIOD = 0.1  # s between two laser messages that say the same
_JOINTS_PERIOD = 0.02  # s
_PATIENCE = 0.3  # s
_LAST_WORD = Duration(seconds=0.3)
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
        self._pointer: Pointer | None = None
        self._link: Link | None = None
        self._worker: Worker | None = None
        self._subscription = None
        self._calibration: Calibration | None = None
        self._config = self.declare(MirrorsConfig)
        self._geometry = self.declare(Geometry, "geometry")
        # One thread at a time may touch the planner and its link: the ticking one, or a service.
        self._lock = threading.Lock()
        self._tuned: dict[str, Any] = {}  # what the planner goes by, also one that is made anew
        self.declare(MotionSettings, "motion", lambda value: self._tune("motion", value))
        self.declare(AimSettings, "aim", lambda value: self._tune("aim", value))
        self.declare(GateSettings, "gate", lambda value: self._tune("gate", value))
        self._clocks = self.declare(ClockSettings, "clock")
        self._controller = ControllerChoice(self)
        self.add_on_set_parameters_callback(self._refuse_sim_time)
        self._targets: collections.deque[msg.Target] = collections.deque(maxlen=4)
        self._laser = self.create_lifecycle_publisher(msg.LaserState, "laser", qos.STATE)
        self._pointing = self.create_lifecycle_publisher(msg.Pointing, "pointing", qos.RESULT)
        self._joints = self.create_lifecycle_publisher(JointState, "joint_states", qos.RESULT)
        self._told: tuple[object, ...] = ()
        self._told_at = self._joints_at = -math.inf
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
            self._calibration = load(config.calibration)
        else:
            self._calibration = nominal(config.nominal_width, config.nominal_height, config.nominal_scale, self._geometry.value)
        self._connect()

    def start(self) -> None:
        """Begin to hear targets and to tick; disarmed."""
        self._targets.clear()
        self._told, self._trouble = (), ""
        self._subscription = self.create_subscription(msg.Target, "target", self._on_target, qos.RESULT)
        self._worker = Worker(self, "tick", self._tick)

    def stop(self) -> None:
        """Dark, down a ramp to rest."""
        if self._subscription is not None:
            self.destroy_subscription(self._subscription)
            self._subscription = None
        if self._worker is not None:
            self._worker.join()
            self._worker = None
            with self._lock:
                if self._pointer is not None:
                    self._pointer.halt(time.monotonic())
            self._say_dark()
            self._laser.wait_for_all_acked(_LAST_WORD)  # or it may be lost with this process, and the laser look lit for ever

    def lose_thread(self, text: str) -> None:
        """Nobody ticks any more: dark, disarmed."""
        super().lose_thread(text)
        with self._lock:
            if self._pointer is not None:
                self._pointer.disarm(time.monotonic())
        self._say_dark()

    def close(self) -> None:
        """Let the controller go, which makes it dark by itself too."""
        with self._lock:
            if self._link is not None:
                self._link.close()
            self._link = self._pointer = None

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

    def _say_dark(self) -> None:
        """The last word of this node, for whoever still listens."""
        head = conversions.header(self.get_clock().now().to_msg(), "")
        self._laser.publish(msg.LaserState(header=head, reasons=["not_armed"]))

    def _on_target(self, message: msg.Target) -> None:
        self._targets.append(message)

    def _refuse_sim_time(self, parameters: list[Parameter]) -> SetParametersResult:
        refused = not self._controller.simulated and any(p.name == "use_sim_time" and p.value for p in parameters)
        return SetParametersResult(successful=not refused, reason=_NO_SIM_TIME if refused else "")

    def _tune(self, name: str, value: object) -> None:
        with self._lock:
            self._tuned[name] = value
            if self._pointer is not None:
                self._pointer.configure(**{name: value})

    def _connect(self) -> None:
        link = self._controller.open()
        with self._lock:
            self._link, self._pointer = link, Pointer(self._calibration, link, **self._tuned)
        self._to_home = self._config.value.home_on_start

    def _serve(self, name: str, action: Callable[[Pointer, float], None], answer: Trigger.Response) -> Trigger.Response:
        if self._pointer is None or not self.active:
            answer.message = f"the node is not active, so it cannot {name}"
            return answer
        self._hear_controller()
        with self._lock:
            try:
                action(self._pointer, time.monotonic())
            except PointerError as error:
                answer.message = str(error)
                return answer
        answer.success = True
        self.get_logger().info(f"{name}: done")
        return answer

    def _hear_controller(self) -> None:
        """Wait a little for its word where this process, not the controller, has been late."""
        patience = time.monotonic() + _PATIENCE
        while time.monotonic() < patience:
            with self._lock:
                self._link.pump()
                if self._link.status() is not None:
                    return
            time.sleep(0.005)

    def _tick(self, worker: Worker) -> None:
        clocks, backoff = ClockWatch(self._clocks.value), Backoff()
        period = 1.0 / self._config.value.tick_rate
        due = time.monotonic()
        while not worker.stopping.is_set():
            if self._trouble and (worker.pause(backoff.next()) or not self._reconnect()):
                continue
            now = time.monotonic()
            if now < due:
                self._listen(due - now)
                continue
            due = max(due + period, now)
            self._tick_once(clocks)
            if self._link.closed:
                self._lose()
            elif self._link.welcome is not None:  # one that ends at once is no controller yet
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

    def _listen(self, seconds: float) -> None:
        """Wait for the controller's next word, at most this long."""
        if select.select([self._link.fileno()], [], [], seconds)[0]:
            with self._lock:
                self._link.pump()

    def _tick_once(self, clocks: ClockWatch) -> None:
        heard = None
        with self._lock:
            now, ros_now = time.monotonic(), self.ros_now()
            self._link.pump(now)
            while self._targets:
                message = self._targets.popleft()
                target = conversions.from_target(message)
                stamp = clocks.stamp(target.stamp, ros_now, now)
                if stamp is None:
                    self.meter.count("impossible_stamps")
                    continue
                heard = message
                self._pointer.on_target(_on_monotonic(target, stamp), now)
            state = self._pointer.tick(now, clocks_sane=clocks.observe(ros_now, now))
            errors = self._link.take_errors()
            if self._to_home:
                self._to_home = not self._home(state, now)
        self._state = state
        self.meter.latency("tick", time.monotonic() - now)
        for error in errors:
            self.meter.count("refused_by_controller")
            self.get_logger().warning(f"controller: {error}", throttle_duration_sec=1.0)
        self._publish(state, heard, now)

    def _home(self, state: PointerState, now: float) -> bool:
        """Find the reference where it is not known; False while the controller is not ready for that."""
        if state.referenced:
            return True
        try:
            self._pointer.home(now)
        except PointerError as error:
            if error.reason == "link_silent":
                return False
            self.get_logger().error(f"cannot home: {error}")
        return True

    def _lose(self) -> None:
        self._trouble = f"the controller is gone ({self._controller.words}); dark"
        self.get_logger().error(self._trouble)
        self.meter.count("controller_lost")
        with self._lock:
            self._link.close()

    def _publish(self, state: PointerState, heard: msg.Target | None, now: float) -> None:
        stamp = self.get_clock().now().to_msg()
        told = (state.lit, state.armed, state.track_id, state.reasons)
        if told != self._told or now - self._told_at >= _STATE_PERIOD:
            self._told, self._told_at = told, now
            track = state.track_id if state.lit else 0
            head = conversions.header(stamp, "")
            self._laser.publish(msg.LaserState(header=head, on=state.lit, armed=state.armed, track_id=track, reasons=list(state.reasons)))
        if now - self._joints_at >= _JOINTS_PERIOD:
            self._joints_at = now
            head = conversions.header(stamp, "")
            self._joints.publish(JointState(header=head, name=JOINTS, position=list(state.angles), velocity=list(state.rates)))
        if heard is not None:
            aim, spot = state.aim or (math.nan, math.nan), state.spot or (math.nan, math.nan)
            self._pointing.publish(
                msg.Pointing(
                    header=heard.header,
                    track_id=state.track_id,
                    aim_x=aim[0],
                    aim_y=aim[1],
                    spot_x=spot[0],
                    spot_y=spot[1],
                    error=state.error,
                    settled=state.settled,
                    referenced=state.referenced,
                    latency=state.latency,
                )
            )
            self.meter.count("targets")
            self.meter.latency("capture_to_pointing", state.latency)


def _on_monotonic(target: Target, stamp: float) -> Target:
    """A target with all its stamps moved from ROS time to the monotonic clock, on which its own is `stamp`."""
    shift = stamp - target.stamp

    def moved(track: Track) -> Track:
        return dataclasses.replace(track, last_seen=track.last_seen + shift)

    return dataclasses.replace(
        target,
        stamp=stamp,
        track=moved(target.track) if target.track is not None else None,
        protected=tuple(map(moved, target.protected)),
        others=tuple(map(moved, target.others)),
    )


def main() -> None:
    """Run the node as a process."""
    sys.exit(run_node(MirrorsNode))
