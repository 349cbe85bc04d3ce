"""The planner of the mirrors: follows the target, keeps the plan, judges the gate, holds the lease. Ticked some 200 times a second."""

from __future__ import annotations

import dataclasses
import math

from theylive_ros.mirrors.aim import AimSettings, predict
from theylive_ros.mirrors.calibration import Calibration
from theylive_ros.mirrors.follower import Follower
from theylive_ros.mirrors.gate import GateSettings, Situation, controller_failing, distance_on_board, failing
from theylive_ros.mirrors.interface import Controller, ControllerStatus
from theylive_ros.mirrors.light import Light
from theylive_ros.mirrors.motion import MotionSettings
from theylive_ros.mirrors.plane import Point
from theylive_ros.settings import check
from theylive_ros.types import Target

# Any of these disarms, until somebody arms again.
_DISARMING = ("controller_fault", "stop_input", "no_laser_line", "unreferenced")
# While one of these lasts, no move is sent.
_HOLDING = {"link_silent", "controller_fault", "stop_input", "limit_input", "unreferenced"}
_CURES = {
    "link_silent": "the controller is silent: see that it runs and that its cable is in",
    "controller_fault": "the controller has a fault ({fault}): mend its cause, then reset",
    "stop_input": "the stop switch is pressed: release it",
    "limit_input": "a limit switch is pressed: home the axes",
    "no_laser_line": "no laser line is wired: name one in the controller's settings",
    "unreferenced": "the zero of the axes is unknown: home them",
    "cannot_clear_protected": "the detector cannot tell that no protected head is there: use one that reports every head, or allow it by"
    " allow_unclearing_detector",
}


class PointerError(Exception):
    """What was asked for is refused; `reason` names the condition as the gate does, the message the cause and the cure."""

    def __init__(self, reason: str, fault: str = "") -> None:
        super().__init__(f"{reason}: {_CURES[reason].format(fault=fault)}")
        self.reason = reason


@dataclasses.dataclass(frozen=True)
class PointerState:
    """What became of one tick.

    time: of the tick; stamp: capture of the frame behind the aim (NaN if none), both monotonic (s). track_id: 0 for none. aim: where the
    beam should meet the board now, spot: where it does by the count of steps (px), None without one. error: their distance on the
    board (m), NaN if unknown. settled: error within tolerance and no slew under way. armed, referenced, lit (as the controller reports),
    open (the lease was renewed). reasons: all that closes the gate. angles (rad), rates (rad/s): of mirrors 1 and 2. latency: from
    capture to the tick that first heard of it (s). fault: the controller's. disarmed_by: the condition that last disarmed the rig.
    """

    time: float
    stamp: float
    track_id: int
    aim: Point | None
    spot: Point | None
    error: float
    settled: bool
    referenced: bool
    armed: bool
    open: bool
    lit: bool
    reasons: tuple[str, ...]
    angles: Point
    rates: Point
    latency: float
    fault: str
    disarmed_by: str


