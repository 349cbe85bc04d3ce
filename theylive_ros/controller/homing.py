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

"""The order of events that finds the limit switches. Pure: it asks for runs and is told what the switches say."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import NamedTuple

from theylive_ros.controller.config import ExecutorSettings
from theylive_ros.controller.lines.interface import Inputs
from theylive_ros.controller.plan import FOREVER, Course, Piece, rest
from theylive_ros.controller.playback import Playback


class Run(NamedTuple):
    """Turn an axis by `distance` microsteps (signed) at `rate` microsteps/s, unless cut short."""

    axis: int
    distance: int
    rate: float


class Place(NamedTuple):
    """Declare that an axis stands at `position`."""

    axis: int
    position: int


class Return(NamedTuple):
    """Bring both axes to 0, 0, at `rate` microsteps/s."""

    rate: float


Action = Run | Place | Return


class HomingError(Exception):
    """A switch was not where it should be; the message names cause and cure."""


class Homing:
    """Plays the order of events on a player, if it is under way."""

    def __init__(self, settings: ExecutorSettings, player: Playback) -> None:
        self._settings, self._player = settings, player
        self._steps: Generator[Action, tuple[Inputs, bool], None] | None = None
        self._run: Action | None = None

    @property
    def busy(self) -> bool:
        """Whether it is under way."""
        return self._steps is not None

    def begin(self, inputs: Inputs, now_us: int) -> None:
        """From the first event on; where it was under way, anew."""
        self._steps, self._run = homing(self._settings), None
        self._go_on(next(self._steps), inputs, now_us)

    def proceed(self, inputs: Inputs, now_us: int) -> bool:
        """Tell it what the switches say. True when the reference has been found; raises HomingError, and is over."""
        assert self._steps is not None
        try:
            self._go_on(self._steps.send((inputs, not self._player.plan)), inputs, now_us)
        except StopIteration:
            self.abandon()
            return True
        except HomingError:
            self.abandon()
            raise
        return False

    def abandon(self) -> None:
        """No longer under way."""
        self._steps = self._run = None

    def _go_on(self, action: Action, inputs: Inputs, now_us: int) -> None:
        while isinstance(action, Place):
            self._player.drop()
            self._player.position[action.axis] = action.position
            action = self._steps.send((inputs, True))  # type: ignore[union-attr]
        if action is not self._run:
            self._run = action
            self._player.replace(homing_plan(action, self._player.position, now_us), now_us)


def homing(settings: ExecutorSettings) -> Generator[Action, tuple[Inputs, bool], None]:
    """One axis after the other: onto its switch, back off, slowly onto it again, there the position is known; then both to 0, 0.

    After each action it is sent the switches and whether the run has come to its end, again and again until it asks for another:
    yielding the same object again means go on. Raises HomingError.
    """
    fast, slow = settings.homing_rate, settings.homing_slow_rate
    for axis, place, name in ((0, settings.limit_x, "X"), (1, settings.limit_y, "Y")):
        toward = 1 if place > 0 else -1
        travel, back = toward * settings.homing_travel, toward * settings.homing_back_off
        unmet = f"limit switch {name} not met within {{}} microsteps: check it"
        # whether the switch is pressed now is told only after an action; placing an axis at 0 moves nothing
        inputs, _ = yield Place(axis, 0)
        if inputs[axis]:
            yield from _until(
                Run(axis, -travel, fast),
                pressed=False,
                trouble=f"limit switch {name} does not open: turn the mirror by hand, check its polarity",
            )
        else:
            yield from _until(Run(axis, travel, fast), pressed=True, trouble=unmet.format(settings.homing_travel))
        inputs = yield from _to_its_end(Run(axis, -back, fast))
        if inputs[axis]:
            raise HomingError(f"limit switch {name} is still pressed {settings.homing_back_off} microsteps off: raise homing_back_off")
        yield from _until(Run(axis, 2 * back, slow), pressed=True, trouble=unmet.format(2 * settings.homing_back_off))
        yield Place(axis, place)
    inputs = yield from _to_its_end(Return(fast))
    for axis, name in ((0, "X"), (1, "Y")):
        if inputs[axis]:
            raise HomingError(f"limit switch {name} is pressed at 0, 0: check limit_{name.lower()} and the switch's polarity")


def _to_its_end(run: Run | Return) -> Generator[Action, tuple[Inputs, bool], Inputs]:
    inputs, done = yield run
    while not done:
        inputs, done = yield run
    return inputs


def _until(run: Run, *, pressed: bool, trouble: str) -> Generator[Action, tuple[Inputs, bool], None]:
    inputs, done = yield run
    while inputs[run.axis] != pressed:
        if done:
            raise HomingError(trouble)
        inputs, done = yield run


def homing_plan(action: Run | Return, position: Sequence[int], now_us: int) -> list[Piece]:
    """A run or the return at constant speed, one axis after the other, dark."""
    at = [float(position[0]), float(position[1])]
    goal = [0.0, 0.0] if isinstance(action, Return) else list(at)
    if isinstance(action, Run):
        goal[action.axis] += action.distance
    plan, at_us = [], now_us
    for axis in (0, 1):
        duration_us = round(abs(goal[axis] - at[axis]) / action.rate * 1e6)
        if duration_us:
            courses = [Course(at[0], 0.0, 0.0, 0.0), Course(at[1], 0.0, 0.0, 0.0)]
            courses[axis] = Course(at[axis], (goal[axis] - at[axis]) / duration_us * 1e6, 0.0, 0.0)
            plan.append(Piece(at_us, at_us + duration_us, (courses[0], courses[1]), False))
            at_us += duration_us
            at[axis] = goal[axis]
    return [*plan, rest(at_us, FOREVER, (at[0], at[1]), False)]
