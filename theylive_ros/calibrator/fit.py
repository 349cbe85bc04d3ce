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

"""From pairs of pixel and microsteps to a calibration, or to the reason why there is none.

The rig's optics come first: two mirrors are exact, and ten unknowns tell how the camera sees the board and where the mirrors' zero is. What
they leave over, a lens, a board askew, is smooth, and a polynomial takes it. Whether it helps is asked of pairs that were left out of the
fit (cross-validation), and so is the residual that is told.
"""

from __future__ import annotations

import dataclasses
import datetime
import itertools
import math
from collections.abc import Sequence

import cv2
import numpy as np

from theylive_ros.calibrator.looks import Pair
from theylive_ros.calibrator.model import Model, counts_for, fit_model, pixels_of, robust_weights, steps_of
from theylive_ros.mirrors import plane
from theylive_ros.mirrors.calibration import Calibration, CalibrationError, Observed
from theylive_ros.mirrors.optics import Geometry, OpticsError
from theylive_ros.settings import setting

_FOLDS = 8
_MANUAL = 4  # pairs that a homography needs
_CHECKED = 8  # pairs from which on one that is left out lies between others
_LEAST_TRIANGLE = 0.02  # share of the picture that any three of four pairs must enclose
_WORTH = 0.95  # a richer correction must bring the residual below this share of a simpler one's
_BELIEVED = 0.05  # weight below which a pair counts as rejected


@dataclasses.dataclass(frozen=True)
class FitSettings:
    """What a calibration must reach to be written."""

    min_points: int = setting(24, "places at which the spot must have been seen in a sweep", low=10, high=1000)
    max_rms_px: float = setting(1.0, "cross-validated residual up to which a sweep is accepted", unit="px", low=0.05, high=20.0)
    max_manual_rms_px: float = setting(4.0, "the same for clicked pairs", unit="px", low=0.05, high=50.0)
    max_rejected: float = setting(0.25, "share of the seen places that may be outliers", low=0.0, high=0.5)
    min_area: float = setting(0.2, "share of the picture that the seen places must enclose", low=0.01, high=1.0)
    max_moved_px: float = setting(0.8, "how far the same place may be from itself at the end of a sweep", unit="px", low=0.1, high=20.0)
    inset_px: float = setting(1.0, "how far inside the outermost seen places aiming is allowed", unit="px", low=0.0, high=50.0)


class FitError(ValueError):
    """No calibration comes of these pairs. `reason`: too_few, moved, degenerate, mirrored, outliers or residual; the message says more."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def fit_sweep(
    pairs: Sequence[Pair],
    again: Sequence[tuple[Pair, Pair]],
    geometry: Geometry,
    width: int,
    height: int,
    settings: FitSettings | None = None,
) -> Calibration:
    """The calibration from a sweep's pairs. again: places seen at the beginning and once more at the end. Raises FitError."""
    s = settings or FitSettings()
    if len(pairs) < s.min_points:
        raise FitError("too_few", f"the spot was seen at {len(pairs)} places only, {s.min_points} are needed: see to light and laser")
    if again:
        moved = float(np.median([math.dist(a[:2], b[:2]) for a, b in again]))
        if moved > s.max_moved_px:
            raise FitError(
                "moved", f"at the end the spot was {moved:.1f} px from where it was at the beginning: camera, board or mirrors have moved"
            )
    weights = robust_weights(pairs, geometry, width)
    if weights is None:
        raise FitError("degenerate", "no map goes through the seen places: do the mirrors follow, one axis each?")
    kept = [p for p, w in zip(pairs, weights, strict=True) if w > _BELIEVED]
    rejected = len(pairs) - len(kept)
    if rejected > s.max_rejected * len(pairs):
        raise FitError("outliers", f"{rejected} of {len(pairs)} seen places fit no map: reflections, a second light, or lost steps")
    return _finish("sweep", kept, weights[weights > _BELIEVED], rejected, s.max_rms_px, geometry, width, height, s)


