"""Plays timed segments on the lines, counts every pulse, and keeps the light's lease. Pure: time is what the caller says it is.

Positions are counts of microsteps: they change by the pulses made and by nothing else, except where HOME or REFERENCE declare them.
A plan always ends at rest. After a late wake-up the plan's own clock stands back by `lag`: a late pulse costs time, never a step.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from theylive_ros.controller import plan as plans
from theylive_ros.controller import protocol as p
from theylive_ros.controller.check import Refused, check_move
from theylive_ros.controller.config import ExecutorSettings
from theylive_ros.controller.homing import HomingError, Place, Return, Run, homing
from theylive_ros.controller.lines.interface import Inputs, Lines
from theylive_ros.controller.plan import Piece

RELEASED = Inputs(False, False, False)


class Executor:
    """One rig's controller. Call `handle` with what the planner says and `advance` at the time it returned, or earlier."""

    def __init__(self, lines: Lines, settings: ExecutorSettings | None = None, clock_us: Callable[[], int] | None = None) -> None:
        """clock_us: where time is real, the clock read again after each pulse, so that a pause between two readings never brings
        pulses too close together. Without it a pulse is made at the very `now_us` of the call."""
        self.lines = lines
        self.settings = settings or ExecutorSettings()
        self.position = [0, 0]
        self.pulses = [0, 0]
        self.referenced = False
        self.lit = False
        self.lag_us = 0
        self.fault = ""
        self.fault_text = ""
        self.inputs = RELEASED
        self.due_us = 0  # when `advance` wants to be called next
        self._clock_us = clock_us
        self._open = False
        self._plan: list[Piece] = []
        self._due: list[tuple[float, int] | None] = [None, None]  # next pulse of each axis: plan time, direction
        self._base = [0.0, 0.0]  # plan time up to which an axis' pulses are made
        self._ready_us = [-plans.FOREVER, -plans.FOREVER]  # minimum interval and DIR set-up allow no pulse before
        self._direction = [0, 0]  # what DIR says; 0: not known
        self._lit_until_us = 0
        self._poll_us = -plans.FOREVER
        self._homing: Generator[Any, tuple[Inputs, bool], None] | None = None
        self._homing_run: Any = None
        self._notices: list[p.Notice] = []

    # --- what a session calls

    def open(self, now_us: int) -> None:
        """Take the wires. What goes wrong is latched as the fault `driver`, which RESET tries to mend."""
        self.due_us = now_us
        try:
            self.lines.open()
        except Exception as error:
            self._fail("driver", str(error), now_us)
            return
        self._open = True
        self._watch(now_us)

    def close(self, now_us: int) -> None:
        """Dark, motionless, wires released. Safe to call twice."""
        self._halt(now_us)
        self._release()

    def hang_up(self, now_us: int) -> None:
        """The planner is gone: dark; a running plan comes to its rest."""
        self._darken(now_us, "the planner has gone")

    def handle(self, command: p.Message, now_us: int) -> p.Welcome | p.Report | p.Refusal:
        """Obey or refuse; `to` of the answer is left UNKNOWN for the session to fill in."""
        self._lapse(now_us)
        self.due_us = now_us
        try:
            if isinstance(command, p.Hello):
                return self._greet(command, now_us)
            self._obey(command, now_us)
        except Refused as refusal:
            return p.Refusal(p.UNKNOWN, refusal.code, str(refusal))
        return self.report(now_us)

    def advance(self, now_us: int) -> int:
        """Make what is due: pulses, the lease's end, a look at the switches. Returns when to come again at the latest.

        At one call an axis makes one pulse at most: a caller that is late shifts the plan instead of bunching pulses.
        """
        self._lapse(now_us)
        if now_us >= self._poll_us or self._homing is not None:
            self._watch(now_us)
        self.due_us = min(self._play(now_us), self._poll_us, self._lit_until_us if self.lit else plans.FOREVER)
        return self.due_us

    def report(self, now_us: int) -> p.Report:
        """The state now."""
        x, y = self.position
        flags = (bool(self._plan), self.lit, self.referenced, self.lines.has_laser, *self.inputs)
        return p.Report(p.UNKNOWN, now_us, x, y, *flags, self.lag_us, *self.pulses, self.fault, p.clean(self.fault_text))

    def take_notices(self) -> list[p.Notice]:
        """What has happened unasked since the last call."""
        notices, self._notices = self._notices, []
        return notices

    # --- commands

    def _greet(self, hello: p.Hello, now_us: int) -> p.Welcome:
        self._darken(now_us, "a planner has come")
        if hello.version != p.VERSION:
            raise Refused("version", f"the controller speaks protocol {p.VERSION}, the planner {hello.version}: update the older one")
        lines, settings = self.lines, self.settings
        return p.Welcome(p.UNKNOWN, p.VERSION, lines.has_laser, lines.has_limits, int(settings.max_rate), settings.max_lease_us)

    def _obey(self, command: p.Message, now_us: int) -> None:
        if isinstance(command, p.Move):
            self._move(command, now_us)
        elif isinstance(command, p.Light):
            self._light(command.us, now_us)
        elif isinstance(command, p.Stop):
            self._halt(now_us)
        elif isinstance(command, p.Home):
            self._home(now_us)
        elif isinstance(command, p.Reference):
            self._reference(now_us)
        elif isinstance(command, p.Reset):
            self._reset(now_us)
        elif isinstance(command, p.Bye):
            self.hang_up(now_us)

    def _move(self, move: p.Move, now_us: int) -> None:
        if not move.lit:
            self._darken(now_us)
        try:
            self._join(move, now_us)
        except Refused:
            self._darken(now_us, "a move was refused")  # the planner thinks the mirrors elsewhere than they are
            raise

    def _join(self, move: p.Move, now_us: int) -> None:
        self._watch(now_us)
        self._refuse_if_not_free()
        if self.inputs.limit_x or self.inputs.limit_y:
            raise Refused("limit", "a limit switch is pressed: home first, or turn the mirror by hand")
        new = plans.pieces(move.start_us, move.segments, move.lit)
        tau = now_us - self.lag_us
        standing = plans.rest(min(tau, move.start_us), plans.FOREVER, (float(self.position[0]), float(self.position[1])), lit=True)
        running = self._plan or [standing]
        check_move(new, running, tau, self.settings)
        if not self._plan:
            self._base = [float(standing.start_us)] * 2
        self._plan = plans.splice(running, new)
        self._aim(0, now_us)
        self._aim(1, now_us)

    def _light(self, us: int, now_us: int) -> None:
        if us <= 0:
            self._darken(now_us)
            return
        self._watch(now_us)
        self._refuse_if_not_free()
        reason = self._why_dark(now_us)
        if reason:
            self._darken(now_us)
            raise Refused("dark", reason)
        self._lit_until_us = now_us + min(us, self.settings.max_lease_us)
        if not self.lit and self._drive(now_us, lambda: self.lines.light(True, now_us)):
            self.lit = True

    def _home(self, now_us: int) -> None:
        self._watch(now_us)
        self._refuse_if_not_free()
        if not self.lines.has_limits:
            raise Refused("no_limits", "this rig has no limit switches: set the mirrors by hand and use reference")
        self._halt(now_us)
        self._homing, self._homing_run = homing(self.settings), None
        self._continue_homing(None, now_us)

    def _reference(self, now_us: int) -> None:
        self._refuse_if_not_free()
        if self._plan:
            raise Refused("moving", "the mirrors are moving: wait until they rest")
        self.position = [0, 0]
        self.referenced = True

    def _reset(self, now_us: int) -> None:
        if self.fault == "driver":
            self._release()
            try:
                self.lines.open()
            except Exception as error:
                self.fault_text = str(error)
                raise Refused("driver", str(error)) from error
            self._open = True
        cause, self.fault, self.fault_text = (self.fault, self.fault_text), "", ""
        self._watch(now_us)
        if self.fault:
            self.fault, self.fault_text = cause if cause[0] == self.fault else (self.fault, self.fault_text)
            raise Refused(self.fault, self.fault_text)

    def _refuse_if_not_free(self) -> None:
        if self.fault:
            raise Refused("fault", f"latched {self.fault}: {self.fault_text}; mend it, then reset")
        if self._homing is not None:
            raise Refused("homing", "homing is under way: wait, or stop")

    def _why_dark(self, now_us: int) -> str:
        if not self.lines.has_laser:
            return "no laser line is wired"
        if not self.referenced:
            return "unreferenced: home first, or use reference"
        if self.inputs.limit_x or self.inputs.limit_y:
            return "a limit switch is pressed"
        if any(not piece.lit for piece in self._plan if piece.end_us > now_us - self.lag_us):
            return "a dark move is under way"
        return ""

    # --- pulses

    def _play(self, now_us: int) -> int:
        """Make the pulses that are due; when the next is."""
        while self._plan:
            self._work_off_lag(now_us)
            axis = self._first_axis()
            if axis is None:
                return self._finish(now_us)
            due, direction = self._due[axis]  # type: ignore[misc]
            at_us = max(int(due) + 1 + self.lag_us, self._ready_us[axis])
            if at_us > now_us:
                return min(at_us, self._next_seam(now_us))
            if now_us - self.lag_us - due > self.settings.late_us:
                self.lag_us = now_us - int(due) - 1
            if not self._drive(now_us, lambda a=axis, d=direction: self.lines.step(a, d, now_us)):
                break
            self.position[axis] += direction
            self.pulses[axis] += 1
            self._base[axis] = due
            made_us = max(now_us, self._clock_us()) if self._clock_us else now_us
            self._ready_us[axis] = made_us + self.settings.min_interval_us
            self._aim(axis, made_us)
            if self._homing is not None:
                self._watch(now_us)
        return plans.FOREVER

    def _first_axis(self) -> int | None:
        """The axis whose pulse is next, counting what it still has to wait for."""
        waiting = [(max(due[0] + self.lag_us, self._ready_us[axis]), axis) for axis, due in enumerate(self._due) if due]
        return min(waiting)[1] if waiting else None

    def _aim(self, axis: int, now_us: int) -> None:
        """Find an axis' next pulse and set DIR for it."""
        self._due[axis] = due = plans.next_step(self._plan, axis, self.position[axis], self._base[axis])
        if due is None or due[1] == self._direction[axis]:
            return
        if self._drive(now_us, lambda: self.lines.turn(axis, due[1], now_us)):
            self._direction[axis] = due[1]
            self._ready_us[axis] = max(self._ready_us[axis], now_us + self.settings.dir_setup_us)

    def _work_off_lag(self, now_us: int) -> None:
        """Forget pieces that are over; where the plan rests, its clock may catch up."""
        tau = now_us - self.lag_us
        pending = [due[0] for due in self._due if due]
        while self._plan[0].end_us <= tau and self._plan[0].end_us <= min(pending, default=plans.FOREVER):
            self._plan.pop(0)
        first = self._plan[0]
        if self.lag_us and first.rests and tau >= first.start_us:
            self.lag_us = now_us - min(now_us, max(tau, first.end_us))

    def _next_seam(self, now_us: int) -> int:
        """A dark piece's end matters to the light and a rest's to the lag; neither is more urgent than a look at the switches."""
        return self._plan[0].end_us + self.lag_us if self._plan[0].end_us + self.lag_us > now_us else plans.FOREVER

    def _finish(self, now_us: int) -> int:
        """No pulse is left: the plan is over once its last rest has begun."""
        end_us = self._plan[-1].start_us + self.lag_us
        if now_us < end_us:
            return end_us
        self._plan, self._due, self.lag_us = [], [None, None], 0
        if self._homing is not None:
            self._watch(now_us)
            return now_us
        return plans.FOREVER

    # --- homing

    def _continue_homing(self, done: bool | None, now_us: int) -> None:
        """Tell the homing what the switches say and do what it asks for next. done: the run has come to its end; None: begin."""
        steps = self._homing
        assert steps is not None
        try:
            action = next(steps) if done is None else steps.send((self.inputs, done))
            while isinstance(action, Place):
                self._plan, self._due, self.lag_us = [], [None, None], 0
                self.position[action.axis] = action.position
                action = steps.send((self.inputs, True))
        except HomingError as error:
            self._fail("homing", str(error), now_us)
            return
        except StopIteration:
            self._homing, self._homing_run = None, None
            self.referenced = True
            self._notices.append(p.Notice("homed", "reference found"))
            return
        if action is not self._homing_run:
            self._homing_run = action
            self._plan = self._homing_plan(action, now_us)
            self._base = [float(now_us)] * 2
            self.lag_us = 0
            self._aim(0, now_us)
            self._aim(1, now_us)

    def _homing_plan(self, action: Run | Return, now_us: int) -> list[Piece]:
        rate, here = self.settings.homing_rate, (float(self.position[0]), float(self.position[1]))
        goal = [0.0, 0.0] if isinstance(action, Return) else list(here)
        if isinstance(action, Run):
            goal[action.axis] += action.distance
        plan, at_us, at = [], now_us, here
        for axis in (0, 1):
            distance = goal[axis] - at[axis]
            duration_us = round(abs(distance) / rate * 1e6)
            if duration_us:
                axes = [plans.Course(at[0], 0.0, 0.0), plans.Course(at[1], 0.0, 0.0)]
                axes[axis] = plans.Course(at[axis], distance / duration_us * 1e6, 0.0)
                plan.append(Piece(at_us, at_us + duration_us, (axes[0], axes[1]), False))
                at_us += duration_us
                at = (goal[0], at[1]) if axis == 0 else (at[0], goal[1])
        return [*plan, plans.rest(at_us, plans.FOREVER, at, False)]

    # --- inputs, light, faults

    def _watch(self, now_us: int) -> None:
        """Look at the switches and act on them."""
        self._poll_us = now_us + self.settings.input_period_us
        if not self._open:
            return
        try:
            self.inputs = self.lines.inputs()
        except Exception as error:
            self._fail("driver", str(error), now_us)
            return
        if self.inputs.stop:
            self._fail("stop", "the stop switch is pressed: release it", now_us)
        elif self._homing is not None:
            self._continue_homing(not self._plan, now_us)
        elif self.inputs.limit_x or self.inputs.limit_y:
            name = "limit_x" if self.inputs.limit_x else "limit_y"
            if self._plan:
                self._fail(name, f"limit switch {name[-1].upper()} was hit in motion: reset, then home", now_us)
            self._darken(now_us, "a limit switch is pressed")

    def _lapse(self, now_us: int) -> None:
        if self.lit and now_us >= self._lit_until_us:
            self._darken(now_us)

    def _darken(self, now_us: int, reason: str = "") -> None:
        self._lit_until_us = now_us
        if not self.lit:
            return
        self.lit = False
        if reason:
            self._notices.append(p.Notice("light", reason))
        self._drive(now_us, lambda: self.lines.light(False, now_us))

    def _halt(self, now_us: int) -> None:
        """Dark and motionless at once; where the mirrors stop is not known for sure."""
        self._plan, self._due, self.lag_us = [], [None, None], 0
        self._homing, self._homing_run = None, None
        self.referenced = False
        self._darken(now_us)

    def _fail(self, code: str, text: str, now_us: int) -> None:
        """Latch a fault, dark and motionless. The first one stays; a driver's fault outranks the others."""
        news = not self.fault or (code == "driver" and self.fault != "driver")
        if news:
            self.fault, self.fault_text = code, text
            self._notices.append(p.Notice(code, text))
        self._halt(now_us)
        if code == "driver" and news:
            self._release()  # which also asks the driver once more for darkness

    def _release(self) -> None:
        self._open = False
        self.inputs = RELEASED
        try:
            self.lines.close()
        except Exception as error:
            self.fault_text = self.fault_text or str(error)

    def _drive(self, now_us: int, act: Callable[[], None]) -> bool:
        """Ask something of the lines; whatever they raise is a latched fault."""
        if not self._open:
            return False
        try:
            act()
        except Exception as error:
            self._fail("driver", str(error) or type(error).__name__, now_us)
            return False
        return True


def play(executor: Executor, now_us: int) -> int:
    """Advance through every due moment up to `now_us`, each at its own time: for virtual time and simulated motors, where being called
    late is no lateness. Returns the next due time."""
    while executor.due_us <= now_us:
        executor.advance(executor.due_us)
    return executor.due_us
