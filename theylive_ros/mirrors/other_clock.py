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

"""What is known of the clock that stamps the pictures, where the camera may run on another machine than the mirrors.

The mirrors ask the camera's node for the time. It answers after the question was sent and before the answer came, however long each was
under way: so every answer bounds the difference of the two clocks from both sides, and many together bound it closely. Pure.
"""

from __future__ import annotations

from theylive_ros.mirrors.clock import DRIFT, Clocks, ClockSettings

# Silence (s) after which what was told counts for nothing: the camera may by now be another one.
_FORGOTTEN = 10.0


class OtherClock:
    """Bounds the difference: the camera's clock less this machine's (s). Where several tell one, as each may stamp pictures, all count.

    One thread may hear while others ask what is known.
    """

    def __init__(self, settings: ClockSettings | None = None) -> None:
        self.settings = settings or ClockSettings()
        self._known: dict[str, tuple[float, float, float]] = {}  # of each that tells: least and greatest difference, and when that was so

    def hear(self, source: str, asked: float, told: float, heard: float, now: float) -> None:
        """Take in an answer. source: who told; asked, heard: this machine's clock when the question was sent and when the answer came,
        told: the camera's in between (s of ROS time each); now: monotonic (s). One that came before it was asked for, or holds no number,
        is left out."""
        if not asked <= heard or not abs(told) < float("inf"):
            return
        slack = DRIFT * (heard - asked)
        low, high = told - heard - slack, told - asked + slack
        before = _at(self._known[source], now) if source in self._known else None
        if before is not None and max(low, before[0]) <= min(high, before[1]):
            low, high = max(low, before[0]), min(high, before[1])
        # else one of the clocks has jumped: what was known before is no longer so
        others = {other: known for other, known in self._known.items() if _at(known, now) is not None}
        self._known = {**others, source: (low, high, now)}

    def bounds(self, now: float) -> tuple[float, float] | None:
        """Least and greatest difference (s) at a moment (monotonic, s), of the clock that is surely the farthest off; None while nothing
        is known."""
        return max(self._all(now), key=lambda bounds: (_least(bounds), _most(bounds)), default=None)

    def clocks(self, now: float, *, sane: bool) -> Clocks:
        """What the gate is told. sane: what the ClockWatch says."""
        every = self._all(now)
        if not every:
            return Clocks(sane=sane, told=self.settings.camera_here)
        return Clocks(sane=sane, agree=max(map(_least, every)) <= self.settings.difference, doubt=max(map(_most, every)))

    def _all(self, now: float) -> list[tuple[float, float]]:
        return [bounds for known in self._known.values() if (bounds := _at(known, now)) is not None]


def _at(known: tuple[float, float, float], now: float) -> tuple[float, float] | None:
    """What is known at a later moment; None where that is too late."""
    low, high, then = known
    if not 0.0 <= now - then <= _FORGOTTEN:
        return None
    slack = DRIFT * (now - then)
    return low - slack, high + slack


def _least(bounds: tuple[float, float]) -> float:
    """By how much the clocks surely differ."""
    return max(bounds[0], -bounds[1], 0.0)


def _most(bounds: tuple[float, float]) -> float:
    """By how much they may."""
    return max(-bounds[0], bounds[1])
