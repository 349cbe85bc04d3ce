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

"""What a calibrated rig knows of itself: the map from pixels to the board, from there to microsteps, and where aiming is allowed."""

from __future__ import annotations

import dataclasses
import datetime
import functools
import math
from typing import NamedTuple

from theylive_ros.mirrors import plane
from theylive_ros.mirrors.correction import Correction, fault
from theylive_ros.mirrors.optics import Geometry, OpticsError
from theylive_ros.mirrors.plane import Homography, Point
from theylive_ros.settings import check

METHODS = ("nominal", "sweep", "manual")


class Observed(NamedTuple):
    """A spot that was seen: its place x, y (px), the axes (microsteps), and its distance from where the fit puts it (px, and m)."""

    x: float
    y: float
    steps_x: float
    steps_y: float
    residual_px: float
    residual_m: float


class CalibrationError(ValueError):
    """A calibration cannot be used; one line with the cause and the cure."""


@dataclasses.dataclass(frozen=True)
class Calibration:
    """Map between pixels, board (m, the rig's frame of `optics`) and microsteps, for pictures of one size. Checked when made.

    width, height: picture (px). to_board: 3x3 homography, row by row, from (x, y, 1) in px to the board in m. field: polygon (px) inside
    which aiming is allowed. limits: lowest and highest microstep of axis x and of axis y. rest: microsteps, beyond the geometry's own,
    at which the mirrors truly stand at 45 degrees; the geometry is as configured, so that angles mean the same before and after a
    calibration. correction: what the optics leave over. method: how it was made, one of METHODS. points: what it rests on; rejected: how
    many more were seen and not believed. rms_px, p95_m: distance of fit and observation, cross-validated; 0 where nothing was observed.
    created: date, ISO 8601.
    """

    width: int
    height: int
    to_board: Homography
    field: tuple[Point, ...]
    geometry: Geometry
    limits: tuple[tuple[int, int], tuple[int, int]]
    rest: Point = (0.0, 0.0)
    correction: Correction = Correction()  # noqa: RUF009 (it is frozen)
    method: str = "nominal"
    points: tuple[Observed, ...] = ()
    rejected: int = 0
    rms_px: float = 0.0
    p95_m: float = 0.0
    created: str = ""

    def __post_init__(self) -> None:
        """Raises CalibrationError for anything that would make a wrong or an undefined aim."""
        _check(self)

    def pixel_to_board(self, x: float, y: float) -> Point:
        """Point of the board (m) that is seen at a pixel. Raises OpticsError where there is none."""
        point = plane.apply(self.to_board, x, y)
        if point is None:
            raise OpticsError(f"pixel ({x:.1f}, {y:.1f}) does not look at the board")
        return point

    def board_to_pixel(self, x: float, y: float) -> Point:
        """Pixel at which a point of the board (m) is seen. Raises OpticsError where there is none."""
        point = plane.apply(self._to_picture, x, y)
        if point is None:
            raise OpticsError(f"point ({x:.3f}, {y:.3f}) m of the board is not seen")
        return point

    def pixel_to_steps(self, x: float, y: float) -> Point:
        """Microsteps (fractions) of both axes that put the spot on a pixel. Raises OpticsError."""
        return self.board_to_steps(*self.pixel_to_board(x, y))

    def steps_to_pixel(self, x: float, y: float) -> Point:
        """Pixel at which the spot stands when the axes are at these microsteps. Raises OpticsError."""
        return self.board_to_pixel(*self.steps_to_board(x, y))

    def board_to_steps(self, x: float, y: float) -> Point:
        """Microsteps (fractions) of both axes that put the spot on a point of the board (m). Raises OpticsError."""
        return self._optics.steps(self._optics.mirror_angles(self.correction.apply(x, y)))

    def steps_to_board(self, x: float, y: float) -> Point:
        """Point of the board (m) that the beam meets when the axes are at these microsteps. Raises OpticsError."""
        return self.correction.undo(*self._optics.board_point(self._optics.angles((x, y))))

    def metres_per_pixel(self, x: float, y: float) -> float:
        """Length on the board of one pixel at (x, y), in the direction in which it is longest (m)."""
        return plane.stretch(self.to_board, x, y)

    def inside_field(self, x: float, y: float) -> bool:
        """Whether aiming at a pixel is allowed."""
        return plane.depth_inside(self.field, x, y) >= 0

    def inside_limits(self, x: float, y: float) -> bool:
        """Whether a position of the axes (microsteps) lies within the soft limits."""
        (low_x, high_x), (low_y, high_y) = self.limits
        return low_x <= x <= high_x and low_y <= y <= high_y

    @functools.cached_property
    def _optics(self) -> Geometry:
        """The geometry with the mirrors' true rest."""
        g = self.geometry
        return dataclasses.replace(g, rest_x=g.rest_x + self.rest[0], rest_y=g.rest_y + self.rest[1])

    @functools.cached_property
    def _to_picture(self) -> Homography:
        return plane.inverse(self.to_board)


