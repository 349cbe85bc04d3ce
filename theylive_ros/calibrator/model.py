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

"""The map that is fitted: microsteps, through the rig's optics, to the board; a smooth correction; a homography into the picture."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import cv2
import numpy as np

from theylive_ros.calibrator.looks import Pair
from theylive_ros.mirrors.correction import BEYOND, COUNTS, Correction, monomials
from theylive_ros.mirrors.optics import Geometry
from theylive_ros.mirrors.plane import Point

# A mirror's zero is known to this much before anything is seen (rad): what keeps it still where the pairs do not tell.
_REST_PRIOR = 0.02
_REST_PAIRS = 8  # pairs from which on the rest is fitted at all
_REDUNDANCY = 2  # equations per unknown from which on a correction is believed
_NOISE = 0.1  # px, what a pair is worth against the prior
_RIDGE = 1e-3  # of the correction, against a place on the board at its reach
_GROSS = 0.04  # share of the picture's width by which a pair may be off when nothing but a homography is known
_TUKEY = 4.7  # deviations from which on a pair has no weight
_LEAST_SCALE = 0.12  # px; no deviation is taken for smaller
_NOWHERE = 1e6  # px, what counts for a place that the map does not reach
_ROUNDS = 12


@dataclasses.dataclass(frozen=True)
class Model:
    """to_picture: 3x3, from the board (m) to px. rest: microsteps beyond the geometry's own. Arrays are (n, 2)."""

    geometry: Geometry
    to_picture: np.ndarray
    rest: np.ndarray
    correction: Correction = Correction()  # noqa: RUF009 (it is frozen)

    def pixels(self, steps: np.ndarray) -> np.ndarray:
        """Where the spot stands (px) when the axes are at these microsteps; NaN where the optics have no answer."""
        goal = _board(self.geometry, steps - self.rest)
        place = goal
        if self.correction.x:
            for _ in range(30):
                place = goal - self._shift(place)
        return _apply(self.to_picture, place)

    def steps(self, x: float, y: float) -> Point:
        """Microsteps (fractions) that put the spot on a pixel. Raises OpticsError where none do."""
        ((u, v),) = _apply(np.linalg.inv(self.to_picture), np.array([[x, y]]))
        at = self.geometry.steps(self.geometry.mirror_angles(self.correction.apply(float(u), float(v))))
        return at[0] + float(self.rest[0]), at[1] + float(self.rest[1])

    def _shift(self, places: np.ndarray) -> np.ndarray:
        return _polynomial(self.correction, places) @ np.array([self.correction.x, self.correction.y]).T


def counts_for(pairs: int) -> tuple[int, ...]:
    """How many coefficients a correction may have with so many pairs."""
    return tuple(c for c in COUNTS if not c or 2 * pairs >= _REDUNDANCY * (10 + 2 * c))


def fit_model(pairs: Sequence[Pair], geometry: Geometry, count: int, weights: np.ndarray | None = None) -> Model | None:
    """The model closest to the pairs, `count` coefficients in its correction. weights: one for each pair, 1 if None. None where no map
    goes through the pairs (all on one line, fewer than four)."""
    steps, seen = steps_of(pairs), pixels_of(pairs)
    weights = np.ones(len(pairs)) if weights is None else weights
    used = weights > 0
    if np.count_nonzero(used) < 4:
        return None
    steps, seen, root = steps[used], seen[used], np.sqrt(weights[used])[:, None]
    start = cv2.findHomography(_board(geometry, steps), seen)[0]
    if start is None or not np.isfinite(start).all() or abs(start[2, 2]) < 1e-12:
        return None
    model = _fit_optics(Model(geometry, start / start[2, 2], np.zeros(2)), steps, seen, root)
    return _fit_correction(model, steps, seen, root, count) if model is not None and count else model


def robust_weights(pairs: Sequence[Pair], geometry: Geometry, width: int) -> np.ndarray | None:
    """A weight from 0 (not believed) to 1 for each pair: Tukey's, about the richest model that so many pairs allow."""
    steps, seen = steps_of(pairs), pixels_of(pairs)
    if len(pairs) <= 4:
        return np.ones(len(pairs))
    # a method of its own for the first guess: no single pair, however wild, may bend it
    rough, inside = cv2.findHomography(_board(geometry, steps), seen, cv2.RANSAC, _GROSS * width)
    if rough is None:
        return None
    weights = inside.ravel().astype(float)
    for _ in range(_ROUNDS):
        model = fit_model(pairs, geometry, counts_for(int(np.count_nonzero(weights > 0.1)))[-1], weights)
        if model is None:
            return None
        off = np.linalg.norm(model.pixels(steps) - seen, axis=1)
        off[~np.isfinite(off)] = _NOWHERE
        scale = max(1.4826 * float(np.median(off[weights > 0])), _LEAST_SCALE)
        before, weights = weights, np.clip(1 - (off / (_TUKEY * scale)) ** 2, 0, 1) ** 2
        if np.abs(weights - before).max() < 1e-3:
            break
    return weights