def fit_manual(pairs: Sequence[Pair], geometry: Geometry, width: int, height: int, settings: FitSettings | None = None) -> Calibration:
    """The calibration from clicked pairs, four or more: every one of them counts. Raises FitError."""
    s = settings or FitSettings()
    if len(pairs) < _MANUAL:
        raise FitError("too_few", f"there are {len(pairs)} pairs, {_MANUAL} are needed: mark more places, far apart")
    return _finish("manual", list(pairs), np.ones(len(pairs)), 0, s.max_manual_rms_px, geometry, width, height, s)


def _finish(
    method: str,
    pairs: list[Pair],
    weights: np.ndarray,
    rejected: int,
    max_rms: float,
    geometry: Geometry,
    width: int,
    height: int,
    settings: FitSettings,
) -> Calibration:
    _check_spread(pairs, width, height, settings)
    best = _best_model(pairs, weights, geometry)
    if best is None:
        raise FitError("degenerate", "no map goes through these places: some are on one line, or one pair is wrong")
    model, left_out = best
    _check_sense(model, pairs)
    rms = _rms(left_out) if left_out.size else _spare_rms(model, pairs)
    if not rms <= max_rms:
        raise FitError("residual", f"the fit is off by {rms:.2f} px RMS, {max_rms} is the most: {_advice(method)}")
    try:
        return _calibration(method, model, pairs, rejected, left_out, width, height, settings)
    except (CalibrationError, OpticsError) as error:
        raise FitError("degenerate", f"the fit makes no sense ({error}): {_advice(method)}") from error


def _advice(method: str) -> str:
    return "do mirrors or camera shake, are steps lost?" if method == "sweep" else "undo the worst pair and mark it anew"


def _check_spread(pairs: list[Pair], width: int, height: int, settings: FitSettings) -> None:
    """Places that lie close together or along a line tell nothing of the rest of the picture."""
    hull = cv2.convexHull(pixels_of(pairs).astype(np.float32))
    share = float(cv2.contourArea(hull)) / (width * height)
    if share < settings.min_area:
        raise FitError("degenerate", f"the places enclose {share:.0%} of the picture, {settings.min_area:.0%} are needed: spread them")
    if len(pairs) == _MANUAL:
        triangles = [abs(plane.area([p[:2] for p in three])) for three in itertools.combinations(pairs, 3)]
        if min(triangles) < _LEAST_TRIANGLE * width * height:
            raise FitError("degenerate", "three of the four places are almost on one line: mark the corners of a large square")


def _best_model(pairs: list[Pair], weights: np.ndarray, geometry: Geometry) -> tuple[Model, np.ndarray] | None:
    """The model that is closest to pairs that it has not seen, and its distances from them (px)."""
    best: tuple[Model, np.ndarray] | None = None
    for count in counts_for(len(pairs)):
        model = fit_model(pairs, geometry, count, weights)
        left_out = _cross_validated(pairs, weights, geometry, count)
        if model is None or left_out is None:
            continue
        if best is None or np.square(left_out).mean() < _WORTH**2 * np.square(best[1]).mean():
            best = model, left_out
    return best


def _cross_validated(pairs: list[Pair], weights: np.ndarray, geometry: Geometry, count: int) -> np.ndarray | None:
    """For each pair, how far (px) a fit to the others puts the spot from where it was seen; empty where they are too few for that."""
    steps, seen = steps_of(pairs), pixels_of(pairs)
    if len(pairs) < _CHECKED:
        return np.zeros(0)
    # in a fixed shuffle, so that no fold is a region of the board
    fold = np.random.default_rng(0).permutation(len(pairs)) % min(_FOLDS, len(pairs))
    off = np.zeros(len(pairs))
    for k in range(int(fold.max()) + 1):
        model = fit_model(pairs, geometry, count, np.where(fold == k, 0.0, weights))
        if model is None:
            return None
        off[fold == k] = np.linalg.norm(model.pixels(steps[fold == k]) - seen[fold == k], axis=1)
    return off if np.isfinite(off).all() else None


def _rms(distances: np.ndarray) -> float:
    return math.sqrt(float(np.mean(np.square(distances))))


