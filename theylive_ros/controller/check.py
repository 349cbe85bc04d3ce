"""Whether a MOVE may join the running plan. RefusedError as a whole or taken as a whole."""

from __future__ import annotations

from collections.abc import Sequence

from theylive_ros.controller import plan as plans
from theylive_ros.controller.config import ExecutorSettings
from theylive_ros.controller.plan import Piece

AHEAD_US = 10_000_000  # a plan that starts or lasts longer than this is a planner's mistake
LASTING_US = 120_000_000
REST_SPEED = 5.0  # microsteps/s: what rounding to whole microseconds leaves of rest
JUMP = 1.0  # microsteps


class RefusedError(Exception):
    """A command that is not obeyed. `code`: one word for the protocol."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def check_move(new: Sequence[Piece], running: Sequence[Piece], tau_us: int, settings: ExecutorSettings) -> None:
    """Raise RefusedError, naming the figure, unless `new` starts in time, goes on where `running` will be, and ends at rest."""
    start_us = new[0].start_us
    if start_us < tau_us - settings.start_tolerance_us:
        raise RefusedError("late", f"the plan starts {tau_us - start_us} us in the past")
    if start_us > tau_us + AHEAD_US or new[-1].start_us > start_us + LASTING_US:
        raise RefusedError("far", "the plan starts more than 10 s ahead or lasts more than 120 s")
    for axis, name in ((0, "x"), (1, "y")):
        before = plans.state(running, axis, start_us)
        for piece in new:
            if piece.end_us <= piece.start_us:
                raise RefusedError("duration", "every segment must last 1 us or longer")
            after = piece.at(axis, piece.start_us)
            _check_seam(name, before, after, settings.velocity_tolerance if piece.end_us < plans.FOREVER else REST_SPEED)
            if piece.end_us < plans.FOREVER:
                before = piece.at(axis, piece.end_us)
                _check_speed(name, max(abs(after[1]), abs(before[1])), settings.max_rate)


def _check_seam(name: str, before: tuple[float, float], after: tuple[float, float], tolerance: float) -> None:
    if not abs(after[0] - before[0]) <= JUMP:
        raise RefusedError("position", f"axis {name} would jump from {before[0]:.2f} to {after[0]:.2f} microsteps")
    if not abs(after[1] - before[1]) <= tolerance:
        what = "does not end at rest" if tolerance == REST_SPEED and after[1] == 0.0 else "would jump in speed"
        raise RefusedError("speed", f"axis {name} {what}: from {before[1]:.1f} to {after[1]:.1f} microsteps/s")


def _check_speed(name: str, speed: float, limit: float) -> None:
    if not speed <= limit + REST_SPEED:
        raise RefusedError("rate", f"axis {name} would run at {speed:.0f} microsteps/s; the limit is {limit:.0f}")
