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

"""The planner of the mirrors: follows the target or orders, judges the gate, holds the lease. Ticked some 200 times a second."""

from __future__ import annotations

import contextlib
import dataclasses
import math

from theylive_ros.mirrors.aim import AimSettings
from theylive_ros.mirrors.arming import Arming
from theylive_ros.mirrors.calibration import Calibration
from theylive_ros.mirrors.clock import Clocks
from theylive_ros.mirrors.commissioning import Order
from theylive_ros.mirrors.follower import Follower
from theylive_ros.mirrors.gate import GateSettings, controller_failing
from theylive_ros.mirrors.interface import Controller, ControllerStatus
from theylive_ros.mirrors.light import Light
from theylive_ros.mirrors.motion import MotionSettings
from theylive_ros.mirrors.optics import Geometry
from theylive_ros.mirrors.plane import Point
from theylive_ros.mirrors.pointer_state import PointerError, PointerState
from theylive_ros.mirrors.rest import Resting
from theylive_ros.mirrors.trim import Trim, TrimSettings, offset_of, sigma_of
from theylive_ros.mirrors.verdict import Look, Verdict, judge_order, judge_target
from theylive_ros.settings import check
from theylive_ros.types import SpotSeen, Target

__all__ = ["Pointer", "PointerError", "PointerState"]

# While one of these lasts, no move is sent.
_HOLDING = {"link_silent", "controller_fault", "stop_input", "limit_input", "unreferenced"}


