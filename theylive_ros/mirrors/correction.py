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

"""What remains between the physical model of a rig and its observed spots: a smooth shift of the spot on the board."""

from __future__ import annotations

import dataclasses
import functools
import math

from theylive_ros.mirrors.optics import OpticsError
from theylive_ros.mirrors.plane import Point

# Coefficients of a polynomial in two variables: none, of the second and of the third degree.
COUNTS = (0, 6, 10)
# How far beyond its reach a polynomial is believed; from there outwards the shift stays as it is.
BEYOND = 1.1
# Most by which two neighbouring points may be shifted apart, per distance. `undo` needs less than 1.
STEEPEST = 0.3
_CLOSE = 1e-10  # m
_ROUNDS = 60


@dataclasses.dataclass(frozen=True)
class Correction:
    """A shift (m) of the beam's goal, as polynomials of the third degree at most in the place on the board.

    centre: of the observed places (m); reach: the farthest of them from there along an axis (m). x, y: coefficients of the monomials that
    `monomials` gives, for the shift (m) along either axis; empty for none.
    """

    centre: Point = (0.0, 0.0)
    reach: float = 1.0
    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()

    def apply(self, x: float, y: float) -> Point:
        """Where the physical model must aim (m) for the spot to come out at x, y (m)."""
        if not self.x:
            return x, y
        dx, dy = self._shift(x, y)
        return x + dx, y + dy

    def undo(self, x: float, y: float) -> Point:
        """Where the spot comes out (m) when the physical model aims at x, y (m): the inverse of `apply`. Raises OpticsError."""
        if not self.x:
            return x, y
        at_x, at_y = x, y
        for _ in range(_ROUNDS):
            dx, dy = self._shift(at_x, at_y)
            off = abs(x - dx - at_x) + abs(y - dy - at_y)
            at_x, at_y = x - dx, y - dy
            if off < _CLOSE:
                return at_x, at_y
        raise OpticsError(f"the correction of the calibration has no inverse at ({x:.3g}, {y:.3g}) m")

    @functools.cached_property
    def steepness(self) -> float:
        """Most by which two neighbouring points are shifted apart, per distance (the largest singular value over a grid)."""
        if not self.x:
            return 0.0
        steps, h = 12, 1e-4 * self.reach
        worst = 0.0
        for i in range(steps + 1):
            for j in range(steps + 1):
                x = self.centre[0] + BEYOND * self.reach * (2 * i / steps - 1) * 0.999
                y = self.centre[1] + BEYOND * self.reach * (2 * j / steps - 1) * 0.999
                (x0, y0), (x1, y1), (x2, y2) = self._shift(x, y), self._shift(x + h, y), self._shift(x, y + h)
                worst = max(worst, math.hypot(x1 - x0, y1 - y0, x2 - x0, y2 - y0) / h)
        return worst

    def _shift(self, x: float, y: float) -> Point:
        # written out: it is called hundreds of times a second
        u, v = _bounded((x - self.centre[0]) / self.reach), _bounded((y - self.centre[1]) / self.reach)
        (a, b, c, d, e, f, g, h, i, j), (k, m, n, o, p, q, r, s, t, w) = self._cubics
        return (
            a + u * (b + u * (d + u * g + v * h) + v * (e + v * i)) + v * (c + v * (f + v * j)),
            k + u * (m + u * (o + u * r + v * s) + v * (p + v * t)) + v * (n + v * (q + v * w)),
        )

    @functools.cached_property
    def _cubics(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        none = (0.0,) * (COUNTS[-1] - len(self.x))
        return self.x + none, self.y + none


def monomials(u: float, v: float, count: int) -> tuple[float, ...]:
    """The first `count` of 1, u, v, u^2, u v, v^2, u^3, u^2 v, u v^2, v^3. Works on arrays, too."""
    uu, vv = u * u, v * v
    return (1.0 + 0.0 * u, u, v, uu, u * v, vv, uu * u, uu * v, u * vv, vv * v)[:count]


def fault(correction: Correction) -> str:
    """What forbids to use a correction, in words; empty if nothing does."""
    c = correction
    numbers = (*c.centre, c.reach, *c.x, *c.y)
    if not all(map(math.isfinite, numbers)) or not c.reach > 0:
        return "has values that are not finite numbers, or no reach"
    if len(c.x) != len(c.y) or len(c.x) not in COUNTS:
        return f"has {len(c.x)} and {len(c.y)} coefficients; there must be as many of either, one of {', '.join(map(str, COUNTS))}"
    if not c.steepness <= STEEPEST:
        return f"shifts neighbouring points apart by {c.steepness:.2g} of their distance, {STEEPEST} is the most"
    return ""


def _bounded(value: float) -> float:
    return -BEYOND if value < -BEYOND else BEYOND if value > BEYOND else value
