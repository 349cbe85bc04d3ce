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

"""Obeys or refuses a planner, keeps the light's lease, latches faults. Pure: time is what the caller says it is.

Positions are counts of microsteps: they change by the pulses made and by nothing else, except where HOME or REFERENCE declare them.
"""

from __future__ import annotations

from collections.abc import Callable

from theylive_ros.controller import messages as m
from theylive_ros.controller import plan as plans
from theylive_ros.controller.braking import braking
from theylive_ros.controller.check import RefusedError, check_move, check_range
from theylive_ros.controller.config import ExecutorSettings
from theylive_ros.controller.homing import Homing, HomingError
from theylive_ros.controller.lamp import Lamp
from theylive_ros.controller.lines.interface import Inputs, Lines, RateLines
from theylive_ros.controller.plan import FOREVER
from theylive_ros.controller.playback import Playback
from theylive_ros.controller.player import Player
from theylive_ros.controller.protocol import clean
from theylive_ros.controller.rate_player import RatePlayer
from theylive_ros.controller.wires import Wires

IDLE = 5  # input periods between two looks at the switches of a dark rig at rest
RELEASED = Inputs(False, False, False)


class Executor:
    """One rig's controller. Call `handle` with what the planner says and `advance` at the time it returned, or earlier."""

    def __init__(self, lines: Lines, settings: ExecutorSettings | None = None, clock_us: Callable[[], int] | None = None) -> None:
        """clock_us: where time is real, the clock read again after each pulse, so that a pause between two readings never brings
        pulses too close together. Without it a pulse is made at the very `now_us` of the call."""
        self.lines = lines
        self.settings = settings or ExecutorSettings()
        self._wires = wires = Wires(lines, lambda words, now_us: self._fail("driver", words, now_us))
        self.player: Playback = (
            RatePlayer(self.settings, wires.rate, wires.turn, self._stepped, clock_us)
            if isinstance(lines, RateLines)
            else Player(self.settings, wires.step, wires.turn, self._stepped, clock_us)
        )
        self.referenced = False
        self.fault = ""
        self.fault_text = ""
        self.inputs = RELEASED
        self.due_us = 0  # when `advance` wants to be called next
        self._lamp = Lamp(wires, self.settings)
        self._homing = Homing(self.settings, self.player)
        self._dark_until_us = -FOREVER  # what was said before the planner heard of a refusal does not light
        self._poll_us = -FOREVER
        self._silent_us = FOREVER  # when the planner's silence has lasted too long
        self._notices: list[m.Notice] = []
        check_range(self.settings, lines.has_limits)

    @property
    def lit(self) -> bool:
        """Whether the laser is on, as far as the lines obey."""
        return self._lamp.lit

    # --- what a session calls

    def open(self, now_us: int) -> None:
        """Take the wires. What goes wrong is latched as the fault `driver`, which RESET tries to mend."""
        self.due_us = now_us
        try:
            self._wires.open()
        except Exception as error:
            self._fail("driver", str(error), now_us)
            return
        self._watch(now_us)

    def close(self, now_us: int) -> None:
        """Dark, motionless, wires released. Safe to call twice."""
        self._halt(now_us)
        self._release()

    def hang_up(self, now_us: int) -> None:
        """The planner is gone: dark, and to rest as soon as the motors can."""
        self._silent_us = FOREVER
        self._brake(now_us, "the planner has gone")

    def heard(self, now_us: int) -> None:
        """An intact line has come from the planner. From now on its silence is dark, and motionless."""
        self._silent_us = now_us + self.settings.silence_us

    def distrust(self, reason: str, now_us: int) -> None:
        """The planner thinks the mirrors elsewhere than they are: dark, and for a lease deaf to what it said before it heard of that."""
        self._darken(now_us, reason)
        self._dark_until_us = now_us + self.settings.max_lease_us

    def handle(self, command: m.Message, now_us: int) -> m.Welcome | m.Report | m.Refusal:
        """Obey or refuse; `to` of the answer is left UNKNOWN for the session to fill in."""
        self._lamp.tick(now_us)
        self.due_us = now_us
        try:
            if isinstance(command, m.Hello):
                return self._greet(command, now_us)
            self._obey(command, now_us)
            self._poll_us = min(self._poll_us, now_us + self.settings.input_period_us)
        except RefusedError as refusal:
            return m.Refusal(m.UNKNOWN, refusal.code, str(refusal))
        return self.report(now_us)

    def advance(self, now_us: int) -> int:
        """Make what is due: pulses, the lease's end, a look at the switches. Returns when to come again at the latest.

        At one call an axis makes one pulse at most: a caller that is late shifts the plan instead of bunching pulses.
        """
        if now_us >= self._lamp.due_us:
            self._lamp.tick(now_us)
        if now_us >= self._silent_us:
            self._hush(now_us)
        if now_us >= self._poll_us or self._homing.busy:
            self._watch(now_us)
        due_us = self.player.advance(now_us)
        if self._homing.busy and not self.player.plan:  # a run has come to its end
            due_us = now_us
        self.due_us = min(due_us, self._poll_us, self._lamp.due_us, self._silent_us)
        return self.due_us

    def fds(self) -> tuple[int, ...]:
        """What can be read when a switch has moved: call `look` then."""
        return self.lines.fds() if self._wires.is_open else ()

    def look(self, now_us: int) -> None:
        """Read the switches now, and act on them at once."""
        self.due_us = now_us
        self._watch(now_us)

    def report(self, now_us: int) -> m.Report:
        """The state now."""
        player = self.player
        x, y = player.position
        flags = (bool(player.plan), self.lit, self.referenced, self.lines.has_laser, *self.inputs)
        return m.Report(
            m.UNKNOWN, now_us, x, y, *flags, player.lag_us, *player.pulses, *player.count_error, self.fault, clean(self.fault_text)
        )

    def take_notices(self) -> list[m.Notice]:
        """What has happened unasked since the last call."""
        notices, self._notices = self._notices, []
        return notices

    # --- commands

    def _greet(self, hello: m.Hello, now_us: int) -> m.Welcome:
        self._darken(now_us, "a planner has come")
        if hello.version != m.VERSION:
            raise RefusedError("version", f"the controller speaks protocol {m.VERSION}, the planner {hello.version}: update the older one")
        lines, own = self.lines, self.settings
        soft = (own.low_x, own.high_x, own.low_y, own.high_y)
        return m.Welcome(m.UNKNOWN, m.VERSION, lines.has_laser, lines.has_limits, int(own.max_rate), own.max_lease_us, *soft)

    def _obey(self, command: m.Message, now_us: int) -> None:
        if isinstance(command, m.Move):
            self._move(command, now_us)
        elif isinstance(command, m.Light):
            self._light(command.until_us, now_us)
        elif isinstance(command, m.Stop):
            self._halt(now_us)
        elif isinstance(command, m.Brake):
            self._brake(now_us)
        elif isinstance(command, m.Home):
            self._home(now_us)
        elif isinstance(command, m.Reference):
            self._reference(now_us)
        elif isinstance(command, m.Reset):
            self._reset(now_us)
        elif isinstance(command, m.Bye):
            self.hang_up(now_us)

    def _move(self, move: m.Move, now_us: int) -> None:
        if not move.lit:
            self._darken(now_us)
        try:
            self._join(move, now_us)
        except RefusedError:
            self.distrust("a move was refused", now_us)
            raise

    def _join(self, move: m.Move, now_us: int) -> None:
        self._watch(now_us)
        self._refuse_if_not_free()
        if self.inputs.limit_x or self.inputs.limit_y:
            raise RefusedError("limit", "a limit switch is pressed: home first, or turn the mirror by hand")
        new = plans.pieces(move.start_us, move.segments, move.lit)
        tau = now_us - self.player.lag_us
        check_move(new, self.player.running(min(tau, move.start_us)), tau, self.settings)
        self.player.join(new, now_us)

    def _light(self, until_us: int, now_us: int) -> None:
        if until_us <= 0:
            self._darken(now_us)
            return
        if until_us <= now_us:
            self._darken(now_us)
            raise RefusedError("late", f"the light was asked for until {now_us - until_us} us ago")
        self._watch(now_us)
        self._refuse_if_not_free()
        reason = self._why_dark(now_us)
        if reason:
            self._darken(now_us)
            raise RefusedError("dark", reason)
        self._lamp.shine(until_us, now_us)

    def _home(self, now_us: int) -> None:
        self._watch(now_us)
        self._refuse_if_not_free()
        if not self.lines.has_limits:
            raise RefusedError("no_limits", "this rig has no limit switches: set the mirrors by hand and use reference")
        self._halt(now_us)
        self._homing.begin(self.inputs, now_us)

    def _reference(self, now_us: int) -> None:
        self._refuse_if_not_free()
        if self.player.plan:
            raise RefusedError("moving", "the mirrors are moving: wait until they rest")
        self.player.position = [0, 0]
        self.referenced = True

    def _reset(self, now_us: int) -> None:
        if self.fault == "driver":
            self._release()
            try:
                self._wires.open()
            except Exception as error:
                self.fault_text = str(error)
                raise RefusedError("driver", str(error)) from error
        cause, self.fault, self.fault_text = (self.fault, self.fault_text), "", ""
        self._watch(now_us)
        if self.fault:
            self.fault, self.fault_text = cause if cause[0] == self.fault else (self.fault, self.fault_text)
            raise RefusedError(self.fault, self.fault_text)

    def _refuse_if_not_free(self) -> None:
        if self.fault:
            raise RefusedError("fault", f"latched {self.fault}: {self.fault_text}; mend it, then reset")
        if self._homing.busy:
            raise RefusedError("homing", "homing is under way: wait, or stop")

    def _why_dark(self, now_us: int) -> str:
        if not self.lines.has_laser:
            return "no laser line is wired"
        if not self.referenced:
            return "unreferenced: home first, or use reference"
        if self.inputs.limit_x or self.inputs.limit_y:
            return "a limit switch is pressed"
        if self.player.dark(now_us):
            return "a dark move is under way"
        if now_us < self._dark_until_us:
            return "a move was refused or lost just before"
        return ""

    def _brake(self, now_us: int, reason: str = "") -> None:
        """Dark at once, at rest as soon as the motors can be; the reference stays. Homing is given up."""
        self._darken(now_us, reason)
        if self._homing.busy:  # slow enough to end where it is; a ramp might end on the switch that was looked for
            self._halt(now_us)
        elif self.player.plan:
            at_us = now_us - self.player.lag_us
            running = self.player.running(at_us)
            x, y = plans.state(running, 0, at_us), plans.state(running, 1, at_us)
            self.player.join(braking(x, y, self.settings.max_acceleration, at_us), now_us)

    # --- inputs, light, faults

    def _watch(self, now_us: int) -> None:
        """Look at the switches and act on them. Where nothing moves or shines, a look now and then will do."""
        busy = self.lit or self.player.plan
        self._poll_us = now_us + self.settings.input_period_us * (1 if busy else IDLE)
        inputs = self._wires.inputs(now_us)
        if inputs is None:
            return
        self.inputs = inputs
        if self.inputs.stop:
            self._fail("stop", "the stop switch is pressed: release it", now_us)
        elif self._homing.busy:
            self._proceed(now_us)
        elif self.inputs.limit_x or self.inputs.limit_y:
            name = "limit_x" if self.inputs.limit_x else "limit_y"
            if self.player.plan:
                self._fail(name, f"limit switch {name[-1].upper()} was hit in motion: reset, then home", now_us)
            self._darken(now_us, "a limit switch is pressed")

    def _proceed(self, now_us: int) -> None:
        """Homing goes on."""
        try:
            found = self._homing.proceed(self.inputs, now_us)
        except HomingError as error:
            self._fail("homing", str(error), now_us)
            return
        if found:
            self.referenced = True
            self._notices.append(m.Notice("homed", "reference found"))

    def _hush(self, now_us: int) -> None:
        """The planner has been silent for too long."""
        self._silent_us = FOREVER
        if self.lit or self.player.plan:
            self._notices.append(
                m.Notice("silence", f"no line from the planner for {self.settings.silence_us // 1000} ms: dark and at rest")
            )
            self._brake(now_us)

    def _darken(self, now_us: int, reason: str = "") -> None:
        if self._lamp.off(now_us) and reason:
            self._notices.append(m.Notice("light", reason))

    def _halt(self, now_us: int) -> None:
        """Dark and motionless at once; where the mirrors stop is not known for sure."""
        self._darken(now_us)
        self.player.drop()
        self._homing.abandon()
        self.referenced = False

    def _fail(self, code: str, text: str, now_us: int) -> None:
        """Latch a fault, dark and motionless. The first one stays; a driver's fault outranks the others."""
        news = not self.fault or (code == "driver" and self.fault != "driver")
        if news:
            self.fault, self.fault_text = code, text
            self._notices.append(m.Notice(code, text))
        self._halt(now_us)
        if code == "driver" and news:
            self._release()  # which also asks the driver once more for darkness

    def _release(self) -> None:
        self.inputs = RELEASED
        trouble = self._wires.release()
        self.fault_text = self.fault_text or trouble

    def _stepped(self, now_us: int) -> None:
        if self._homing.busy:
            self._watch(now_us)


def play(executor: Executor, now_us: int) -> int:
    """Advance through every due moment up to `now_us`, each at its own time: for virtual time and simulated motors, where being called
    late is no lateness. Returns the next due time."""
    while executor.due_us <= now_us:
        executor.advance(executor.due_us)
    return executor.due_us
