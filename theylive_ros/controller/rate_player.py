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

"""Plays a plan on lines whose pulses come from a generator that knows rates and counts nothing (`RateLines`). Pure.

The plan is cut into runs: some pulses at one rate, begun when the first is due, ended half a period after the last. The generator makes
its first pulse when it is told a rate and then one a period, so that the pulses of a run follow from the two moments at which it was
told, and an end that comes less than half a period late changes nothing. One that comes later makes more pulses; they are counted by the
clock. What the clock cannot tell (a pulse may have come while the generator was being told, its own clock may run wrong by INACCURACY)
is added up in `count_error`: the most by which `position` can be off since it was last set by hand or by homing.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

from theylive_ros.controller import plan as plans
from theylive_ros.controller.config import ExecutorSettings
from theylive_ros.controller.plan import FOREVER, HYSTERESIS, Piece
from theylive_ros.controller.playback import Playback, Wire

INACCURACY = 1e-3  # of a generator's period: dividers of whole counts
LONGEST_RUN_US = 32_000  # at 2000 microsteps/s its end can then be wrong by 0.06 periods
SHORTEST_RUN_US = 1_000
LONGEST_PERIOD_US = 10_000  # slower pulses are runs of one
STRAIGHT = 0.5  # microsteps by which a run's pulses may be off the course

Rate = Callable[[int, float, int], float | None]  # axis, microsteps/s, now_us -> what was told truly; None when the driver failed


@dataclasses.dataclass
class Run:
    """Pulses of an axis at one rate. told_us: the clock before and after the generator was told; end_us: when it is to be stopped."""

    direction: int
    period_us: float
    told_us: tuple[int, int]
    end_us: float = 0.0
    counted: int = 0

    @property
    def first_us(self) -> float:
        """When its first pulse is taken to have come."""
        return 0.5 * (self.told_us[0] + self.told_us[1])

    def pulses(self, at_us: float) -> int:
        """How many have been made by then."""
        return max(0, math.floor((at_us - self.first_us) / self.period_us) + 1)

    def least(self, at_us: float) -> int:
        """How many there must be by then."""
        return max(0, math.floor((at_us - self.told_us[1]) * (1.0 - INACCURACY) / self.period_us) + 1)

    def most(self, at_us: float) -> int:
        """How many there may be by then."""
        return max(0, math.floor((at_us - self.told_us[0]) * (1.0 + INACCURACY) / self.period_us) + 1)


class RatePlayer(Playback):
    """Plays a plan in runs of pulses."""

    def __init__(
        self, settings: ExecutorSettings, rate: Rate, turn: Wire, stepped: Callable[[int], None], clock_us: Callable[[], int] | None
    ) -> None:
        """rate, turn: tell the generator, set DIR. stepped: told after pulses were counted (`now_us`); may drop or replace the plan."""
        super().__init__(settings, turn, stepped, clock_us)
        self._rate = rate
        self._runs: list[Run | None] = [None, None]
        self._seen_us = 0
        self._errors = [0, 0]
        self._known = [0, 0]  # position as this player left it

    @property
    def count_error(self) -> tuple[int, int]:
        """Microsteps by which `position` is off at most, per axis, since it was last set from outside."""
        self._notice_placing()
        return self._errors[0], self._errors[1]

    def drop(self) -> None:
        """Stand still at once."""
        super().drop()
        for axis in (0, 1):
            self._end(axis, self._now(self._seen_us))

    def advance(self, now_us: int) -> int:
        """Begin and end the runs that are due and count; returns when the next thing is."""
        self._seen_us = now_us
        pulses = list(self.pulses)
        if self.plan:
            self._work_off_lag(now_us, still=not any(self._runs))
            for axis in (0, 1):
                if not self._attend(axis, now_us):
                    return FOREVER
            self._count(now_us)
            if self.pulses != pulses:
                self._stepped(now_us)
        return self._next(now_us)

    def _play(self, plan: list[Piece], from_us: int, now_us: int) -> None:
        """Runs that go on beyond `from_us` were made for another plan: they end at their first half period after it."""
        self.plan = plan
        for axis, run in enumerate(self._runs):
            if run is None:
                self._aim(axis, now_us)
            else:
                half = max(0, math.ceil((from_us - run.first_us) / run.period_us - 0.5)) + 0.5
                run.end_us = min(run.end_us, run.first_us + half * run.period_us)

    def _attend(self, axis: int, now_us: int) -> bool:
        """End an axis' run, begin the next. False when the driver failed."""
        run = self._runs[axis]
        if run is not None and run.end_us <= now_us:
            if not self._end(axis, now_us):
                return False
            self._aim(axis, now_us)
        begin = self._begins_us(axis)
        return begin is None or begin > now_us or self._begin(axis, now_us)

    def _begins_us(self, axis: int) -> int | None:
        due = self._due[axis]
        return None if due is None else max(int(due[0]) + 1 + self.lag_us, self._ready_us[axis])

    def _begin(self, axis: int, now_us: int) -> bool:
        due, direction = self._due[axis]  # type: ignore[misc]
        self._fall_behind(due, now_us)
        count, period_us = self._shape(axis, direction, float(now_us - self.lag_us))
        before_us = self._now(now_us)
        self._due[axis] = None
        told = self._rate(axis, direction * 1e6 / period_us, now_us)
        if told is None:
            return False
        run = Run(direction, 1e6 / abs(told), (before_us, self._now(before_us)))
        run.end_us = run.first_us + (count - 0.5) * run.period_us
        self._runs[axis] = run
        return True

    def _end(self, axis: int, now_us: int) -> bool:
        """Stop an axis' run, if any, and settle its count. False when the driver failed."""
        run, self._runs[axis] = self._runs[axis], None
        if run is None:
            return True
        before_us = self._now(now_us)
        told = self._rate(axis, 0.0, now_us)
        after_us = self._now(before_us)
        least, most = max(run.counted, run.least(before_us)), run.most(after_us)
        count = max(least, run.pulses(0.5 * (before_us + after_us)))
        self._add(axis, run, count)
        self._errors[axis] += max(most - count, count - run.least(before_us))
        self._base[axis] = float(after_us - self.lag_us)
        last_us = run.first_us + (count - 1) * run.period_us
        self._ready_us[axis] = math.ceil(last_us) + self._settings.min_interval_us
        return told is not None

    def _shape(self, axis: int, direction: int, tau: float) -> tuple[int, float]:
        """How many pulses from plan time `tau` on can be one run, and their period (us)."""
        at = self.position[axis]
        if plans.state(self.plan, axis, tau)[1] == 0.0:
            return 1, float(LONGEST_PERIOD_US)  # setting right what is off at rest: a caller that was late will be late again
        span = float(LONGEST_RUN_US)
        while span >= SHORTEST_RUN_US:
            here, middle, there = (plans.state(self.plan, axis, tau + span * part) for part in (0.0, 0.5, 1.0))
            count = math.floor(direction * (there[0] - at) + 0.5 - HYSTERESIS)
            straight = abs(middle[0] - 0.5 * (here[0] + there[0])) <= STRAIGHT
            onward = direction * (there[0] - here[0]) > 0.0 and all(direction * v >= 0.0 for _, v in (here, middle, there))
            if count >= 2 and straight and onward:
                # where the last one is due, its way from the first taken for straight
                way = at + direction * (count - 0.5 + HYSTERESIS) - here[0]
                period_us = span * way / (there[0] - here[0]) / (count - 1)
                if period_us <= LONGEST_PERIOD_US:
                    return count, max(period_us, float(self._settings.min_interval_us))
            span *= 0.5
        then = plans.next_step(self.plan, axis, at + direction, tau)
        period_us = min(then[0] - tau, LONGEST_PERIOD_US) if then else float(LONGEST_PERIOD_US)
        return 1, max(period_us, float(self._settings.min_interval_us))

    def _aim(self, axis: int, now_us: int) -> None:
        """Find an axis' next run and set DIR for it."""
        base = self._base[axis]
        x, v = plans.state(self.plan, axis, base)
        ahead = self.position[axis] - x
        if abs(ahead) > 0.5 + HYSTERESIS and ahead * v > 0.0:
            base += abs(ahead / v) * 1e6  # too far, and the course comes after: wait for it rather than turn back
        self._due[axis] = due = plans.next_step(self.plan, axis, self.position[axis], base)
        if due is not None and due[1] != self._direction[axis]:
            self._point(axis, due[1], self._now(now_us))

    def _next(self, now_us: int) -> int:
        """When the next run begins or ends, or the plan is over."""
        if not self.plan:
            return FOREVER
        waits = [math.ceil(run.end_us) for run in self._runs if run]
        waits += [begin for begin in map(self._begins_us, (0, 1)) if begin is not None]
        return min(waits) if waits else self._finish(now_us)

    def _count(self, now_us: int) -> None:
        for axis, run in enumerate(self._runs):
            if run is not None:
                self._add(axis, run, run.pulses(now_us))

    def _add(self, axis: int, run: Run, count: int) -> None:
        """A run has made `count` pulses by now."""
        self._notice_placing()
        new = count - run.counted
        run.counted = count
        self.pulses[axis] += new
        self.position[axis] += new * run.direction
        self._known[axis] = self.position[axis]

    def _notice_placing(self) -> None:
        """Where somebody else has set a position, it is right by that."""
        for axis in (0, 1):
            if self.position[axis] != self._known[axis]:
                self._known[axis], self._errors[axis] = self.position[axis], 0

    def _now(self, at_least_us: int) -> int:
        return max(at_least_us, self._clock_us()) if self._clock_us else at_least_us
