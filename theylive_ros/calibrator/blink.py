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

"""One look: send the mirrors, take dark frames, light, take lit frames, dark again, and find the spot between them.

Pure: it is told what mirrors, laser and camera do, and says what to order. A frame counts as lit only if the laser shone and the mirrors
stood still during all of its exposure, as dark only if the laser was dark; what is not known counts as neither.
"""

from __future__ import annotations

import collections
import dataclasses
import enum
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from theylive_ros.calibrator.finder import Found, find
from theylive_ros.calibrator.looks import Look, Sighting
from theylive_ros.mirrors.plane import Point
from theylive_ros.settings import setting

_WINDOW = 2.0  # s over which the duty is counted


@dataclasses.dataclass(frozen=True)
class BlinkSettings:
    """How one place is looked at."""

    lit_frames: int = setting(2, "lit frames for one place", low=1, high=20)
    dark_frames: int = setting(2, "dark frames before the light", low=1, high=20)
    dark_after: int = setting(1, "dark frames after the light; they tell a spot from what moves", low=0, high=20)
    exposure: float = setting(0.034, "how long before and after its stamp a frame may have been exposed", unit="s", low=0.0, high=0.5)
    settle: float = setting(0.02, "how long the mirrors stand still before a frame counts", unit="s", low=0.0, high=1.0)
    max_duty: float = setting(0.35, "share of light in any two seconds", low=0.01, high=0.4)
    patience: float = setting(8.0, "how long to wait for the mirrors, the laser and the frames of one place", unit="s", low=0.5, high=60.0)
    dark_age: float = setting(1.0, "how old a dark frame may be", unit="s", low=0.1, high=10.0)


class Order(NamedTuple):
    """What the mirrors are to be told now: their angles (rad), and whether to shine."""

    angles: Point
    light: bool


class _Phase(enum.Enum):
    IDLE = "idle"
    GOING = "the mirrors did not come to rest there"
    WAITING = "no dark frames came"
    LIT = "no lit frames came"
    AFTER = "no dark frames came after the light"


