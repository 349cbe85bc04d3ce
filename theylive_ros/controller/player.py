"""Turns a plan into pulses: when each is due, how far apart they stay, and what a late wake-up costs. Pure.

The plan has a clock of its own, `tau = now - lag`. After a late wake-up lag grows, so that the pulses keep their distances: a late pulse
costs time, never a step. At rest lag is worked off.
"""

from __future__ import annotations

from collections.abc import Callable

from theylive_ros.controller import plan as plans
from theylive_ros.controller.config import ExecutorSettings
from theylive_ros.controller.plan import Piece

Wire = Callable[[int, int, int], bool]  # axis, direction, now_us; False when the driver failed
TOGETHER_US = 40  # a pulse may wait so long for the other axis' one


class Player:
    """Both axes' counts and the plan that is being played, if any."""

    def __init__(
        self, settings: ExecutorSettings, step: Wire, turn: Wire, stepped: Callable[[int], None], clock_us: Callable[[], int] | None
    ) -> None:
        """step, turn: make a pulse, set DIR. stepped: told after each counted pulse (`now_us`); may drop or replace the plan."""
        self.position = [0, 0]
        self.pulses = [0, 0]
        self.plan: list[Piece] = []
        self.lag_us = 0
        self._settings = settings
        self._step, self._turn, self._stepped, self._clock_us = step, turn, stepped, clock_us
        self._due: list[tuple[float, int] | None] = [None, None]  # next pulse of each axis: plan time, direction
        self._base = [0.0, 0.0]  # plan time up to which an axis' pulses are made
        self._ready_us = [-plans.FOREVER, -plans.FOREVER]  # minimum interval and DIR set-up allow no pulse before
        self._direction = [0, 0]  # what DIR says; 0: not known

    def running(self, at_us: int) -> list[Piece]:
        """The plan, or standing still from `at_us` on."""
        return self.plan or [plans.rest(at_us, plans.FOREVER, (float(self.position[0]), float(self.position[1])), lit=True)]

    def join(self, new: list[Piece], now_us: int) -> None:
        """Go over to `new` at its start."""
        start_us = min(now_us - self.lag_us, new[0].start_us)
        running = self.running(start_us)
        if not self.plan:
            self._base = [float(start_us)] * 2
        self._play(plans.splice(running, new), now_us)

    def replace(self, plan: list[Piece], now_us: int) -> None:
        """Play `plan` instead of what was, from now on."""
        self.drop()
        self._base = [float(now_us)] * 2
        self._play(plan, now_us)

    def drop(self) -> None:
        """Stand still at once."""
        self.plan, self._due, self.lag_us = [], [None, None], 0

    def dark(self, now_us: int) -> bool:
        """Whether anything that is still to be played must be dark."""
        return any(not piece.lit for piece in self.plan if piece.end_us > now_us - self.lag_us)

    def advance(self, now_us: int) -> int:
        """Make the pulses that are due, one per axis at most; returns when the next thing is."""
        while self.plan:
            if self.lag_us or self.plan[0].end_us <= now_us:
                self._work_off_lag(now_us)
            at_us, axis, other_us = self._first()
            if at_us > now_us:
                return self._finish(now_us) if at_us == plans.FOREVER else self._together(axis, at_us, other_us)
            due, direction = self._due[axis]  # type: ignore[misc]
            if now_us - self.lag_us - due > self._settings.late_us:
                self.lag_us = now_us - int(due) - 1
            if not self._step(axis, direction, now_us):
                break
            self.position[axis] += direction
            self.pulses[axis] += 1
            self._base[axis] = due
            made_us = max(now_us, self._clock_us()) if self._clock_us else now_us
            self._ready_us[axis] = made_us + self._settings.min_interval_us
            self._aim(axis, made_us)
            self._stepped(now_us)
        return plans.FOREVER

    def _play(self, plan: list[Piece], now_us: int) -> None:
        self.plan = plan
        self._aim(0, now_us)
        self._aim(1, now_us)

    def _first(self) -> tuple[int, int, int]:
        """When the next pulse can be made, on which axis, and when the other axis' one can; FOREVER where there is none."""
        (x, y), (ready_x, ready_y), lag_us = self._due, self._ready_us, self.lag_us
        x_us = max(int(x[0]) + 1 + lag_us, ready_x) if x else plans.FOREVER
        y_us = max(int(y[0]) + 1 + lag_us, ready_y) if y else plans.FOREVER
        return (x_us, 0, y_us) if x_us <= y_us else (y_us, 1, x_us)

    def _together(self, axis: int, at_us: int, other_us: int) -> int:
        """When to wake for the next pulse: where the other axis' one follows closely, one waking does for both."""
        wait_us = int(self._due[axis][0]) + self.lag_us + TOGETHER_US  # type: ignore[index]
        return other_us if other_us <= wait_us else at_us

    def _aim(self, axis: int, now_us: int) -> None:
        """Find an axis' next pulse and set DIR for it."""
        self._due[axis] = due = plans.next_step(self.plan, axis, self.position[axis], self._base[axis])
        if due is None or due[1] == self._direction[axis]:
            return
        if self._turn(axis, due[1], now_us):
            self._direction[axis] = due[1]
            self._ready_us[axis] = max(self._ready_us[axis], now_us + self._settings.dir_setup_us)

    def _work_off_lag(self, now_us: int) -> None:
        """Forget pieces that are over; where the plan rests, its clock may catch up."""
        tau = now_us - self.lag_us
        pending = min((due[0] for due in self._due if due), default=plans.FOREVER)
        while self.plan[0].end_us <= min(tau, pending):
            self.plan.pop(0)
        first = self.plan[0]
        if self.lag_us and first.rests and tau >= first.start_us:
            self.lag_us = now_us - min(now_us, max(tau, first.end_us))

    def _finish(self, now_us: int) -> int:
        """No pulse is left: the plan is over once its last rest has begun."""
        end_us = self.plan[-1].start_us + self.lag_us
        if now_us < end_us:
            return end_us
        self.drop()
        return plans.FOREVER
