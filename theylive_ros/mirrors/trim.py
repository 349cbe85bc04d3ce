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

"""The closed loop: where the laser is seen against where the count of steps says it is; what is constant of that corrects every aim.

One filter per axis keeps the offset (microsteps) of the true place of the spot from the counted one, as an integral of what is seen, each
spot weighted by how sure it is (a Kalman filter of a constant that drifts). A spot far from what the offset foretells is not
believed at once, for it may be a glint; several in a row that agree are: then steps were missed, and the offset leaps. Until then it
may be true, so the gate keeps both places from protected heads. Pure.
"""

from __future__ import annotations

import collections
import dataclasses
import math

from theylive_ros.mirrors.calibration import Calibration
from theylive_ros.mirrors.motion import State
from theylive_ros.mirrors.optics import OpticsError
from theylive_ros.mirrors.plane import Point
from theylive_ros.settings import setting
from theylive_ros.types import SpotSeen

# Standard deviations beyond which a spot is not believed at once, and at least so many microsteps: less is no danger, only noise.
_SURPRISE = 4.0
_LEAST_SURPRISE = 1.0
# Surprising spots agree when they are this close to their middle (microsteps).
_AGREEING = 0.75
# An offset is a missed step when it is beyond the half by so many standard deviations.
_SURE = 2.5
# Changes of the count's error that are kept: more than come while a picture is under way.
_CHANGES = 64


@dataclasses.dataclass(frozen=True)
class TrimSettings:
    """How far the seen spot is believed."""

    enabled: bool = setting(True, "correct the aim by where the spot is seen")
    noise: float = setting(
        0.1, "least standard deviation of a seen spot per axis; what the finder says of itself may be more", unit="px", low=0.01, high=10.0
    )
    worst: float = setting(2.0, "a spot seen less surely than this is not used", unit="px", low=0.01, high=100.0)
    map_sigma: float = setting(
        0.1, "least standard deviation of the map, where no spot has been seen of late; what the calibration says of itself may be more",
        unit="microsteps", low=0.0, high=10.0,
    )  # fmt: skip
    memory: float = setting(20.0, "time after which what was seen counts for nothing", unit="s", low=0.1, high=3600.0)
    reach: float = setting(
        150.0, "way of the mirrors after which what was seen counts for nothing: the map errs differently there", unit="microsteps",
        low=1.0, high=1e6,
    )  # fmt: skip
    confirm: int = setting(
        3, "spots in a row, far from where they should be and close together, after which steps were missed", low=2, high=100
    )
    limit: float = setting(
        6.0, "offset beyond which the reference is lost; keep it below what `gate.guard_radius` is", unit="microsteps", low=0.5, high=1000.0
    )


