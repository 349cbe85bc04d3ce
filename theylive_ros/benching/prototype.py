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

"""The prototype's way of moving its mirrors, as a peer: what it does with a list of places, in the time that it would take.

Each new place (whole px) is compared with the place before; half the difference, without what is left over, is the number of full pulses,
made at one constant rate on both axes at once. Nothing remembers what was left over, so the spot drifts off. After the description of
chxadr/edgeai-orangepi (`move_stepper` divides a difference by the size of a step; the last place is then taken for reached).
"""

from __future__ import annotations

import math

RATE = 350.0  # pulses per second, constant
STEP_PX = 2.0  # px that one pulse is taken for


class Prototype:
    """Mirrors that are moved by differences. `place`: where the spot stands (px), as far as the pulses tell."""

    def __init__(self, x: int, y: int) -> None:
        """The spot is brought to a place by hand, which it believes from then on."""
        self.place = (float(x), float(y))
        self._believed = (x, y)

    def move(self, x: int, y: int) -> float:
        """Go to a place (px); returns how long it takes until the longer way is made (s)."""
        pulses = [math.trunc((new - old) / STEP_PX) for new, old in zip((x, y), self._believed, strict=True)]
        self.place = (self.place[0] + pulses[0] * STEP_PX, self.place[1] + pulses[1] * STEP_PX)
        self._believed = (x, y)
        return max(map(abs, pulses)) / RATE

    @property
    def error(self) -> float:
        """Distance of the spot from where it is believed (px)."""
        return math.dist(self.place, self._believed)


def time_to_within(distance: float, tolerance: float) -> float:
    """Time (s) until a spot that goes `distance` px on both axes at once is within `tolerance` px of its goal.

    It starts at once at its constant rate; a pulse is counted at the end of its period. The tolerance is 2 px or more.
    """
    pulses = math.trunc(distance / STEP_PX)
    left = next(n for n in range(pulses + 1) if math.hypot(distance - n * STEP_PX, distance - n * STEP_PX) <= tolerance)
    return left / RATE
