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

"""Where in a recording a player is: recorded time against a clock, at a rate that may change, with pauses."""

from __future__ import annotations


class Timeline:
    """Recorded time (ns) goes on with the clock that `advance` is told (s), from the first call on."""

    def __init__(self, start: int) -> None:
        self.at = start
        self._clock: float | None = None

    def advance(self, clock: float, rate: float) -> int:
        """Recorded time now. rate: seconds of the recording in a second since the last call; 0 while paused."""
        if self._clock is not None:
            self.at += round(max(0.0, clock - self._clock) * rate * 1e9)
        self._clock = clock
        return self.at

    def wait_for(self, stamp: int, rate: float) -> float:
        """How long (s) until a message of `stamp` is due; without end while paused."""
        ahead = (stamp - self.at) / 1e9
        if ahead <= 0:
            return 0.0
        return ahead / rate if rate > 0 else float("inf")