class Trim:
    """What the seen spots say of the count of steps. Offsets are true minus counted (microsteps)."""

    def __init__(self, settings: TrimSettings | None = None) -> None:
        """`settings` and `map_sigma`, the standard deviation of the calibrated map (microsteps), may be replaced at any time."""
        self.settings = settings or TrimSettings()
        self.map_sigma = 0.0
        self.count_error: tuple[int, int] = (0, 0)
        """By how many microsteps each axis' count may be off since it was last referenced, as last told."""
        self.reset()

    def reset(self) -> None:
        """Forget all: there is a new reference, or a new map."""
        self.offset: Point = (0.0, 0.0)
        self.suspected: Point | None = None  # what the offset may be instead
        self._variance = (math.inf, math.inf)
        self._counted = collections.deque([(-math.inf, self.count_error)], maxlen=_CHANGES)  # the count's errors, and since when
        self._uncounted = (0, 0)  # the count's error when the last spot was seen
        self._newest = -math.inf  # stamp of the newest spot, ...
        self._at: tuple[float, Point] | None = None  # ... and that and the place of the newest that was believed
        self._suspects: list[Point] = []

    def count(self, now: float, error: tuple[int, int]) -> None:
        """Take in what the controller says of its count's error (microsteps per axis) at a moment (s)."""
        if error != self.count_error:
            self.count_error = error
            self._counted.append((now, error))

    def see(self, stamp: float, off: Point, sigma: Point, place: Point) -> None:
        """Take in one spot: its offset from the count and that offset's standard deviation (microsteps per axis), its moment (s) and the
        counted place (microsteps). One no newer than the last is left out: told twice, it is seen once."""
        if not stamp > self._newest:
            return
        self._newest = stamp
        variances = self._grown(stamp, place)
        off_by = [abs(o - t) for o, t in zip(off, self.offset, strict=True)]
        limits = [max(_LEAST_SURPRISE, _SURPRISE * math.sqrt(v + s * s)) for v, s in zip(variances, sigma, strict=True)]
        if all(d <= limit for d, limit in zip(off_by, limits, strict=True)):
            gains = [v / (v + s * s) for v, s in zip(variances, sigma, strict=True)]
            self._settle(tuple(t + k * (o - t) for t, k, o in zip(self.offset, gains, off, strict=True)))
            self._variance = tuple(v * (1 - k) for v, k in zip(variances, gains, strict=True))
        else:
            self._suspect(off, sigma)
            if self._suspects:
                return
        self._at = (stamp, place)
        # of the spot's own moment: what has become doubtful while it was under way it does not show
        self._uncounted = next((error for since, error in reversed(self._counted) if since <= stamp), (0, 0))

    def sigma(self, now: float, place: Point) -> Point:
        """Standard deviation of the offset per axis (microsteps) at a moment and a counted place."""
        x, y = self._grown(now, place)
        return math.sqrt(x), math.sqrt(y)

    @property
    def missed_steps(self) -> tuple[int, int]:
        """Whole microsteps by which each axis is off; 0 within rounding and noise."""
        if self._at is None:
            return 0, 0
        x, y = (
            round(o) if abs(o) - _SURE * math.sqrt(min(v, self._worst)) > 0.5 else 0
            for o, v in zip(self.offset, self._variance, strict=True)
        )
        return x, y

    @property
    def lost(self) -> bool:
        """Whether the offset is beyond the limit, so that the count of steps means nothing."""
        return not all(abs(o) <= self.settings.limit for o in self.offset)

    @property
    def _worst(self) -> float:
        """Variance of the offset where nothing is known but the map."""
        return max(self.settings.map_sigma, self.map_sigma) ** 2

    def _grown(self, now: float, place: Point) -> Point:
        """Variance of the offset after the time and the way since the last spot; at most that of the map, but for what the controller
        itself may have miscounted: each pulse that may have been made or not adds a quarter at most (Popoviciu)."""
        settings, most = self.settings, self._worst
        old, uncounted = (
            self._variance,
            [max(error - before, 0) / 4 for error, before in zip(self.count_error, self._uncounted, strict=True)],
        )
        if self._at is None:
            return most + uncounted[0], most + uncounted[1]
        stamp, (x, y) = self._at
        way = math.hypot(place[0] - x, place[1] - y)
        more = most * (max(now - stamp, 0.0) / settings.memory + way / settings.reach)
        return max(old[0], min(most, old[0] + more)) + uncounted[0], max(old[1], min(most, old[1] + more)) + uncounted[1]

    def _suspect(self, off: Point, sigma: Point) -> None:
        """Keep a surprising spot; believe it once `confirm` of them agree."""
        self._suspects = [*self._suspects, off][-self.settings.confirm :]
        self.suspected = off
        count = len(self._suspects)
        middle = sum(x for x, _ in self._suspects) / count, sum(y for _, y in self._suspects) / count
        if any(abs(x - middle[0]) > _AGREEING or abs(y - middle[1]) > _AGREEING for x, y in self._suspects):
            self._suspects = [off]
        elif count == self.settings.confirm:
            self._settle(middle)
            self._variance = (sigma[0] ** 2 / count, sigma[1] ** 2 / count)

    def _settle(self, offset: Point) -> None:
        self.offset, self._suspects, self.suspected = offset, [], None


def sigma_of(calibration: Calibration) -> float:
    """Standard deviation per axis (microsteps) of a calibration's map, by its own residuals; 0 for one without."""
    middle = calibration.width / 2, calibration.height / 2
    (x, y), (right, _), (_, below) = (
        calibration.pixel_to_steps(middle[0] + dx, middle[1] + dy) for dx, dy in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))
    )
    # rms_px is of both axes together
    return calibration.rms_px * max(abs(right - x), abs(below - y)) / math.sqrt(2)


def offset_of(
    seen: SpotSeen, calibration: Calibration, counted: State, travel: Point, settings: TrimSettings
) -> tuple[Point, Point] | None:
    """Offset of a seen spot from the counted place at its moment, and its standard deviation (microsteps per axis).

    travel: how far each axis moved about that moment (microsteps), which adds to the doubt. None for a spot that is not sure enough, or
    of which the map knows no place.
    """
    if not (seen.found and seen.sigma <= settings.worst and math.isfinite(seen.x) and math.isfinite(seen.y)):
        return None
    try:
        x, y = calibration.pixel_to_steps(seen.x, seen.y)
        right, _ = calibration.pixel_to_steps(seen.x + 1.0, seen.y)
        _, below = calibration.pixel_to_steps(seen.x, seen.y + 1.0)
    except OpticsError:
        return None
    noise = max(settings.noise, seen.sigma)
    sigma = math.hypot(noise * (right - x), travel[0] / 2), math.hypot(noise * (below - y), travel[1] / 2)
    return (x - counted.px, y - counted.py), sigma
