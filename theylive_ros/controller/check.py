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

"""Whether a MOVE may join the running plan, refused as a whole or taken as a whole; and whether any may go at all."""

from __future__ import annotations

from collections.abc import Sequence

from theylive_ros.controller import plan as plans
from theylive_ros.controller.config import ExecutorSettings
from theylive_ros.controller.plan import Course, Piece

AHEAD_US = 10_000_000  # a plan that starts or lasts longer than this is a planner's mistake
LASTING_US = 120_000_000
REST_SPEED = 5.0  # microsteps/s: what rounding to whole microseconds leaves of rest
JUMP = 1.0  # microsteps
EDGE = 0.4  # microsteps beyond the soft range that make no pulse
ROUNDED = 1.001  # what rounding to whole microseconds may add to an acceleration


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
    ranges = ((settings.low_x, settings.high_x), (settings.low_y, settings.high_y))
    for axis, name in ((0, "x"), (1, "y")):
        before = plans.state(running, axis, start_us)
        for piece in new:
            if piece.end_us <= piece.start_us:
                raise RefusedError("duration", "every segment must last 1 us or longer")
            after = piece.at(axis, piece.start_us)
            _check_seam(name, before, after, settings.velocity_tolerance if piece.end_us < plans.FOREVER else REST_SPEED)
            if piece.end_us < plans.FOREVER:
                before = piece.at(axis, piece.end_us)
                _check_course(name, piece.axes[axis], (piece.end_us - piece.start_us) * 1e-6, settings, ranges[axis])


def check_range(settings: ExecutorSettings, has_limits: bool) -> None:
    """Raise ValueError if a plan could go where a limit switch is."""
    if not has_limits:
        return
    x, y = (settings.low_x, settings.high_x, settings.limit_x), (settings.low_y, settings.high_y, settings.limit_y)
    for axis, (low, high, limit) in (("x", x), ("y", y)):
        if low <= limit <= high:
            raise ValueError(f"the soft range of axis {axis}, {low} to {high}, holds its limit switch at {limit}: end it before")


def _check_seam(name: str, before: tuple[float, float], after: tuple[float, float], tolerance: float) -> None:
    if not abs(after[0] - before[0]) <= JUMP:
        raise RefusedError("position", f"axis {name} would jump from {before[0]:.2f} to {after[0]:.2f} microsteps")
    if not abs(after[1] - before[1]) <= tolerance:
        what = "does not end at rest" if tolerance == REST_SPEED and after[1] == 0.0 else "would jump in speed"
        raise RefusedError("speed", f"axis {name} {what}: from {before[1]:.1f} to {after[1]:.1f} microsteps/s")


def _check_course(name: str, course: Course, duration: float, settings: ExecutorSettings, soft: tuple[int, int]) -> None:
    """Speed and acceleration at their largest, and the places farthest out, wherever within the piece they are."""
    a, j = course.a, course.j
    fastest = (0.0, duration, -a / j) if j else (0.0, duration)
    speed = max(abs(course.at(t)[1]) for t in fastest if 0.0 <= t <= duration)
    if not speed <= settings.max_rate + REST_SPEED:
        raise RefusedError("rate", f"axis {name} would run at {speed:.0f} microsteps/s; the limit is {settings.max_rate:.0f}")
    acceleration = max(abs(a), abs(a + j * duration))
    if not acceleration <= settings.max_acceleration * ROUNDED:
        limit = settings.max_acceleration
        raise RefusedError("acceleration", f"axis {name} would accelerate at {acceleration:.0f} microsteps/s^2; the limit is {limit:.0f}")
    places = [course.at(t)[0] for t in (0.0, duration, *course.turns()) if 0.0 <= t <= duration]
    low, high = soft
    if not (low - EDGE <= min(places) and max(places) <= high + EDGE):
        raise RefusedError("range", f"axis {name} would go from {min(places):.1f} to {max(places):.1f}; its soft range is {low} to {high}")