class Blink:
    """Looks at one place after the other. Stamps and `now` are on one clock (s). Not thread-safe.

    Call `begin` for each look, then feed it and ask `order` at least ten times a second until `sighting` is there.
    """

    def __init__(self, microstep: float, settings: BlinkSettings | None = None) -> None:
        """microstep: turn of a mirror in one microstep (rad), to tell one place from its neighbour."""
        self.settings = settings or BlinkSettings()
        self.sighting: Sighting | None = None
        self._near = microstep / 2
        self._phase = _Phase.IDLE
        self._angles: Point = (0.0, 0.0)  # ordered
        self._stood: Point = (math.nan, math.nan)  # reported
        self._settled_since = math.inf
        self._lit_since = math.inf
        self._dark_since = math.inf
        self._reasons: tuple[str, ...] = ()
        self._dark: collections.deque[tuple[float, np.ndarray]] = collections.deque(maxlen=self.settings.dark_frames)
        self._lit: list[tuple[float, np.ndarray]] = []
        self._after: list[tuple[float, np.ndarray]] = []
        self._begun = self._ordered_on = self._ordered_off = math.nan
        self._shone: collections.deque[tuple[float, float]] = collections.deque()  # from, until

    def begin(self, look: Look, now: float) -> None:
        """Look there. What is still under way is given up."""
        self._close(now)
        self._angles = look.angles
        self._phase, self._begun = _Phase.GOING, now
        self.sighting = None
        self._lit, self._after = [], []
        self._check_standing(now, moving=self._settled_since == math.inf)

    def abandon(self, now: float) -> None:
        """Look nowhere, dark."""
        self._close(now)
        self._phase = _Phase.IDLE

    def on_mirrors(self, angles: Point, moving: bool, stamp: float) -> None:
        """Where the mirrors stood at `stamp` by the count of steps (rad), and whether they were on their way."""
        self._stood = angles
        self._check_standing(stamp, moving)

    def on_laser(self, on: bool, stamp: float, reasons: Sequence[str] = ()) -> None:
        """Whether the laser line was lit at `stamp`, and if not, why."""
        self._reasons = tuple(reasons)
        if on:
            self._dark_since = math.inf
            self._lit_since = min(self._lit_since, stamp)
        else:
            self._dark_since = min(self._dark_since, stamp)
            self._lit_since = math.inf
            if self._phase is _Phase.LIT:
                self._lit = []  # it went out while it was wanted: what was taken may be half dark
            elif self._phase is _Phase.AFTER and stamp < self._ordered_off:
                self._lit, self._after = [], []
                self._phase = _Phase.WAITING

    def on_frame(self, image: np.ndarray, stamp: float) -> None:
        """A frame (uint8, (h, w, 3) BGR) captured at `stamp`."""
        margin = self.settings.exposure
        if self._phase is _Phase.LIT:
            if max(self._lit_since, self._settled_since + self.settings.settle) <= stamp - margin:
                self._lit.append((stamp, image))
        elif self._dark_since <= stamp - margin:
            (self._after if self._phase is _Phase.AFTER else self._dark).append((stamp, image))

    def order(self, now: float) -> Order:
        """What to tell the mirrors now. Takes the next step where it is due."""
        if self._phase is not _Phase.IDLE:
            self._step(now)
            if self._phase is not _Phase.IDLE and now - self._begun > self.settings.patience:
                self._give_up(now)
        return Order(self._angles, self._phase is _Phase.LIT)

    def _step(self, now: float) -> None:
        s = self.settings
        if self._phase is _Phase.GOING and self._settled_since + s.settle <= now:
            self._phase = _Phase.WAITING
        if self._phase is _Phase.WAITING:
            while self._dark and self._dark[0][0] < now - s.dark_age:
                self._dark.popleft()
            if self._settled_since == math.inf:
                self._phase = _Phase.GOING
            elif len(self._dark) >= s.dark_frames and self._rested(now):
                self._phase, self._ordered_on = _Phase.LIT, now
        if self._phase is _Phase.LIT:
            # mirrors that move in the light make smears of all that was taken
            self._lit = [f for f in self._lit if self._settled_since <= f[0] - s.exposure]
            # frames may come before the one before them counts as exposed; waiting for the newest would wait for ever
            done = [f for f in self._lit if f[0] + s.exposure <= now]
            if len(done) >= s.lit_frames:
                self._lit = done
                self._close(now)
                self._phase = _Phase.AFTER
        if self._phase is _Phase.AFTER and len(self._after) >= s.dark_after and self._dark_since < math.inf:
            self._conclude()
            self._dark.extend(self._after)  # they come before the next light

    def _check_standing(self, stamp: float, moving: bool) -> None:
        arrived = all(abs(a - b) <= self._near for a, b in zip(self._stood, self._angles, strict=True))
        self._settled_since = min(self._settled_since, stamp) if arrived and not moving else math.inf

    def _close(self, now: float) -> None:
        """Dark from now on."""
        if self._phase is _Phase.LIT:
            self._shone.append((self._ordered_on, now))
            self._ordered_off = now

    def _rested(self, now: float) -> bool:
        """Whether another light of the usual length keeps the duty."""
        while self._shone and self._shone[0][1] < now - _WINDOW:
            self._shone.popleft()
        lit = sum(end - max(begin, now - _WINDOW) for begin, end in self._shone)
        usual = max((end - begin for begin, end in self._shone), default=0.0)
        return lit + usual <= self.settings.max_duty * _WINDOW or not self._shone

    def _conclude(self) -> None:
        self._phase = _Phase.IDLE
        seen = find([image for _, image in self._lit], [image for _, image in (*self._dark, *self._after)])
        if isinstance(seen, Found):
            self.sighting = Sighting(self._stood, seen.x, seen.y, seen.sigma)
        else:
            self.sighting = Sighting(self._stood, reason=seen.reason)

    def _give_up(self, now: float) -> None:
        reason = self._phase.value
        kept_dark = self._phase in (_Phase.GOING, _Phase.LIT) and self._lit_since == math.inf
        if kept_dark:
            reason = f"{reason if self._phase is _Phase.GOING else 'the laser stayed dark'}: {', '.join(self._reasons) or 'no reason told'}"
        self._close(now)
        self._phase = _Phase.IDLE
        self.sighting = Sighting(self._stood, reason=reason, kept_dark=kept_dark)
