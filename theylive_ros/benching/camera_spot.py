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

"""The laser's spot as the camera shows it and the closed loop's finder finds it; for rigs in lock-step."""

from __future__ import annotations

from theylive_ros.calibrator.background import Background
from theylive_ros.calibrator.seen import find
from theylive_ros.simulator.world import World
from theylive_ros.types import SpotSeen


class CameraSpot:
    """Called as a `SpotEye` of `theylive_ros.lockstep`."""

    def __init__(self) -> None:
        self._background = Background()

    def __call__(self, world: World, spot: tuple[float, float] | None, expected: tuple[float, float] | None) -> SpotSeen | None:
        """Where it is seen in the picture of now, from which it learns what the board looks like around it."""
        picture = world.frame(spot)
        if spot is None:
            self._background.learn(picture)
            return None
        seen = find(picture, world.time, expected, self._background)
        if seen.found:
            self._background.learn(picture, (seen.x, seen.y))
        return seen
