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

"""The planner's hand on the light: it renews the controller's lease while it may shine, and keeps count of how long it shone."""

from __future__ import annotations

import collections
import math

from theylive_ros.mirrors.interface import Controller, ControllerStatus

# Light further back (s) is forgotten.
_MEMORY = 3.0


class Light:
    """Renews or drops the lease; knows for how long the laser has shone since it last rested, and when it did of late."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._leased_until = -math.inf
        self._last_lit = -math.inf
        self._seen = math.nan
        self._spans: collections.deque[list[float]] = collections.deque()  # begin and end of all light, also of what may have been
        self._reports: collections.deque[tuple[float, bool]] = collections.deque()  # what the controller said, and of which moment
        self.on_time = 0.0

    def count(self, now: float, status: ControllerStatus | None, rest: float) -> float:
        """Take in that time has passed. status: the controller's word; rest: a pause (s) after which counting starts anew.
        Returns the light (s) since then; while it may be on by lease or by report, it counts as on."""
        if status is not None and not (self._reports and status.time <= self._reports[-1][0]):
            self._reports.append((status.time, status.lit))
            while self._reports[0][0] < now - _MEMORY:
                self._reports.popleft()
        if (status is not None and status.lit) or self._seen < self._leased_until:
            if self._seen == self._seen:
                self.on_time += max(now - self._seen, 0.0)
                self._extend(self._seen, now)
            self._last_lit = now
        elif now - self._last_lit >= rest:
            self.on_time = 0.0
        self._seen = now
        return self.on_time

    def shone(self, t: float) -> bool:
        """Whether the controller's words before and after a moment both say lit; False for a moment too long ago or not yet told of."""
        after = False
        for time, lit in reversed(self._reports):
            if time <= t:
                return after and lit
            after = lit
        return False

    def used(self, now: float, window: float) -> float:
        """Light (s) within the last `window` (s), counted as `count` does, and what the lease still allows."""
        begin = now - window
        past = sum(max(0.0, end - max(start, begin)) for start, end in self._spans)
        return past + max(0.0, self._leased_until - now)

    def leased(self, now: float) -> bool:
        """Whether the lease allows light now."""
        return self._leased_until > now

    def renew(self, now: float, lease: float) -> None:
        """Light until now + lease at most."""
        self._leased_until = now + lease
        self._controller.light(lease)

    def drop(self, now: float, *, always: bool = False) -> None:
        """Dark at once, if it may be lit or `always`."""
        if always or self._leased_until > now:
            self._controller.light(0.0)
        self._leased_until = -math.inf

    def _extend(self, begin: float, end: float) -> None:
        if self._spans and self._spans[-1][1] == begin:
            self._spans[-1][1] = end
        elif end > begin:
            self._spans.append([begin, end])
        while self._spans and self._spans[0][1] < end - _MEMORY:
            self._spans.popleft()
