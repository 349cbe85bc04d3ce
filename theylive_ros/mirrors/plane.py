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

"""Plane geometry in plain floats: maps between picture and board, and distances to polygons. Called hundreds of times a second."""

from __future__ import annotations

import math
from collections.abc import Sequence

Point = tuple[float, float]
# A 3x3 matrix, row by row.
Homography = tuple[float, float, float, float, float, float, float, float, float]


def apply(h: Homography, x: float, y: float) -> Point | None:
    """Image of a point under a homography; None at and beyond its horizon (where the third coordinate is not positive)."""
    w = h[6] * x + h[7] * y + h[8]
    if not w > 0:
        return None
    return (h[0] * x + h[1] * y + h[2]) / w, (h[3] * x + h[4] * y + h[5]) / w


def inverse(h: Homography) -> Homography:
    """The inverse of a matrix whose third coordinate is positive where it is used; keeps that sign. Raises ValueError if singular."""
    a, b, c, d, e, f, g, i, j = h
    adjugate = (
        *(e * j - f * i, c * i - b * j, b * f - c * e),
        *(f * g - d * j, a * j - c * g, c * d - a * f),
        *(d * i - e * g, b * g - a * i, a * e - b * d),
    )
    determinant = a * adjugate[0] + b * adjugate[3] + c * adjugate[6]
    # against the longest that a determinant of these rows can be: scale-free
    size = math.prod(math.hypot(*row) for row in ((a, b, c), (d, e, f), (g, i, j)))
    if not abs(determinant) > 1e-12 * size:
        raise ValueError("singular")
    return tuple(v / determinant for v in adjugate)  # type: ignore[return-value]


def stretch(h: Homography, x: float, y: float) -> float:
    """Greatest length on the image side of a unit step from (x, y) in any direction: the larger singular value of the Jacobian."""
    w = h[6] * x + h[7] * y + h[8]
    u, v = (h[0] * x + h[1] * y + h[2]) / w, (h[3] * x + h[4] * y + h[5]) / w
    a, b = (h[0] - u * h[6]) / w, (h[1] - u * h[7]) / w
    c, d = (h[3] - v * h[6]) / w, (h[4] - v * h[7]) / w
    return (math.hypot(a + d, b - c) + math.hypot(a - d, b + c)) / 2


def depth_inside(polygon: Sequence[Point], x: float, y: float) -> float:
    """Distance from a point to a simple polygon's edge: positive inside, negative outside, NaN if anything is NaN."""
    inside = False
    nearest = math.inf
    ax, ay = polygon[-1]
    for bx, by in polygon:
        if (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
            inside = not inside
        ex, ey = bx - ax, by - ay
        length2 = ex * ex + ey * ey
        t = ((x - ax) * ex + (y - ay) * ey) / length2 if length2 else 0.0
        t = 0.0 if t < 0 else 1.0 if t > 1 else t
        distance = math.hypot(x - ax - t * ex, y - ay - t * ey)
        # a NaN comes in and stays
        if distance < nearest or distance != distance:
            nearest = distance
        ax, ay = bx, by
    return nearest if inside else -nearest


def area(polygon: Sequence[Point]) -> float:
    """Signed area of a polygon (shoelace formula)."""
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in zip((polygon[-1], *polygon[:-1]), polygon, strict=True)) / 2


def inset(polygon: Sequence[Point], distance: float) -> tuple[Point, ...]:
    """A convex polygon whose edges are all moved inwards by `distance`; empty if nothing is left."""
    corners = tuple(polygon) if area(polygon) > 0 else tuple(reversed(polygon))
    left = corners
    for (ax, ay), (bx, by) in zip((corners[-1], *corners[:-1]), corners, strict=True):
        length = math.hypot(bx - ax, by - ay)
        if length:
            # inwards is to the left of each edge when the area counts positive
            nx, ny = (ay - by) / length, (bx - ax) / length
            left = _clipped(left, nx, ny, nx * ax + ny * ay + distance)
    return left


def _clipped(polygon: tuple[Point, ...], nx: float, ny: float, least: float) -> tuple[Point, ...]:
    """The part of a convex polygon where nx x + ny y >= least."""
    kept: list[Point] = []
    for (ax, ay), (bx, by) in zip((polygon[-1:] + polygon[:-1]), polygon, strict=True):
        a, b = nx * ax + ny * ay - least, nx * bx + ny * by - least
        if (a < 0) != (b < 0):
            t = a / (a - b)
            kept.append((ax + t * (bx - ax), ay + t * (by - ay)))
        if b >= 0:
            kept.append((bx, by))
    return tuple(kept)
