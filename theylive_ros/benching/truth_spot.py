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

"""A finder of the laser's spot that knows the truth and errs as it is told to; for rigs in lock-step."""

from __future__ import annotations

import dataclasses
import math
import random

from theylive_ros.simulator.world import World
from theylive_ros.types import SpotSeen


@dataclasses.dataclass
class TruthSpot:
    """Called as a `SpotEye` of `theylive_ros.lockstep`. noise: standard deviation per axis (px). missed: chance that it finds nothing."""

    noise: float = 0.3
    missed: float = 0.02
    seed: int = 0

    def __post_init__(self) -> None:
        """The same seed errs in the same way."""
        self._chance = random.Random(self.seed)

    def __call__(self, world: World, spot: tuple[float, float] | None, expected: tuple[float, float] | None) -> SpotSeen | None:
        """Where it is seen in the picture of now; the stamp is the caller's to set."""
        if spot is None:
            return None
        camera = world.camera.settings
        dx, dy = self._chance.gauss(0, self.noise), self._chance.gauss(0, self.noise)
        inside = 0 <= spot[0] < camera.width and 0 <= spot[1] < camera.height
        if not inside or self._chance.random() < self.missed:
            return SpotSeen(math.nan, False, math.nan, math.nan, math.nan, "no spot")
        return SpotSeen(math.nan, True, spot[0] + dx, spot[1] + dy, self.noise)
