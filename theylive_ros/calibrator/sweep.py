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

"""The course of a calibration: search the spot, find out roughly how it moves, then look at a grid over the whole picture.

Pure: a generator that is asked where to look and told what was seen there. It knows neither mirrors nor camera.
"""

from __future__ import annotations

import collections
import dataclasses
import math
from collections.abc import Generator, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from theylive_ros.calibrator.looks import Look, Pair, Sighting, pair
from theylive_ros.calibrator.model import Model, counts_for, fit_model, pixels_of, robust_weights, steps_of
from theylive_ros.mirrors.correction import Correction
from theylive_ros.mirrors.optics import Geometry, OpticsError
from theylive_ros.mirrors.plane import Point
from theylive_ros.settings import setting

Limits = tuple[tuple[int, int], tuple[int, int]]
_Steps = tuple[int, int]
_Course = Generator[Look, Sighting, None]

_SEARCHED, _PROBED, _GRIDDED = 0.05, 0.12, 0.95  # progress at the end of each stage
_FAR = 0.28  # share of the picture by which the second probe goes out from its middle
_AGAIN = 5  # places that are looked at once more at the end
_LOST = 12  # misses in a row after which there is no use in going on
_ANEW = 1.15  # growth of the number of pairs after which the map is fitted anew
_SLACK = 1.0  # px by which a place may be closer to the edge than the margin
_PULL = 0.75  # of a spot's margin: how far a place whose spot was cut is moved inwards


@dataclasses.dataclass(frozen=True)
class SweepSettings:
    """Where to look."""

    columns: int = setting(10, "places across the picture", low=4, high=60)
    rows: int = setting(7, "places down the picture", low=4, high=60)
    margin: float = setting(0.024, "distance of the outermost places from the picture's edge, share of its width", low=0.0, high=0.3)
    search_pitch: float = setting(0.05, "distance of places on the board while searching", unit="m", low=0.005, high=1.0)
    search_reach: float = setting(0.3, "farthest place on the board while searching, from the beam at rest", unit="m", low=0.01, high=5.0)
    probe: float = setting(0.02, "first move on the board after the spot was found", unit="m", low=0.002, high=0.5)


class Feedback(NamedTuple):
    """How far a sweep is. stage: search, probe, grid or fit. progress: 0 to 1. tried, found: places. residual: px RMS, or NaN."""

    stage: str
    progress: float
    tried: int
    found: int
    residual: float


class Beyond(NamedTuple):
    """Places of the grid that a limit keeps from being looked at. limit: its name, as low_x. needed: where it would have to be
    (microsteps)."""

    limit: str
    places: int
    needed: int


class Swept(NamedTuple):
    """What a sweep has brought. again: places of the beginning as seen then and at the end. beyond: what the limits have cost."""

    pairs: tuple[Pair, ...]
    again: tuple[tuple[Pair, Pair], ...]
    beyond: tuple[Beyond, ...] = ()


