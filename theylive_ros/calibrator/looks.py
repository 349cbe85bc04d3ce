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

"""The words between the one who chooses where to look, the one who looks, and the one who fits."""

from __future__ import annotations

import math
from typing import NamedTuple

from theylive_ros.mirrors.optics import Geometry
from theylive_ros.mirrors.plane import Point


class Look(NamedTuple):
    """Turn the mirrors to these angles (rad) and find the spot."""

    angles: Point


class Sighting(NamedTuple):
    """What came of a look. angles: where the mirrors stood by the count of steps (rad).

    x, y: the spot's middle, sigma: its standard deviation per axis (px); NaN where it was not found, and then `reason` says why. kept_dark:
    the laser did not shine, or the mirrors did not come: no fault of the picture.
    """

    angles: Point
    x: float = math.nan
    y: float = math.nan
    sigma: float = math.nan
    reason: str = ""
    kept_dark: bool = False

    @property
    def found(self) -> bool:
        """Whether a spot was seen."""
        return not self.reason


class Pair(NamedTuple):
    """A place of the spot (px) and the position of the axes (microsteps) that belongs to it; sigma: of x and of y (px)."""

    x: float
    y: float
    steps_x: float
    steps_y: float
    sigma: float = 0.1


def pair(sighting: Sighting, geometry: Geometry) -> Pair:
    """A sighting in microsteps. geometry: by which its angles are told."""
    return Pair(sighting.x, sighting.y, *geometry.steps(sighting.angles), sighting.sigma)