class Pointer:
    """Keeps the spot on the target, or where somebody orders it in commissioning mode. Not thread-safe."""

    def __init__(
        self,
        calibration: Calibration | None,
        controller: Controller,
        *,
        geometry: Geometry | None = None,
        limits: tuple[tuple[int, int], tuple[int, int]] | None = None,
        motion: MotionSettings | None = None,
        gate: GateSettings | None = None,
        aim: AimSettings | None = None,
        trim: TrimSettings | None = None,
    ) -> None:
        """calibration: None for a rig that has none, which can be commissioned but not armed. geometry, limits (lowest and highest
        microstep of each axis): what orders in commissioning go by; without them the calibration's.

        Raises ValueError for settings out of range, as `configure` does, and for neither calibration nor limits.
        """
        if calibration is None and limits is None:
            raise ValueError("without a calibration the soft limits must be given")
        self.gate = gate or GateSettings()
        self._arming = Arming()
        self._geometry, self._limits = geometry, limits
        self._follower = Follower(calibration, controller, motion or MotionSettings(), aim or AimSettings(), self.gate.settle_tolerance)
        self._trim = Trim(trim)
        self.configure(motion=motion, gate=gate, aim=aim, trim=trim)
        self._controller = controller
        self._light = Light(controller)
        self._resting = Resting()
        self._target: Target | None = None
        self._order: Order | None = None
        self._heard: float | None = None
        self._latency = math.nan

    def configure(
        self,
        *,
        calibration: Calibration | None = None,
        motion: MotionSettings | None = None,
        gate: GateSettings | None = None,
        aim: AimSettings | None = None,
        trim: TrimSettings | None = None,
    ) -> None:
        """Take other settings from the next tick on. With another calibration the rig must be armed again.

        Raises ValueError, and keeps what was, for settings out of range.
        """
        for settings in (motion, gate, aim, trim):
            if settings is not None:
                check(settings)
        follower = self._follower
        if calibration is not None and calibration != follower.calibration:
            follower.calibration = calibration
            self._trim.reset()
            self._arming.armed = False
        follower.motion = motion or follower.motion
        follower.aim = aim or follower.aim
        self._trim.settings = trim or self._trim.settings
        self._trim.map_sigma = sigma_of(follower.calibration) if follower.calibration else 0.0
        self.gate = gate or self.gate
        follower.tolerance = self.gate.settle_tolerance

    @property
    def armed(self) -> bool:
        """Whether the gate decides."""
        return self._arming.armed

    @property
    def commissioning(self) -> bool:
        """Whether the rig is in commissioning mode."""
        return self._arming.commissioning

    @property
    def ordered(self) -> bool:
        """Whether an order has been given, late or not, that nothing has made void since."""
        return self._order is not None

    def on_target(self, target: Target, now: float) -> None:
        """Take in the selector's word on a frame; its stamp is on the monotonic clock. An older one than the last is left out."""
        last = self._target
        if last is not None and target.stamp < last.stamp <= now:
            return
        track = self._resting.look(target.track, target.stamp) if target.track else None
        self._target = dataclasses.replace(target, track=track)
        self._heard = None

    def on_spot(self, seen: SpotSeen, now: float) -> None:
        """Take in where the laser was seen; its stamp is on the monotonic clock. Counts only where the controller says that it shone."""
        calibration, settings = self._follower.calibration, self._trim.settings
        if calibration is None or self.commissioning or not settings.enabled or not self._light.shone(seen.stamp):
            return
        past = self._follower.past(self._controller.status(), seen.stamp)
        off = offset_of(seen, calibration, *past, settings) if past else None
        if past and off:
            self._trim.see(seen.stamp, *off, past[0].place)

    def tick(self, now: float, *, clocks: Clocks) -> PointerState:
        """Look at everything once: steer, judge, renew the light or drop it. clocks: what is known of them."""
        status = self._controller.status()
        if status is not None and not status.referenced:
            self._trim.reset()
        failed = set(self._failing(status, now))
        self._disarm_if(failed, now)
        if status is not None:
            self._trim.count(now, status.count_error)
        self._follower.offset = self._trim.offset
        self._follower.hear(status)
        target = self._target
        if target is not None and self._heard is None:
            self._heard = now
            self._latency = now - target.stamp
        if not _HOLDING & failed:
            self._steer(failed, now)
        on_time = self._light.count(now, status, self.gate.min_off_time)
        look = Look(now, status, self.armed, clocks, target, on_time)
        if self.commissioning:
            return self._conclude(look, judge_order(look, self._follower, self._order, self._light, self.gate))
        return self._conclude(look, judge_target(look, self._follower, self._trim, self.gate))

    def arm(self, now: float) -> None:
        """Let the gate decide from now on. Raises PointerError, and stays disarmed, while that cannot be."""
        if self.commissioning:
            raise PointerError("commissioning")
        status = self._controller.status()
        for reason in self._failing(status, now):
            raise PointerError(reason, status.fault if status else "")
        if self._follower.calibration is None:
            raise PointerError("uncalibrated")
        if self._target is not None and not self._target.clears_protected and not self.gate.allow_unclearing_detector:
            raise PointerError("cannot_clear_protected")
        self._arming.arm()

    def disarm(self, now: float) -> None:
        """Dark at once, until armed or commissioned again."""
        self._arming.disarm()
        self._order = None
        self._light.drop(now, always=True)

    def commission(self, now: float) -> None:
        """Obey `order` from now on, for 300 s unless called again. Raises PointerError while armed, or while the axes cannot be moved."""
        if self.armed:
            raise PointerError("armed")
        status = self._controller.status()
        for reason in controller_failing(status, now, self.gate):
            if reason in _HOLDING:
                raise PointerError(reason, status.fault if status else "")
        self._arming.commission(now)

    def decommission(self, now: float) -> None:
        """Dark at once, and back to targets, disarmed. Does nothing in targeting mode."""
        if self.commissioning:
            self.disarm(now)

    def order(self, angles: Point, light: bool, now: float) -> None:
        """Turn the mirrors to these angles (rad) and, once they stand there, shine or not. Lasts 0.3 s: the light goes out unless it is
        repeated. Raises PointerError, and forgets the order before, outside commissioning mode and for angles beyond the limits."""
        self._order = None
        if not self.commissioning:
            raise PointerError("not_commissioning")
        steps = self._ordering_geometry.steps(angles)
        limits = self._limits or self._follower.calibration.limits  # type: ignore[union-attr]
        if not all(low <= step <= high for step, (low, high) in zip(steps, limits, strict=True)):
            self._light.drop(now)
            raise PointerError("outside_limits")
        self._order = Order(now, (round(steps[0]), round(steps[1])), light)

    def home(self, now: float) -> None:
        """Disarm and find the reference. Raises PointerError while the controller cannot."""
        self._leave(now, "link_silent", "controller_fault", "stop_input")
        self._trim.reset()
        self._controller.home()

    def reference(self, now: float) -> None:
        """Disarm and take the mirrors' present place for 0, 0. Raises PointerError while the controller cannot."""
        self._leave(now, "link_silent", "controller_fault", "stop_input")
        self._trim.reset()
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
        """Dark at once, disarmed, and to rest as quickly as the motors can follow; the reference is kept. It is the controller that finds
        the way to rest, so that it does also where the plan is not known to hold."""
        self.disarm(now)
        self._target = None
        self._follower.forget(now + self.gate.link_timeout)
        self._controller.brake()

    @property
    def _ordering_geometry(self) -> Geometry:
        calibration = self._follower.calibration
        return self._geometry or (calibration.geometry if calibration else Geometry())

    def _leave(self, now: float, *forbidding: str) -> None:
        """Dark and disarmed for what makes the plan void; commissioning goes on where the axes keep their reference."""
        status = self._controller.status()
        for reason in controller_failing(status, now, self.gate):
            if reason in forbidding:
                raise PointerError(reason, status.fault if status else "")
        self._arming.armed = False
        self._order = None
        self._light.drop(now, always=True)
        self._follower.forget(now + self.gate.link_timeout)

    def _failing(self, status: ControllerStatus | None, now: float) -> tuple[str, ...]:
        return (*controller_failing(status, now, self.gate), *(("missed_steps",) if self._trim.lost else ()))

    def _disarm_if(self, failed: set[str], now: float) -> None:
        reasons = self._arming.look(failed, now, self.gate.link_lost)
        if reasons:
            self.disarm(now)
        if "missed_steps" in reasons and self._controller.has_limits:
            # where that cannot be now, somebody will home it by hand, as the reason says
            with contextlib.suppress(PointerError):
                self.home(now)

    def _steer(self, failed: set[str], now: float) -> None:
        if self.commissioning:
            if self._order is not None and self._order.lasts(now):
                self._follower.go(self._order.goal, now)
            return
        target = self._target
        if target is not None and target.track is not None and self._is_current(target, now) and "missed_steps" not in failed:
            self._follower.steer(target.track, target.stamp, now)

    def _is_current(self, target: Target, now: float) -> bool:
        calibration = self._follower.calibration
        same_picture = calibration is not None and (target.width, target.height) == (calibration.width, calibration.height)
        return same_picture and target.track is not None and 0.0 <= now - target.track.last_seen <= self.gate.target_timeout

    def _conclude(self, look: Look, verdict: Verdict) -> PointerState:
        """Renew the light or drop it, and say what there is to say."""
        follower, status, state = self._follower, look.status, verdict.state
        lit = status is not None and status.lit
        if verdict.reasons:
            self._light.drop(look.now, always=lit)
        else:
            self._light.renew(look.now, self.gate.lease)
        calibration = follower.calibration
        geometry = self._ordering_geometry if self.commissioning or calibration is None else calibration.geometry
        return PointerState(
            time=look.now,
            stamp=look.target.stamp if look.target else math.nan,
            mode="commissioning" if self.commissioning else "targeting",
            calibrated=calibration is not None,
            track_id=verdict.track_id,
            aim=verdict.aim,
            spot=verdict.spot,
            error=verdict.error,
            lag=verdict.lag,
            settled=verdict.settled,
            referenced=status is not None and status.referenced,
            armed=self.armed,
            open=not verdict.reasons,
            lit=lit,
            reasons=verdict.reasons,
            angles=geometry.angles(state.place),
            rates=geometry.rates((state.vx, state.vy)),
            trim=follower.trim(state),
            missed_steps=self._trim.missed_steps,
            latency=self._latency,
            count_error=self._trim.count_error,
            fault=status.fault if status else "",
            disarmed_by=self._arming.ended_by,
        )
