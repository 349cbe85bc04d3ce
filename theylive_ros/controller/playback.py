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

"""What every way of playing a plan shares: the counts, the plan, its lag, and DIR. Pure.

The plan has a clock of its own, `tau = now - lag`. After a late wake-up lag grows, so that the pulses keep their distances: lateness
costs time, never a step. At rest lag is worked off.
"""

from __future__ import annotations

import abc
from collections.abc import Callable

from theylive_ros.controller import plan as plans
from theylive_ros.controller.config import ExecutorSettings
from theylive_ros.controller.plan import FOREVER, Piece

Wire = Callable[[int, int, int], bool]  # axis, direction, now_us; False when the driver failed


class Playback(abc.ABC):
    """Both axes' counts and the plan that is being played, if any."""

    def __init__(self, settings: ExecutorSettings, turn: Wire, stepped: Callable[[int], None], clock_us: Callable[[], int] | None) -> None:
        """turn: set DIR. stepped: told after pulses were counted (`now_us`); may drop or replace the plan."""
        self.position = [0, 0]
        self.pulses = [0, 0]
        self.plan: list[Piece] = []
        self.lag_us = 0
        self._settings = settings
        self._turn, self._stepped, self._clock_us = turn, stepped, clock_us
        self._due: list[tuple[float, int] | None] = [None, None]  # next pulse to be arranged of each axis: plan time, direction
        self._base = [0.0, 0.0]  # plan time up to which an axis' pulses are made
        self._ready_us = [-FOREVER, -FOREVER]  # minimum interval and DIR set-up allow no pulse before
        self._direction = [0, 0]  # what DIR says; 0: not known

    @property
    def count_error(self) -> tuple[int, int]:
        """Microsteps by which `position` is off at most, per axis, since it was last set from outside; none where pulses are counted one by
        one."""
        return 0, 0

    @abc.abstractmethod
    def advance(self, now_us: int) -> int:
        """Do what is due; returns when the next thing is."""

    @abc.abstractmethod
    def _play(self, plan: list[Piece], from_us: int, now_us: int) -> None:
        """Take `plan` up, which differs from the one before from `from_us` on."""

    def running(self, at_us: int) -> list[Piece]:
        """The plan, or standing still from `at_us` on."""
        return self.plan or [plans.rest(at_us, FOREVER, (float(self.position[0]), float(self.position[1])), lit=True)]

    def join(self, new: list[Piece], now_us: int) -> None:
        """Go over to `new` at its start."""
        start_us = min(now_us - self.lag_us, new[0].start_us)
        running = self.running(start_us)
        if not self.plan:
            self._base = [float(start_us)] * 2
        self._play(plans.splice(running, new), max(now_us, new[0].start_us + self.lag_us), now_us)

    def replace(self, plan: list[Piece], now_us: int) -> None:
        """Play `plan` instead of what was, from now on."""
        self.drop()
        self._base = [float(now_us)] * 2
        self._play(plan, now_us, now_us)

    def drop(self) -> None:
        """Stand still at once."""
        self.plan, self._due, self.lag_us = [], [None, None], 0

    def dark(self, now_us: int) -> bool:
        """Whether anything that is still to be played must be dark."""
        return any(not piece.lit for piece in self.plan if piece.end_us > now_us - self.lag_us)

    def _point(self, axis: int, direction: int, now_us: int) -> None:
        """Set DIR; its pulses wait for the set-up time."""
        if self._turn(axis, direction, now_us):
            self._direction[axis] = direction
            self._ready_us[axis] = max(self._ready_us[axis], now_us + self._settings.dir_setup_us)

    def _fall_behind(self, due: float, now_us: int) -> None:
        """What was due at plan time `due` begins only now: beyond what counts as late, the plan's clock is set back."""
        if now_us - self.lag_us - due > self._settings.late_us:
            self.lag_us = now_us - int(due) - 1

    def _work_off_lag(self, now_us: int, still: bool) -> None:
        """Forget pieces that are over; where the plan rests and the axes are `still`, its clock may catch up."""
        tau = now_us - self.lag_us
        pending = min((due[0] for due in self._due if due), default=FOREVER)
        while self.plan[0].end_us <= min(tau, pending):
            self.plan.pop(0)
        first = self.plan[0]
        if self.lag_us and still and first.rests and tau >= first.start_us:
            self.lag_us = now_us - min(now_us, max(tau, first.end_us))

    def _finish(self, now_us: int) -> int:
        """No pulse is left: the plan is over once its last rest has begun."""
        end_us = self.plan[-1].start_us + self.lag_us
        if now_us < end_us:
            return end_us
        self.drop()
        return FOREVER
