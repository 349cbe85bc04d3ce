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

"""Pairs of a clicked place and the mirrors' angles, for the manual calibration."""

from __future__ import annotations

from collections.abc import Sequence

from theylive_ros.calibrator.looks import Sighting
from theylive_ros.mirrors.plane import Point

STILL = 0.3  # s for which the mirrors must have stood still, so that who clicks sees the spot where it is
_FRESH = 0.5  # s
_SAME = 1e-6  # rad
_SIGMA = 1.0  # px: how well people click


class MarkError(Exception):
    """A pair is refused; one line with the cause and the cure."""


class Marks:
    """Keeps the pairs. Times are on one clock (s)."""

    def __init__(self) -> None:
        self.sightings: list[Sighting] = []
        self._angles: Point | None = None
        self._heard = self._since = 0.0

    def on_mirrors(self, angles: Sequence[float], moving: bool, now: float) -> None:
        """Where the mirrors stand (rad)."""
        place = float(angles[0]), float(angles[1])
        if moving or self._angles is None or now < self._heard or not _same(place, self._angles):
            self._since = now
        self._angles, self._heard = place, now

    def mark(self, x: float, y: float, size: tuple[int, int], now: float) -> str:
        """Keep the pair of a place in the picture (px) of this size and the present angles. What was done, in words. Raises MarkError."""
        if not (0 <= x <= size[0] and 0 <= y <= size[1]):
            raise MarkError(f"({x:.1f}, {y:.1f}) is outside the picture of {size[0]}x{size[1]} px: click on the spot")
        if self._angles is None or not 0 <= now - self._heard <= _FRESH:
            raise MarkError("nothing is heard of the mirrors on joint_states: start the mirrors node")
        if now - self._since < STILL:
            raise MarkError("the mirrors move: wait until they stand still, then mark again")
        sighting = Sighting(self._angles, float(x), float(y), _SIGMA)
        for k, other in enumerate(self.sightings):
            if _same(other.angles, self._angles):
                self.sightings[k] = sighting
                return f"pair {k + 1} was at these angles, and is marked anew"
        self.sightings.append(sighting)
        return f"{len(self.sightings)} pairs"

    def undo(self) -> str:
        """Drop the last pair. What was done, in words. Raises MarkError where there is none."""
        if not self.sightings:
            raise MarkError("there is no pair to undo")
        last = self.sightings.pop()
        return f"dropped the pair at ({last.x:.1f}, {last.y:.1f}) px; {len(self.sightings)} are left"


def _same(a: Point, b: Point) -> bool:
    return all(abs(p - q) <= _SAME for p, q in zip(a, b, strict=True))
