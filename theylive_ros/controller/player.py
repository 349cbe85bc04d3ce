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

"""Turns a plan into pulses: when each is due, and how far apart they stay. Pure."""

from __future__ import annotations

from collections.abc import Callable

from theylive_ros.controller import plan as plans
from theylive_ros.controller.config import ExecutorSettings
from theylive_ros.controller.plan import Piece
from theylive_ros.controller.playback import Playback, Wire

TOGETHER_US = 40  # a pulse may wait so long for the other axis' one


class Player(Playback):
    """Plays a plan on lines that make one pulse each time they are told to."""

    def __init__(
        self, settings: ExecutorSettings, step: Wire, turn: Wire, stepped: Callable[[int], None], clock_us: Callable[[], int] | None
    ) -> None:
        """step, turn: make a pulse, set DIR. stepped: told after each counted pulse (`now_us`); may drop or replace the plan."""
        super().__init__(settings, turn, stepped, clock_us)
        self._step = step

    def advance(self, now_us: int) -> int:
        """Make the pulses that are due, one per axis at most; returns when the next thing is."""
        while self.plan:
            if self.lag_us or self.plan[0].end_us <= now_us:
                self._work_off_lag(now_us, still=True)
            at_us, axis, other_us = self._first()
            if at_us > now_us:
                return self._finish(now_us) if at_us == plans.FOREVER else self._together(axis, at_us, other_us)
            due, direction = self._due[axis]  # type: ignore[misc]
            self._fall_behind(due, now_us)
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

    def _play(self, plan: list[Piece], from_us: int, now_us: int) -> None:
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
        if due is not None and due[1] != self._direction[axis]:
            self._point(axis, due[1], now_us)