def nominal(width: int = 320, height: int = 240, metres_per_pixel: float = 0.785e-3, geometry: Geometry | None = None) -> Calibration:
    """The calibration of an ideal rig: the camera looks straight at the board, its picture's centre where the beam stands at rest.

    The whole picture may be aimed at; the soft limits are what that takes. Raises CalibrationError.
    """
    geometry = geometry or Geometry()
    m = metres_per_pixel
    right, down = m * width / 2, m * height / 2
    # the mirrors turn furthest where the other one is at rest, as the arm is shortest there
    xs = [geometry.steps(geometry.mirror_angles((x, 0.0)))[0] for x in (-right, right)]
    ys = [geometry.steps(geometry.mirror_angles((0.0, y)))[1] for y in (-down, down)]
    return Calibration(
        width=width,
        height=height,
        to_board=(m, 0.0, -right, 0.0, m, -down, 0.0, 0.0, 1.0),
        field=((0.0, 0.0), (float(width), 0.0), (float(width), float(height)), (0.0, float(height))),
        geometry=geometry,
        limits=((math.floor(min(xs)), math.ceil(max(xs))), (math.floor(min(ys)), math.ceil(max(ys)))),
        created=datetime.date.today().isoformat(),
    )


def _check(c: Calibration) -> None:
    if not (0 < c.width <= 100_000 and 0 < c.height <= 100_000):
        raise CalibrationError(f"the picture's size {c.width}x{c.height} is none; calibrate again")
    if len(c.to_board) != 9 or not all(map(math.isfinite, c.to_board)):
        raise CalibrationError("the map from pixels to the board has values that are not finite numbers; calibrate again")
    corners = ((0.0, 0.0), (float(c.width), 0.0), (float(c.width), float(c.height)), (0.0, float(c.height)))
    try:
        plane.inverse(c.to_board)
    except (ValueError, ZeroDivisionError):
        raise CalibrationError("the map from pixels to the board is singular, several pixels share one point; calibrate again") from None
    if any(plane.apply(c.to_board, *corner) is None for corner in corners):
        raise CalibrationError("the map from pixels to the board has its horizon inside the picture; calibrate again")
    if len(c.field) < 3 or not all(math.isfinite(x) and math.isfinite(y) for x, y in c.field):
        raise CalibrationError("the field of aim needs three or more corners with finite coordinates; mend `field`")
    if abs(plane.area(c.field)) < 1.0:
        raise CalibrationError("the field of aim has no area; mend `field`")
    if not all(0 <= x <= c.width and 0 <= y <= c.height for x, y in c.field):
        raise CalibrationError(f"the field of aim leaves the picture of {c.width}x{c.height} px; mend `field`")
    for axis, (low, high) in zip("xy", c.limits, strict=True):
        if not low < high:
            raise CalibrationError(f"the soft limits of axis {axis} are {low} to {high}; the first must be lower")
    if c.method not in METHODS:
        raise CalibrationError(f"method is {c.method!r}; it must be one of {', '.join(METHODS)}")
    if not all(math.isfinite(v) for p in c.points for v in p) or not all(p.residual_px >= 0 <= p.residual_m for p in c.points):
        raise CalibrationError("the points have values that are not finite or no distances; calibrate again")
    if not (0 <= c.rms_px < math.inf and 0 <= c.p95_m < math.inf and c.rejected >= 0):
        raise CalibrationError("the residuals have values that are no distances; calibrate again")
    if not all(map(math.isfinite, c.rest)):
        raise CalibrationError("rest must hold two finite numbers; calibrate again")
    if what := fault(c.correction):
        raise CalibrationError(f"the correction {what}; calibrate again")
    try:
        check(c.geometry, prefix="geometry: ")
        finite = math.isfinite(c.geometry.rest_x) and math.isfinite(c.geometry.rest_y)
    except ValueError as error:
        raise CalibrationError(str(error)) from error
    if not finite:
        raise CalibrationError("geometry: rest_x and rest_y must be finite")
