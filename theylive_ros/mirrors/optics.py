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

"""Two turning mirrors and a board: from mirror angles to the point that the beam meets, and back, exactly.

The rig's frame are the optical axes: x right and y down as the camera sees the board, z forward to it. Its origin is the pivot of
mirror 2; the board is the plane z = board_distance. The laser shines along +x at y = -mirror_distance onto mirror 1, whose surface holds
its axis (parallel to z) and stands at 45 degrees at rest, so that the beam leaves along +y. Mirror 2 turns about the x axis, which
its surface holds too, and at rest sends the beam along +z, to the board's point (0, 0).

Angles are right-handed turns from rest: a of mirror 1 about z, b of mirror 2 about x. Each axis lies across the plane of incidence, so a
mirror's turn turns the beam by twice as much: behind mirror 1 it runs along (-sin 2a, cos 2a, 0), behind mirror 2 along
(-sin 2a, -cos 2a sin 2b, cos 2a cos 2b). A positive turn thus moves the spot left or up; positive microsteps move it right or down.

The inverse unfolds the path: 2b alone tilts the beam in y; the way from mirror 1 to the board, mirror_distance and then
hypot(Y, board_distance), is the arm on which 2a works.
"""

from __future__ import annotations

import dataclasses
import math

from theylive_ros.settings import setting

Vector = tuple[float, float, float]


class OpticsError(ValueError):
    """No beam reaches there: a mirror would have to stand edge-on to the light, or a number is not finite."""


@dataclasses.dataclass(frozen=True)
class Geometry:
    """Measures of the rig. Angles are (a, b) in rad, steps are (x, y) in microsteps, points are (x, y) on the board in m."""

    board_distance: float = setting(0.4, "from the pivot of mirror 2 to the board", unit="m", low=0.05, high=10.0, read_only=True)
    mirror_distance: float = setting(0.02, "from the pivot of mirror 1 to that of mirror 2", unit="m", low=0.001, high=1.0, read_only=True)
    steps_per_turn: int = setting(400, "full steps of a motor in one turn (400: 0.9 degrees)", low=4, high=10000, read_only=True)
    microsteps: int = setting(8, "microsteps in one full step, as the drivers are strapped", low=1, high=256, read_only=True)
    invert_x: bool = setting(False, "positive steps of axis x move the spot left instead of right", read_only=True)
    invert_y: bool = setting(False, "positive steps of axis y move the spot up instead of down", read_only=True)
    rest_x: float = setting(0.0, "position of axis x at which mirror 1 stands at 45 degrees", unit="microsteps", read_only=True)
    rest_y: float = setting(0.0, "position of axis y at which mirror 2 stands at 45 degrees", unit="microsteps", read_only=True)

    @property
    def microstep(self) -> float:
        """Turn of a mirror in one microstep (rad)."""
        return math.tau / (self.steps_per_turn * self.microsteps)

    def board_point(self, angles: tuple[float, float]) -> tuple[float, float]:
        """Where the beam meets the board, traced through both reflections. Raises OpticsError."""
        x, y, _ = self.beam(angles)[-1]
        return x, y

    def beam(self, angles: tuple[float, float]) -> tuple[Vector, Vector, Vector]:
        """Where the beam meets mirror 1, mirror 2 and the board (m, in the rig's frame). Raises OpticsError."""
        a, b = angles
        # Below 45 degrees both mirrors face their light and the beam runs towards mirror 2 and the board; a NaN fails the test too.
        if not (abs(a) < math.pi / 4 and abs(b) < math.pi / 4):
            raise OpticsError(f"no beam reaches the board with mirrors turned by {a:.4g} and {b:.4g} rad; each must stay below 0.785")
        quarter = math.pi / 4
        # unit normals at rest are (-1, 1, 0) and (0, -1, 1) over root 2, turned about z and x
        normal1 = (-math.cos(quarter - a), math.sin(quarter - a), 0.0)
        normal2 = (0.0, -math.cos(quarter - b), math.sin(quarter - b))
        ray = (1.0, 0.0, 0.0)
        pivot1 = (0.0, -self.mirror_distance, 0.0)
        first = _meet((-1.0, -self.mirror_distance, 0.0), ray, pivot1, normal1)
        ray = _reflect(ray, normal1)
        second = _meet(first, ray, (0.0, 0.0, 0.0), normal2)
        ray = _reflect(ray, normal2)
        return first, second, _meet(second, ray, (0.0, 0.0, self.board_distance), (0.0, 0.0, 1.0))

    def mirror_angles(self, point: tuple[float, float]) -> tuple[float, float]:
        """Turns of the mirrors that put the spot on a point: the exact inverse of `board_point`. Raises OpticsError."""
        x, y = point
        if not (math.isfinite(x) and math.isfinite(y)):
            raise OpticsError(f"({x}, {y}) is no point of the board")
        arm = self.mirror_distance + math.hypot(y, self.board_distance)
        return -math.atan2(x, arm) / 2, -math.atan2(y, self.board_distance) / 2

    def angles(self, steps: tuple[float, float]) -> tuple[float, float]:
        """Turns of the mirrors (rad) at a position of the motors (microsteps, may be fractions)."""
        size = self.microstep
        a = (steps[0] - self.rest_x) * (size if self.invert_x else -size)
        b = (steps[1] - self.rest_y) * (size if self.invert_y else -size)
        return a, b

    def steps(self, angles: tuple[float, float]) -> tuple[float, float]:
        """Position of the motors (microsteps, fractions) at which the mirrors have these turns (rad)."""
        size = self.microstep
        x = self.rest_x + angles[0] / (size if self.invert_x else -size)
        y = self.rest_y + angles[1] / (size if self.invert_y else -size)
        return x, y

    def rates(self, speeds: tuple[float, float]) -> tuple[float, float]:
        """Rates of turn of the mirrors (rad/s) while the motors move at these speeds (microsteps/s)."""
        size = self.microstep
        return speeds[0] * (size if self.invert_x else -size), speeds[1] * (size if self.invert_y else -size)


def _reflect(d: Vector, n: Vector) -> Vector:
    """Direction d after a mirror of unit normal n: d - 2 (d . n) n."""
    k = 2 * (d[0] * n[0] + d[1] * n[1] + d[2] * n[2])
    return d[0] - k * n[0], d[1] - k * n[1], d[2] - k * n[2]


def _meet(origin: Vector, ray: Vector, point: Vector, normal: Vector) -> Vector:
    """Where a ray meets the plane through `point` across `normal`."""
    along = ray[0] * normal[0] + ray[1] * normal[1] + ray[2] * normal[2]
    away = (point[0] - origin[0]) * normal[0] + (point[1] - origin[1]) * normal[1] + (point[2] - origin[2]) * normal[2]
    t = away / along
    return origin[0] + t * ray[0], origin[1] + t * ray[1], origin[2] + t * ray[2]
