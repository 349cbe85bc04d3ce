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

"""Light in bursts that the mirrors' low duty lets through whole: at its limit the light would flicker, and no frame would be wholly lit."""

from __future__ import annotations

import collections

BURST = 0.33  # s of light at most, ...
# ... begun only when no more than so much lies within the window: together below what the mirrors node allows (0.8 s less a lease, in 2 s).
SPENT = 0.36
WINDOW = 2.0  # s


class Lamp:
    """Told what is wanted and what is, says what to order."""

    def __init__(self) -> None:
        self._lit: collections.deque[tuple[float, float]] = collections.deque()  # when, and for how long until then (s)
        self._last: float | None = None
        self._on = False
        self._burst = 0.0

    def order(self, now: float, wanted: bool, lit: bool) -> bool:
        """Whether to order light at `now` (s). lit: the laser shines."""
        passed = 0.0 if self._last is None or not lit else max(0.0, now - self._last)
        self._last = now
        if passed:
            self._lit.append((now, passed))
        while self._lit and self._lit[0][0] <= now - WINDOW:
            self._lit.popleft()
        self._burst += passed
        if not wanted or self._burst >= BURST:
            self._on = False
        elif not self._on and sum(length for _, length in self._lit) <= SPENT:
            self._on = True
        if not self._on:
            self._burst = 0.0
        return self._on
