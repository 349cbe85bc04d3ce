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

"""When the laser shone, as its state was told from time to time."""

from __future__ import annotations

import bisect

_KEPT = 64  # changes: some seconds at the least


class LitTimes:
    """Remembers the last changes. Times are those at which a state was true (s), on one clock."""

    def __init__(self) -> None:
        self._times: list[float] = []
        self._states: list[bool] = []

    def tell(self, on: bool, time: float) -> None:
        """The laser was on, or dark, at this time. What comes too late is left out."""
        if self._times and (time <= self._times[-1] or on == self._states[-1]):
            return
        self._times, self._states = [*self._times, time][-_KEPT:], [*self._states, on][-_KEPT:]

    def lit(self, begin: float, end: float) -> bool:
        """Whether it shone all the time between, as far as is known by now."""
        return self._steady(begin, end) is True

    def dark(self, begin: float, end: float) -> bool:
        """Whether it was dark all the time between, as far as is known by now."""
        return self._steady(begin, end) is False

    def _steady(self, begin: float, end: float) -> bool | None:
        """The state that held from begin to end; None if it changed, or if the beginning is not remembered."""
        before = bisect.bisect_right(self._times, begin)
        changed = before < bisect.bisect_right(self._times, end)
        return None if before == 0 or changed else self._states[before - 1]