def _spare_rms(model: Model, pairs: list[Pair]) -> float:
    """Deviation of pairs from a homography that was fitted to all of them, by what they say beyond its eight unknowns (px)."""
    off = np.linalg.norm(model.pixels(steps_of(pairs)) - pixels_of(pairs), axis=1)
    return math.sqrt(float(np.sum(off**2)) / (len(pairs) - _MANUAL)) if len(pairs) > _MANUAL else 0.0


def _check_sense(model: Model, pairs: list[Pair]) -> None:
    """A camera shows the board turned at most, never as a mirror would."""
    middle = steps_of(pairs).mean(axis=0)
    here, right, down = model.pixels(middle + np.array([(0, 0), (1, 0), (0, 1)]))
    sense = -1 if model.geometry.invert_x != model.geometry.invert_y else 1
    (a, b), (c, d) = right - here, down - here
    if not sense * (a * d - b * c) > 0:
        # of the two, the axis that runs against what its setting says is the one to turn round
        against_x = (a < 0) != model.geometry.invert_x if abs(a) >= abs(b) else True
        axis, other = ("x", "left") if against_x else ("y", "up")
        raise FitError(
            "mirrored", f"the picture is mirrored: axis {axis} moves the spot {other} where it should not; turn over geometry.invert_{axis}"
        )


def _calibration(
    method: str, model: Model, pairs: list[Pair], rejected: int, left_out: np.ndarray, width: int, height: int, settings: FitSettings
) -> Calibration:
    steps, seen = steps_of(pairs), pixels_of(pairs)
    draft = Calibration(
        width=width,
        height=height,
        to_board=_signed(np.linalg.inv(model.to_picture), seen),
        field=_field(seen, width, height, settings.inset_px),
        geometry=model.geometry,
        limits=((-1, 1), (-1, 1)),
        rest=(float(model.rest[0]), float(model.rest[1])),
        correction=model.correction,
        method=method,
        rejected=rejected,
        created=datetime.date.today().isoformat(),
    )
    observed = []
    for (x, y), (sx, sy) in zip(seen.tolist(), steps.tolist(), strict=True):
        there = draft.steps_to_pixel(sx, sy)
        off = math.dist(draft.steps_to_board(sx, sy), draft.pixel_to_board(x, y))
        observed.append(Observed(round(x, 3), round(y, 3), round(sx, 3), round(sy, 3), math.dist(there, (x, y)), off))
    metres = [d * draft.metres_per_pixel(*p) for d, p in zip(left_out.tolist(), seen.tolist(), strict=bool(left_out.size))]
    return dataclasses.replace(
        draft,
        limits=_limits(draft),
        points=tuple(observed),
        rms_px=_rms(left_out) if left_out.size else 0.0,
        p95_m=float(np.percentile(metres, 95)) if metres else 0.0,
    )


def _signed(h: np.ndarray, seen: np.ndarray) -> plane.Homography:
    """Scaled so that the third coordinate is positive where the spot was seen."""
    x, y = seen.mean(axis=0)
    h = h / (h[2] @ (x, y, 1.0))
    return tuple(float(v) for v in h.ravel())  # type: ignore[return-value]


def _field(seen: np.ndarray, width: int, height: int, inset: float) -> tuple[plane.Point, ...]:
    """Where aiming is allowed: within what was seen, for beyond it every fit is a guess."""
    hull = cv2.convexHull(seen.astype(np.float32)).reshape(-1, 2).astype(float)
    polygon = plane.inset([(x, y) for x, y in hull.tolist()], inset)
    return tuple((min(max(round(x, 2), 0.0), float(width)), min(max(round(y, 2), 0.0), float(height))) for x, y in polygon)


def _limits(calibration: Calibration) -> tuple[tuple[int, int], tuple[int, int]]:
    """The microsteps that the field takes."""
    field = calibration.field
    edge = [
        (ax + (bx - ax) * k / 16, ay + (by - ay) * k / 16)
        for (ax, ay), (bx, by) in zip((field[-1], *field[:-1]), field, strict=True)
        for k in range(16)
    ]
    xs, ys = zip(*(calibration.pixel_to_steps(*p) for p in edge), strict=True)
    return (math.floor(min(xs)), math.ceil(max(xs))), (math.floor(min(ys)), math.ceil(max(ys)))