def steps_of(pairs: Sequence[Pair]) -> np.ndarray:
    """Their microsteps, (n, 2)."""
    return np.array([(p.steps_x, p.steps_y) for p in pairs], float).reshape(-1, 2)


def pixels_of(pairs: Sequence[Pair]) -> np.ndarray:
    """Their pixels, (n, 2)."""
    return np.array([(p.x, p.y) for p in pairs], float).reshape(-1, 2)


def _fit_optics(model: Model, steps: np.ndarray, seen: np.ndarray, root: np.ndarray) -> Model | None:
    """Gauss and Newton with Marquardt's damping over the homography and, with enough pairs, the rest."""
    prior = _REST_PRIOR / model.geometry.microstep
    # unknowns of about one: changes of the homography as seen at the reach of the pairs, parts of the prior
    reach = np.array([*np.abs(_board(model.geometry, steps)).max(axis=0) + 1e-3, 1.0])
    unit = np.abs(model.to_picture) @ reach
    scales = np.concatenate([(unit[:2, None] / reach).ravel(), 1 / reach[:2], [prior, prior] if len(steps) >= _REST_PAIRS else []])

    def changed(values: np.ndarray) -> Model:
        h = np.append(model.to_picture.ravel()[:8] + values[:8] * scales[:8], 1.0).reshape(3, 3)
        return dataclasses.replace(model, to_picture=h, rest=values[8:] * scales[8:] if len(values) > 8 else model.rest)

    def off(values: np.ndarray) -> np.ndarray:
        return np.concatenate([(root * (changed(values).pixels(steps) - seen)).ravel() / _NOISE, values[8:]])

    values, damping = np.zeros(len(scales)), 1e-3
    here = off(values)
    for _ in range(30):
        if not np.isfinite(here).all():
            return None
        slope = np.stack([(off(values + step) - here) / 1e-6 for step in 1e-6 * np.eye(len(values))], axis=1)
        normal, pull = slope.T @ slope, slope.T @ here
        step = -np.linalg.lstsq(normal + damping * np.diag(np.diag(normal) + 1e-9), pull, rcond=None)[0]
        there = off(values + step)
        if np.isfinite(there).all() and there @ there <= here @ here:
            gain = here @ here - there @ there
            values, here, damping = values + step, there, damping / 10
            if gain <= 1e-9 * (1 + here @ here):
                break
        else:
            damping *= 10
            if damping > 1e9:
                break
    return changed(values)


def _fit_correction(model: Model, steps: np.ndarray, seen: np.ndarray, root: np.ndarray, count: int) -> Model:
    """Least squares of the polynomial on what the optics leave over."""
    places = _apply(np.linalg.inv(model.to_picture), seen)
    centre = (places.min(axis=0) + places.max(axis=0)) / 2
    reach = float(np.abs(places - centre).max())
    frame = Correction((float(centre[0]), float(centre[1])), reach, (0.0,) * count, (0.0,) * count)
    terms = root * _polynomial(frame, places)
    left = root * (_board(model.geometry, steps - model.rest) - places)
    found = np.linalg.lstsq(np.vstack([terms, _RIDGE * np.eye(count)]), np.vstack([left, np.zeros((count, 2))]), rcond=None)[0]
    x, y = (tuple(map(float, column)) for column in found.T)
    return dataclasses.replace(model, correction=dataclasses.replace(frame, x=x, y=y))


def _polynomial(correction: Correction, places: np.ndarray) -> np.ndarray:
    """Its monomials at places on the board, (n, count)."""
    u, v = np.clip((places - correction.centre) / correction.reach, -BEYOND, BEYOND).T
    return np.stack(monomials(u, v, len(correction.x)), axis=1)


def _board(geometry: Geometry, steps: np.ndarray) -> np.ndarray:
    """As `Geometry.board_point`, for many: x = -tan(2a) (mirror_distance + hypot(y, board_distance)), y = -tan(2b) board_distance."""
    size = geometry.microstep
    a = (steps[:, 0] - geometry.rest_x) * (size if geometry.invert_x else -size)
    b = (steps[:, 1] - geometry.rest_y) * (size if geometry.invert_y else -size)
    y = -np.tan(2 * b) * geometry.board_distance
    x = -np.tan(2 * a) * (geometry.mirror_distance + np.hypot(y, geometry.board_distance))
    beyond = np.maximum(np.abs(a), np.abs(b)) >= np.pi / 4
    return np.where(beyond[:, None], np.nan, np.stack([x, y], axis=1))


def _apply(h: np.ndarray, places: np.ndarray) -> np.ndarray:
    mapped = np.column_stack([places, np.ones(len(places))]) @ h.T
    return mapped[:, :2] / mapped[:, 2:]
