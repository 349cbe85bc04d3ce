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

"""Whether the clocks can be believed: a board without a clock battery jumps by years when it finds the network, and the camera may run
on another machine, whose clock is another."""

from __future__ import annotations

import dataclasses
import math

from theylive_ros.settings import setting
from theylive_ros.types import Target, Track

# Clocks that are being slewed by a time service drift apart by at most this (s per s); Linux allows 0.0005.
DRIFT = 0.001


@dataclasses.dataclass(frozen=True)
class Clocks:
    """What is known of the clocks at one moment; by default all that could be wished for.

    sane: none has jumped of late, and the last stamp was possible. told: it is known how the clock that stamps the pictures goes. agree:
    it is not known to differ from this machine's by more than is put up with. doubt: how far stamps may be off at most (s), if so.
    """

    sane: bool = True
    told: bool = True
    agree: bool = True
    doubt: float = 0.0


@dataclasses.dataclass(frozen=True)
class ClockSettings:
    """When the clocks count as unsteady, or as different."""

    tolerance: float = setting(
        0.05, "jump between ROS time and the monotonic clock that is put up with", unit="s", low=0.001, high=10.0, read_only=True
    )
    settling: float = setting(1.0, "how long to stay dark after a jump", unit="s", low=0.0, high=60.0, read_only=True)
    max_age: float = setting(1.0, "age beyond which a message's stamp is taken for wrong", unit="s", low=0.01, high=60.0, read_only=True)
    difference: float = setting(
        0.01, "difference of the camera's clock and this machine's that is put up with", unit="s", low=0.0005, high=0.05, read_only=True
    )
    camera_here: bool = setting(
        False, "the camera runs on this machine: believe its stamps although its node, another package's, does not tell its clock",
        read_only=True,
    )  # fmt: skip


class ClockWatch:
    """Compares ROS time with the monotonic clock and translates stamps. Not sane before the first `observe`."""

    def __init__(self, settings: ClockSettings | None = None) -> None:
        self.settings = settings or ClockSettings()
        self._offset = math.nan
        self._seen = -math.inf
        self._sane_from = math.inf
        self._stamp_good = True

    def observe(self, ros_now: float, monotonic_now: float) -> bool:
        """Take in both clocks (s), read together, before each decision. True if nothing speaks against them: no jump for `settling`
        seconds, and the last stamp was believable."""
        offset = ros_now - monotonic_now
        if not math.isfinite(offset):
            self._sane_from = math.inf
            self._offset = math.nan
            return False
        slack = DRIFT * max(monotonic_now - self._seen, 0.0)
        if math.isnan(self._offset):
            # the very first look has nothing to compare with; a recovered clock has
            first = self._seen == -math.inf
            self._sane_from = monotonic_now + (0.0 if first else self.settings.settling)
            self._offset = offset
        elif abs(offset - self._offset) > self.settings.tolerance + slack or monotonic_now < self._seen:
            self._sane_from = monotonic_now + self.settings.settling
            self._offset = offset
        else:
            # follows a drift, but not a jump that is too small to be one
            self._offset += min(max(offset - self._offset, -slack), slack)
        self._seen = monotonic_now
        return self._stamp_good and monotonic_now >= self._sane_from

    def stamp(self, ros_stamp: float, ros_now: float, monotonic_now: float) -> float | None:
        """A message's stamp on the monotonic clock (s), None if it lies in the future or is too old to be believed; then the clocks
        count as unsteady until a good stamp comes."""
        age = ros_now - ros_stamp
        # stamps of this machine's own clock are never ahead of it; a clock that is being slewed backwards may seem so by a little
        self._stamp_good = -DRIFT <= age <= self.settings.max_age
        return monotonic_now - max(age, 0.0) if self._stamp_good and math.isfinite(monotonic_now) else None


def on_monotonic(target: Target, stamp: float) -> Target:
    """A target with all its stamps moved from ROS time to the monotonic clock, on which its own is `stamp`."""
    shift = stamp - target.stamp

    def moved(track: Track) -> Track:
        return dataclasses.replace(track, last_seen=track.last_seen + shift)

    return dataclasses.replace(
        target,
        stamp=stamp,
        track=moved(target.track) if target.track is not None else None,
        protected=tuple(map(moved, target.protected)),
        others=tuple(map(moved, target.others)),
    )
