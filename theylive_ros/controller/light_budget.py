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

"""How much light the laser may still give: the controller's own hard limits, whatever a planner asks. Pure."""

from __future__ import annotations

from collections import deque

from theylive_ros.controller.config import ExecutorSettings
from theylive_ros.controller.plan import FOREVER


class LightBudget:
    """Keeps account of when the laser was lit, to the microsecond. Tell it of every switching."""

    def __init__(self, settings: ExecutorSettings) -> None:
        self._settings = settings
        self._on_us: int | None = None  # since when it is lit
        self._off_us = -FOREVER
        self._unrested_us = 0  # light since the last rest, the present one not counted
        self._spans: deque[tuple[int, int]] = deque()  # past light that the window may still hold
        self._past_us = 0  # sum of it

    def switched(self, on: bool, now_us: int) -> None:
        """The laser is on, or off, from now on."""
        if on == (self._on_us is not None):
            return
        if on:
            if now_us - self._off_us >= self._settings.min_off_us:
                self._unrested_us = 0
            self._on_us = now_us
            return
        assert self._on_us is not None
        span = now_us - self._on_us
        self._spans.append((self._on_us, now_us))
        self._past_us += span
        self._unrested_us += span
        self._on_us, self._off_us = None, now_us

    def left(self, now_us: int) -> tuple[int, str]:
        """For how long (us) it may be lit from now on without asking again; and, where that is nothing, why."""
        settings = self._settings
        present = now_us - self._on_us if self._on_us is not None else 0
        rested = self._on_us is None and now_us - self._off_us >= settings.min_off_us
        unbroken = settings.max_on_us - (0 if rested else self._unrested_us + present)
        if unbroken <= 0:
            return 0, f"lit for {settings.max_on_us * 1e-6:g} s: it must rest for {settings.min_off_us * 1e-6:g} s (max_on_us, min_off_us)"
        if settings.max_duty >= 1.0:
            return unbroken, ""
        duty = round(settings.max_duty * settings.duty_window_us) - self._used(now_us) - present
        if duty <= 0:
            window = settings.duty_window_us * 1e-6
            return 0, f"lit for {settings.max_duty:.0%} of the last {window:g} s: it must rest (max_duty, duty_window_us)"
        return min(unbroken, duty), ""

    def _used(self, now_us: int) -> int:
        """Past light within the window that ends now."""
        begin = now_us - self._settings.duty_window_us
        while self._spans and self._spans[0][1] <= begin:
            on, off = self._spans.popleft()
            self._past_us -= off - on
        return self._past_us - (max(0, begin - self._spans[0][0]) if self._spans else 0)
