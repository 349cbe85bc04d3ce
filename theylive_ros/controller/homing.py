"""The order of events that finds the limit switches. Pure: it asks for runs and is told what the switches say."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import NamedTuple

from theylive_ros.controller.config import ExecutorSettings
from theylive_ros.controller.lines.interface import Inputs
from theylive_ros.controller.plan import FOREVER, Course, Piece, rest


class Run(NamedTuple):
    """Turn an axis by `distance` microsteps (signed), at homing speed, unless cut short."""

    axis: int
    distance: int


class Place(NamedTuple):
    """Declare that an axis stands at `position`."""

    axis: int
    position: int


class Return(NamedTuple):
    """Bring both axes to 0, 0, at homing speed."""


Action = Run | Place | Return


class HomingError(Exception):
    """A switch was not where it should be; the message names cause and cure."""


def homing(settings: ExecutorSettings) -> Generator[Action, tuple[Inputs, bool], None]:
    """One axis after the other: off its switch if on it, slowly onto it, there the position is known; then both to 0, 0.

    After each action it is sent the switches and whether the run has come to its end, again and again until it asks for another:
    yielding the same object again means go on. Raises HomingError.
    """
    for axis, place, name in ((0, settings.limit_x, "X"), (1, settings.limit_y, "Y")):
        toward = 1 if place > 0 else -1
        off = Run(axis, -toward * settings.homing_travel)
        onto = Run(axis, toward * settings.homing_travel)
        # whether the switch is pressed now is told only after an action; placing an axis at 0 moves nothing
        inputs, _ = yield Place(axis, 0)
        if inputs[axis]:
            yield from _until(off, pressed=False, trouble=f"limit switch {name} does not open: turn the mirror by hand, check its polarity")
        yield from _until(onto, pressed=True, trouble=f"limit switch {name} not met within {settings.homing_travel} microsteps: check it")
        yield Place(axis, place)
    back = Return()
    inputs, done = yield back
    while not done:
        inputs, done = yield back
    for axis, name in ((0, "X"), (1, "Y")):
        if inputs[axis]:
            raise HomingError(f"limit switch {name} is pressed at 0, 0: check limit_{name.lower()} and the switch's polarity")


def _until(run: Run, *, pressed: bool, trouble: str) -> Generator[Action, tuple[Inputs, bool], None]:
    inputs, done = yield run
    while inputs[run.axis] != pressed:
        if done:
            raise HomingError(trouble)
        inputs, done = yield run


def homing_plan(action: Run | Return, position: Sequence[int], rate: float, now_us: int) -> list[Piece]:
    """A run or the return at constant speed (microsteps/s), one axis after the other, dark."""
    at = [float(position[0]), float(position[1])]
    goal = [0.0, 0.0] if isinstance(action, Return) else list(at)
    if isinstance(action, Run):
        goal[action.axis] += action.distance
    plan, at_us = [], now_us
    for axis in (0, 1):
        duration_us = round(abs(goal[axis] - at[axis]) / rate * 1e6)
        if duration_us:
            courses = [Course(at[0], 0.0, 0.0, 0.0), Course(at[1], 0.0, 0.0, 0.0)]
            courses[axis] = Course(at[axis], (goal[axis] - at[axis]) / duration_us * 1e6, 0.0, 0.0)
            plan.append(Piece(at_us, at_us + duration_us, (courses[0], courses[1]), False))
            at_us += duration_us
            at[axis] = goal[axis]
    return [*plan, rest(at_us, FOREVER, (at[0], at[1]), False)]