class Pointer:
    """Keeps the spot on the target. Not thread-safe."""

    def __init__(
        self,
        calibration: Calibration,
        controller: Controller,
        *,
        motion: MotionSettings | None = None,
        gate: GateSettings | None = None,
        aim: AimSettings | None = None,
    ) -> None:
        """Raises ValueError for settings out of range, as `configure` does."""
        self.gate = gate or GateSettings()
        self.armed = False
        self._follower = Follower(calibration, controller, motion or MotionSettings(), aim or AimSettings(), self.gate.settle_tolerance)
        self.configure(motion=motion, gate=gate, aim=aim)
        self._controller = controller
        self._light = Light(controller)
        self._target: Target | None = None
        self._heard: float | None = None
        self._latency = math.nan
        self._disarmed_by = ""
        self._silent_since = math.inf

    def configure(
        self,
        *,
        calibration: Calibration | None = None,
        motion: MotionSettings | None = None,
        gate: GateSettings | None = None,
        aim: AimSettings | None = None,
    ) -> None:
        """Take other settings from the next tick on. With another calibration the rig must be armed again.

        Raises ValueError, and keeps what was, for settings out of range.
        """
        for settings in (motion, gate, aim):
            if settings is not None:
                check(settings)
        follower = self._follower
        if calibration is not None and calibration != follower.calibration:
            follower.calibration = calibration
            self.armed = False
        follower.motion = motion or follower.motion
        follower.aim = aim or follower.aim
        self.gate = gate or self.gate
        follower.tolerance = self.gate.settle_tolerance

    def on_target(self, target: Target, now: float) -> None:
        """Take in the selector's word on a frame; its stamp is on the monotonic clock. An older one than the last is left out."""
        last = self._target
        if last is not None and target.stamp < last.stamp <= now:
            return
        self._target = target
        self._heard = None

    def tick(self, now: float, *, clocks_sane: bool = True) -> PointerState:
        """Look at everything once: steer, judge, renew the light or drop it. clocks_sane: what the ClockWatch says."""
        status = self._controller.status()
        failed = controller_failing(status, now, self.gate)
        self._disarm_if(failed, now)
        self._follower.hear(status)
        target = self._target
        if target is not None and self._heard is None:
            self._heard = now
            self._latency = now - target.stamp
        if target is not None and target.track is not None and not _HOLDING & set(failed) and self._is_current(target, now):
            self._follower.steer(target.track, target.stamp, now)
        return self._judge(status, now, clocks_sane)

    def arm(self, now: float) -> None:
        """Let the gate decide from now on. Raises PointerError, and stays disarmed, while that cannot be."""
        status = self._controller.status()
        for reason in controller_failing(status, now, self.gate):
            raise PointerError(reason, status.fault if status else "")
        if self._target is not None and not self._target.clears_protected and not self.gate.allow_unclearing_detector:
            raise PointerError("cannot_clear_protected")
        self.armed = True
        self._disarmed_by = ""

    def disarm(self, now: float) -> None:
        """Dark at once, until armed again."""
        self.armed = False
        self._light.drop(now, always=True)

    def home(self, now: float) -> None:
        """Disarm and find the reference. Raises PointerError while the controller cannot."""
        self._leave(now, "link_silent", "controller_fault", "stop_input")
        self._controller.home()

    def reference(self, now: float) -> None:
        """Disarm and take the mirrors' present place for 0, 0. Raises PointerError while the controller cannot."""
        self._leave(now, "link_silent", "controller_fault", "stop_input")
        self._controller.reference()

    def reset(self, now: float) -> None:
        """Disarm and clear a fault whose cause is gone. Raises PointerError if nobody listens."""
        self._leave(now, "link_silent")
        self._controller.reset()

    def stop(self, now: float) -> None:
        """Dark and motionless at once, whatever the state; the reference is lost."""
        self.disarm(now)
        self._follower.forget(now + self.gate.link_timeout)
        self._controller.stop()

    def halt(self, now: float) -> None:
        """Dark at once, disarmed, and down a ramp to rest; the reference is kept."""
        self.disarm(now)
        self._target = None
        self._follower.halt(now)

    def _leave(self, now: float, *forbidding: str) -> None:
        status = self._controller.status()
        for reason in controller_failing(status, now, self.gate):
            if reason in forbidding:
                raise PointerError(reason, status.fault if status else "")
        self.disarm(now)
        self._follower.forget(now + self.gate.link_timeout)

    def _disarm_if(self, failed: tuple[str, ...], now: float) -> None:
        # A short silence is dark and no more: this program may have been late itself. A long one is a lost controller.
        silent = "link_silent" in failed
        self._silent_since = min(self._silent_since, now) if silent else math.inf
        lost = ("link_silent",) if now - self._silent_since >= self.gate.link_lost else ()
        for reason in (*failed, *lost):
            if self.armed and (reason in _DISARMING or reason in lost):
                self.armed = False
                self._disarmed_by = reason

    def _is_current(self, target: Target, now: float) -> bool:
        calibration = self._follower.calibration
        same_picture = (target.width, target.height) == (calibration.width, calibration.height)
        return same_picture and target.track is not None and 0.0 <= now - target.track.last_seen <= self.gate.target_timeout

    def _judge(self, status: ControllerStatus | None, now: float, clocks_sane: bool) -> PointerState:
        follower, calibration = self._follower, self._follower.calibration
        state, slewing = follower.present(status, now)
        target = self._target
        track = target.track if target else None
        aim = predict(track, target.stamp, now, follower.aim) if target and track else None
        spot = follower.pixel(state)
        situation = Situation(
            now=now,
            status=status,
            armed=self.armed,
            clocks_sane=clocks_sane,
            target=target,
            aim=aim,
            spot=spot,
            aim_steps=follower.steps(aim) if aim else None,
            spot_steps=(state.px, state.py),
            on_plan=follower.on_plan,
            slewing=slewing,
            on_time=self._light.count(now, status is not None and status.lit, self.gate.min_off_time),
        )
        reasons = failing(situation, calibration, self.gate)
        if reasons:
            self._light.drop(now, always=status is not None and status.lit)
        else:
            self._light.renew(now, self.gate.lease)
        error = distance_on_board(calibration, spot, aim) if spot and aim else math.nan
        geometry = calibration.geometry
        return PointerState(
            time=now,
            stamp=target.stamp if target else math.nan,
            track_id=track.id if track else 0,
            aim=aim,
            spot=spot,
            error=error,
            settled=error <= self.gate.settle_tolerance and follower.on_plan and not slewing,
            referenced=status is not None and status.referenced,
            armed=self.armed,
            open=not reasons,
            lit=status is not None and status.lit,
            reasons=reasons,
            angles=geometry.angles((state.px, state.py)),
            rates=geometry.rates((state.vx, state.vy)),
            latency=self._latency,
            fault=status.fault if status else "",
            disarmed_by=self._disarmed_by,
        )
