"""What a calibrated rig knows of itself: the map from pixels to the board, from there to microsteps, and where aiming is allowed."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import functools
import math
import os
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from theylive_ros.mirrors import plane
from theylive_ros.mirrors.correction import Correction, fault
from theylive_ros.mirrors.optics import Geometry, OpticsError
from theylive_ros.mirrors.plane import Homography, Point
from theylive_ros.settings import check

FORMAT = "theylive_ros calibration"
VERSION = 2
METHODS = ("nominal", "sweep", "manual")
_CURE = "calibrate again or restore the file"
_HEAD = """\
# How this rig's pixels, board and mirrors belong together. Written by the calibration; do not edit by hand but for `field` and `limits`.
# Lengths in metres, pixels from the top left corner, rest and limits in microsteps, to_board row by row.
# points: x, y of the seen spot (px), x, y of the axes (microsteps), residual in px and in m. rms_px and p95_m are cross-validated.
"""


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


def load(path: str | os.PathLike[str], width: int | None = None, height: int | None = None) -> Calibration:
    """Read a calibration. width, height: the size of the pictures it will be used for. Raises CalibrationError for every defect."""
    try:
        text = Path(path).read_text(encoding="utf-8")
        data = yaml.safe_load(text)
    except FileNotFoundError:
        raise CalibrationError(f"there is no calibration {path}; calibrate the rig, or mend the path") from None
    except OSError as error:
        raise CalibrationError(f"calibration {path} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise CalibrationError(f"calibration {path} is damaged, it is no YAML; {_CURE}") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise CalibrationError(f"{path} is no calibration (its `format` is not {FORMAT!r}); {_CURE}")
    if data.get("version") != VERSION:
        raise CalibrationError(f"calibration {path} has version {data.get('version')!r}, this program reads {VERSION}; calibrate again")
    try:
        calibration = _read(data)
    except CalibrationError as error:
        raise CalibrationError(f"calibration {path}: {error}") from error
    if (width or calibration.width, height or calibration.height) != (calibration.width, calibration.height):
        made = f"{calibration.width}x{calibration.height}"
        raise CalibrationError(f"calibration {path} is for pictures of {made} px, these are {width}x{height}; calibrate at this size")
    return calibration


def save(calibration: Calibration, path: str | os.PathLike[str]) -> None:
    """Write a calibration so that the file is either the old or the new one, whole. Raises CalibrationError."""
    c = calibration
    data = {
        "format": FORMAT,
        "version": VERSION,
        "created": c.created,
        "width": c.width,
        "height": c.height,
        "to_board": list(c.to_board),
        "field": [list(p) for p in c.field],
        "limits": {"x": list(c.limits[0]), "y": list(c.limits[1])},
        "geometry": dataclasses.asdict(c.geometry),
        "rest": list(c.rest),
        "correction": {
            "centre": list(c.correction.centre),
            "reach": c.correction.reach,
            "x": list(c.correction.x),
            "y": list(c.correction.y),
        },
        "method": c.method,
        "rms_px": c.rms_px,
        "p95_m": c.p95_m,
        "rejected": c.rejected,
        "points": [list(p) for p in c.points],
    }
    path = Path(path)
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".new")
        with open(handle, "w", encoding="utf-8") as file:
            file.write(_HEAD + yaml.safe_dump(data, sort_keys=False, default_flow_style=None, width=120))
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise CalibrationError(f"calibration {path} cannot be written: {error.strerror}; mend permissions or space") from error


_KEYS = (
    *("format", "version", "created", "width", "height", "to_board", "field", "limits", "geometry"),
    *("rest", "correction", "method", "rms_px", "p95_m", "rejected", "points"),
)


def _read(data: dict[str, Any]) -> Calibration:
    missing, unknown = sorted(set(_KEYS) - set(data)), sorted(map(str, set(data) - set(_KEYS)))
    if missing or unknown:
        what = f"lacks {', '.join(missing)}" if missing else f"has unknown {', '.join(unknown)}"
        raise CalibrationError(f"it {what}; {_CURE}")
    geometry = _mapping("geometry", data["geometry"], {f.name for f in dataclasses.fields(Geometry)})
    limits = _mapping("limits", data["limits"], {"x", "y"})
    correction = _mapping("correction", data["correction"], {"centre", "reach", "x", "y"})
    return Calibration(
        width=_numbers("width", [data["width"]], int, 1)[0],
        height=_numbers("height", [data["height"]], int, 1)[0],
        to_board=_numbers("to_board", data["to_board"], float, 9),
        field=tuple(_numbers("field", point, float, 2) for point in _list("field", data["field"])),
        geometry=Geometry(**geometry),
        limits=(_numbers("limits", limits["x"], int, 2), _numbers("limits", limits["y"], int, 2)),
        rest=_numbers("rest", data["rest"], float, 2),
        correction=Correction(
            centre=_numbers("correction.centre", correction["centre"], float, 2),
            reach=_numbers("correction.reach", [correction["reach"]], float, 1)[0],
            x=_numbers("correction.x", correction["x"], float, None),
            y=_numbers("correction.y", correction["y"], float, None),
        ),
        method=str(data["method"]),
        points=tuple(Observed(*_numbers("points", point, float, 6)) for point in _list("points", data["points"])),
        rejected=_numbers("rejected", [data["rejected"]], int, 1)[0],
        rms_px=_numbers("rms_px", [data["rms_px"]], float, 1)[0],
        p95_m=_numbers("p95_m", [data["p95_m"]], float, 1)[0],
        created=str(data["created"]),
    )


def _mapping(name: str, value: Any, keys: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != keys:
        raise CalibrationError(f"`{name}` must have exactly: {', '.join(sorted(keys))}; {_CURE}")
    return value


def _list(name: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise CalibrationError(f"`{name}` is no list; {_CURE}")
    return value


def _numbers(name: str, values: Any, kind: type, count: int | None) -> Any:
    """A tuple of `count` numbers; a YAML bool or a text is none."""
    accepted = (int,) if kind is int else (int, float)
    if not isinstance(values, list) or (count is not None and len(values) != count) or not all(type(v) in accepted for v in values):
        raise CalibrationError(f"`{name}` must hold {'' if count is None else f'{count} '}numbers ({kind.__name__}); {_CURE}")
    try:
        return tuple(kind(v) for v in values)
    except OverflowError:
        raise CalibrationError(f"`{name}` holds a number too large to be true; {_CURE}") from None


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
