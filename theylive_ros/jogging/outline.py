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

"""Outlines on the board, and the motor positions that draw them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from theylive_ros.mirrors.optics import Geometry, OpticsError

Steps = tuple[int, int]  # microsteps of axis x and y
Limits = tuple[tuple[int, int], tuple[int, int]]  # lowest and highest of x and of y (microsteps)
Offset = tuple[float, float]  # on the board, right and down (m)


class JogError(Exception):
    """The axes cannot be jogged so; one line with the cause and the cure."""


def circle(radius: float, spacing: float) -> list[Offset]:
    """Points of a circle (m) round (0, 0), about `spacing` (m) apart, at least 12, the first one again at the end."""
    count = max(12, math.ceil(math.tau * radius / spacing))
    turns = [math.tau * k / count for k in range(count)]
    points = [(radius * math.cos(t), radius * math.sin(t)) for t in turns]
    return [*points, points[0]]


def square(side: float, spacing: float) -> list[Offset]:
    """Points of a square (m) with its middle at (0, 0), corners included, about `spacing` (m) apart, the first one again at the end."""
    count = max(2, math.ceil(side / spacing))
    corners = [(-side / 2, -side / 2), (side / 2, -side / 2), (side / 2, side / 2), (-side / 2, side / 2)]
    points = []
    for (x0, y0), (x1, y1) in zip(corners, [*corners[1:], corners[0]], strict=True):
        points += [(x0 + (x1 - x0) * k / count, y0 + (y1 - y0) * k / count) for k in range(count)]
    return [*points, points[0]]


def positions(geometry: Geometry, limits: Limits, middle: Steps, outline: Iterable[Offset]) -> list[Steps]:
    """Where the motors stand along an outline round the point that they now put the beam on. Raises JogError if one is out of reach."""
    x, y = geometry.board_point(geometry.angles(middle))
    found: list[Steps] = []
    for dx, dy in outline:
        try:
            exact = geometry.steps(geometry.mirror_angles((x + dx, y + dy)))
        except OpticsError as error:
            raise JogError(f"the outline cannot be drawn: {error}") from error
        steps = (round(exact[0]), round(exact[1]))
        check_limits(steps, limits, "choose a smaller outline, or begin nearer to the middle")
        if not found or steps != found[-1]:
            found.append(steps)
    return found


def check_limits(steps: Sequence[int], limits: Limits, cure: str) -> None:
    """Raises JogError for a position beyond the soft limits."""
    for axis, value, (low, high) in zip("xy", steps, limits, strict=True):
        if not low <= value <= high:
            raise JogError(f"axis {axis} would go to {value} microsteps, its soft limits are {low} to {high}: {cure}")
