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

"""How much play an axis has: the same place approached from both sides, and where the spot is seen each time. Needs no calibration."""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections.abc import Generator, Sequence

from theylive_ros.jogging.outline import JogError, Limits, Steps, check_limits
from theylive_ros.jogging.visits import Visit, Visited

LEAD = 24  # microsteps of run-up: more than any play, so that all of it is taken up
STRIDE = 16  # microsteps over which the size of one is measured
ROUNDS = 4
SPOTS = 5  # a place
_Pixel = tuple[float, float]


@dataclasses.dataclass(frozen=True)
class Backlash:
    """axis: x or y. microsteps: of play, and sigma its standard error; negative where the axis overshoots instead. px: the same on the
    picture. px_per_microstep: how far one microstep moves the spot."""

    axis: str
    microsteps: float
    sigma: float
    px: float
    px_per_microstep: float

    @property
    def is_seen(self) -> bool:
        """Whether it stands out from the noise."""
        return abs(self.microsteps) > 3 * self.sigma


def measure(axis: int, middle: Steps, limits: Limits) -> Generator[Visit, Visited, Backlash]:
    """Visits that measure one axis (0 or 1) round `middle`; returns what was found. Raises JogError: out of reach, spot not seen."""
    name = "xy"[axis]
    for offset in (-LEAD, LEAD):
        check_limits(_moved(middle, axis, offset), limits, "jog nearer to the middle first")
    below, above, ahead = [], [], []
    for _ in range(ROUNDS):
        below.append((yield from _approach(axis, middle, 0, -LEAD)))
        above.append((yield from _approach(axis, middle, 0, LEAD)))
    for _ in range(2):
        ahead.append((yield from _approach(axis, middle, STRIDE, -LEAD)))
    yield Visit(middle)
    return _conclude(name, below, above, ahead)


def _approach(axis: int, middle: Steps, offset: int, lead: int) -> Generator[Visit, Visited, _Pixel]:
    """The spot (px) at middle + offset, reached from `lead` microsteps to its side of the middle."""
    yield Visit(_moved(middle, axis, lead))
    place = _moved(middle, axis, offset)
    seen = yield Visit(place, light=True, spots=SPOTS)
    if len(seen.spots) < SPOTS:
        raise JogError(_unseen(place, seen))
    return statistics.median(x for x, _ in seen.spots), statistics.median(y for _, y in seen.spots)


def _conclude(name: str, below: Sequence[_Pixel], above: Sequence[_Pixel], ahead: Sequence[_Pixel]) -> Backlash:
    at, on = _mean(below), _mean(ahead)
    dx, dy = (on[0] - at[0]) / STRIDE, (on[1] - at[1]) / STRIDE
    size = math.hypot(dx, dy)
    spread = max(statistics.stdev(p[i] for p in below) for i in (0, 1))
    if not size * STRIDE > 3 * spread + 0.5:
        raise JogError(f"the spot hardly moves with axis {name} ({size * STRIDE:.2f} px in {STRIDE} microsteps): does its motor turn?")
    # Each round is a measurement of its own, so that a slow drift goes into none of them.
    plays = [((a[0] - b[0]) * dx + (a[1] - b[1]) * dy) / size for a, b in zip(above, below, strict=True)]
    play, sigma = statistics.mean(plays), statistics.stdev(plays) / math.sqrt(len(plays))
    return Backlash(name, play / size, sigma / size, play, size)


def _unseen(place: Steps, seen: Visited) -> str:
    if not seen.lit:
        return f"the laser stayed dark at {place} ({seen.reason or 'no reason given'}): mend that, and see that selector and detector run"
    if not seen.spots and not seen.reason:
        return "nobody says where the spot is: start the node calibrator, which says it on the topic spot"
    return f"the spot is not seen at {place} ({len(seen.spots)} of {SPOTS}; {seen.reason}): jog to where the camera sees it well"


def _moved(middle: Steps, axis: int, by: int) -> Steps:
    return (middle[0] + by, middle[1]) if axis == 0 else (middle[0], middle[1] + by)


def _mean(points: Sequence[_Pixel]) -> _Pixel:
    return statistics.mean(p[0] for p in points), statistics.mean(p[1] for p in points)