class SweepError(ValueError):
    """A sweep cannot go on. `reason`: no_spot, kept_dark, stuck or lost; the message says the cause and the cure."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Sweep:
    """One sweep. `looks()` is its course, `feedback` tells how far it is."""

    def __init__(self, geometry: Geometry, width: int, height: int, limits: Limits, settings: SweepSettings | None = None) -> None:
        """geometry: by which angles are told; its rest need not be true. limits: microsteps that may be ordered, of x and y."""
        self._geometry, self._size, self._limits = geometry, (width, height), limits
        self._settings = settings or SweepSettings()
        self._pairs: list[Pair] = []
        self._again: list[tuple[Pair, Pair]] = []
        self._misses: collections.Counter[str] = collections.Counter()
        self._beyond: dict[str, Beyond] = {}
        self._tried = 0
        self._model: Model | None = None
        self._fitted = 0  # pairs in the model
        self.feedback = Feedback("search", 0.0, 0, 0, math.nan)

    def looks(self) -> Generator[Look, Sighting, Swept]:
        """Yields where to look, wants the sighting sent, returns what it has found. Raises SweepError."""
        yield from self._search()
        yield from self._probe()
        yield from self._grid()
        yield from self._look_again()
        self._tell("fit", 1.0)
        return Swept(tuple(self._pairs), tuple(self._again), tuple(self._beyond.values()))

    # -- the stages

    def _search(self) -> _Course:
        """From the beam at rest outwards until the spot is seen."""
        s = self._settings
        places = [steps for steps in map(self._steps_to, _spiral(s.search_pitch, s.search_reach)) if steps is not None]
        for k, steps in enumerate(places):
            self._tell("search", _SEARCHED * k / len(places))
            if (yield from self._see(steps)):
                return
        most = self._misses.most_common(1)
        why = f", mostly because: {most[0][0]}" if most else ""
        raise SweepError("no_spot", f"the spot was seen at none of {len(places)} places{why}; see to laser, camera and light")

    def _probe(self) -> _Course:
        """Small moves along both axes, then, by what they tell, out to the four quarters of the picture."""
        self._tell("probe", _SEARCHED)
        first = self._pairs[-1]
        move = max(1, round(self._settings.probe / (2 * self._geometry.board_distance * self._geometry.microstep)))
        for axis in (0, 1):
            # to either side, and less far where that leads out of the picture
            for by in (move, -move, move // 2, -(move // 2)):
                steps = (round(first.steps_x) + by * (axis == 0), round(first.steps_y) + by * (axis == 1))
                if by and (yield from self._see(steps)):
                    break
            else:
                raise SweepError("stuck", f"the spot is lost when axis {'xy'[axis]} moves: does its motor turn, is the picture stable?")
        slopes, base = _affine(self._pairs[-3:])
        if not abs(np.linalg.det(slopes)) > 0.05**2:
            raise SweepError("stuck", "the spot hardly moves with the mirrors: do the motors turn, is it a reflection?")
        width, height = self._size
        for k, (right, down) in enumerate(((-1, -1), (1, -1), (1, 1), (-1, 1))):
            self._tell("probe", _SEARCHED + (_PROBED - _SEARCHED) * (k + 1) / 5)
            for far in (_FAR, _FAR / 2):
                wanted = np.array([width * (0.5 + right * far), height * (0.5 + down * far)])
                x, y = np.linalg.solve(slopes, wanted - base)
                if (yield from self._see((round(x), round(y)))):
                    break
        if len(self._pairs) < 4:
            raise SweepError("lost", f"the spot was seen at {len(self._pairs)} places only{self._why()}")
        self._fit()

    def _grid(self) -> _Course:
        """The whole picture from its middle outwards; what was missed once more, farther in where the edge cut the spot."""
        goals = list(_grid(*self._size, self._settings))
        missed: list[Point] = []
        in_a_row = 0
        for k, goal in enumerate(goals):
            self._tell("grid", _PROBED + (_GRIDDED - _PROBED) * k / (len(goals) + len(missed)))
            steps = self._steps_for(goal)
            if steps is None:
                continue
            if (yield from self._see(steps)):
                in_a_row = 0
            else:
                missed.append(goal)
                in_a_row += 1
                if in_a_row >= _LOST:
                    raise SweepError("lost", f"the spot was lost at {in_a_row} places in a row{self._why()}")
            if len(self._pairs) >= _ANEW * self._fitted:
                self._fit()
        self._fit()
        width, height = self._size
        pull = _PULL * self._settings.margin * width
        for k, (x, y) in enumerate(missed):
            self._tell("grid", _PROBED + (_GRIDDED - _PROBED) * (len(goals) + k) / (len(goals) + len(missed)))
            inwards = x + math.copysign(pull, width / 2 - x), y + math.copysign(pull, height / 2 - y)
            steps = self._steps_for(inwards)
            if steps is not None:
                yield from self._see(steps)

    def _look_again(self) -> _Course:
        """The first places once more, to tell whether anything has moved meanwhile."""
        for k, before in enumerate(self._pairs[:_AGAIN]):
            self._tell("grid", _GRIDDED + (1 - _GRIDDED) * k / _AGAIN)
            if (yield from self._see((round(before.steps_x), round(before.steps_y)))):
                self._again.append((before, self._pairs.pop()))

    # -- what they share

    def _see(self, steps: _Steps) -> Generator[Look, Sighting, bool]:
        """Look at one place; whether the spot was found, and kept. Beyond the limits it is not."""
        if not self._reachable(steps):
            return False
        sighting = yield Look(self._geometry.angles(steps))
        self._tried += 1
        if sighting.kept_dark:
            raise SweepError("kept_dark", f"a place could not be looked at: {sighting.reason}")
        if sighting.found:
            self._pairs.append(pair(sighting, self._geometry))
        else:
            self._misses[sighting.reason] += 1
        self._tell(self.feedback.stage, self.feedback.progress)
        return sighting.found

    def _steps_to(self, place: Point) -> _Steps | None:
        """Microsteps for a place on the board (m), as the geometry has it."""
        try:
            x, y = self._geometry.steps(self._geometry.mirror_angles(place))
        except OpticsError:
            return None
        steps = round(x), round(y)
        return steps if self._reachable(steps) else None

    def _steps_for(self, pixel: Point) -> _Steps | None:
        """Microsteps that bring the spot close to a place in the picture and not too close to its edge, as the fit has it; None if they
        were seen, or are out of reach."""
        try:
            x, y = self._model.steps(*pixel)  # type: ignore[union-attr]
        except OpticsError:
            return None
        near = [(i, j) for i in (math.floor(x), math.ceil(x)) for j in (math.floor(y), math.ceil(y))]
        places = self._model.pixels(np.array(near, float))  # type: ignore[union-attr]
        width, height = self._size
        margin = self._settings.margin * width - _SLACK
        inside = np.all((places >= margin) & (places <= np.array([width, height]) - margin), axis=1)
        away = np.where(inside, np.linalg.norm(places - pixel, axis=1), np.inf)
        best = int(np.argmin(away))
        steps = near[best]
        if not math.isfinite(away[best]) or any((p.steps_x, p.steps_y) == steps for p in self._pairs):
            return None
        if not self._reachable(steps):
            self._note_beyond(steps)
            return None
        return steps

    def _reachable(self, steps: _Steps) -> bool:
        return all(low <= s <= high for s, (low, high) in zip(steps, self._limits, strict=True))

    def _note_beyond(self, steps: _Steps) -> None:
        for axis, step, (low, high) in zip("xy", steps, self._limits, strict=True):
            if not low <= step <= high:
                name = f"low_{axis}" if step < low else f"high_{axis}"
                before = self._beyond.get(name, Beyond(name, 0, step))
                self._beyond[name] = Beyond(name, before.places + 1, min(before.needed, step) if step < low else max(before.needed, step))

    def _fit(self) -> None:
        """The map by what was seen so far. Only its optics lead on, for a polynomial tells nothing of what lies outside."""
        weights = robust_weights(self._pairs, self._geometry, self._size[0])
        model = fit_model(self._pairs, self._geometry, counts_for(len(self._pairs))[-1], weights)
        if weights is None or model is None:
            if self._model is None:
                raise SweepError("stuck", "no map goes through the first places: do both motors turn, is it a reflection?")
            return
        off = np.linalg.norm(model.pixels(steps_of(self._pairs)) - pixels_of(self._pairs), axis=1)[weights > 0]
        self._model, self._fitted = dataclasses.replace(model, correction=Correction()), len(self._pairs)
        self.feedback = self.feedback._replace(residual=math.sqrt(float(np.mean(off**2))))

    def _why(self) -> str:
        return f"; elsewhere: {self._misses.most_common(1)[0][0]}" if self._misses else ""

    def _tell(self, stage: str, progress: float) -> None:
        self.feedback = Feedback(stage, progress, self._tried, len(self._pairs), self.feedback.residual)


def _spiral(pitch: float, reach: float) -> Iterator[Point]:
    """Places on a square grid, ring by ring outwards, each ring in one round."""
    yield 0.0, 0.0
    for ring in range(1, int(reach / pitch) + 1):
        x, y = ring, -ring
        for dx, dy in ((0, 1), (-1, 0), (0, -1), (1, 0)):
            for _ in range(2 * ring):
                x, y = x + dx, y + dy
                yield x * pitch, y * pitch


def _grid(width: int, height: int, settings: SweepSettings) -> list[Point]:
    """Places over the picture, from its middle outwards."""
    margin = settings.margin * width
    xs, ys = np.linspace(margin, width - margin, settings.columns), np.linspace(margin, height - margin, settings.rows)
    places = [(float(x), float(y)) for y in ys for x in xs]
    return sorted(places, key=lambda p: max(abs(p[0] / width - 0.5), abs(p[1] / height - 0.5)))


def _affine(pairs: Sequence[Pair]) -> tuple[np.ndarray, np.ndarray]:
    """Slopes (2x2, px per microstep) and base (px at 0, 0) of the map through three pairs."""
    steps, seen = steps_of(pairs), pixels_of(pairs)
    terms = np.column_stack([steps, np.ones(len(pairs))])
    found = np.linalg.lstsq(terms, seen, rcond=None)[0]
    return found[:2].T, found[2]
