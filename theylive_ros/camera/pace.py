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

"""Hands out frames at a steady rate; a wait ends at once when the camera is closed."""

from __future__ import annotations

import threading
import time


class Pace:
    """Due times on the monotonic clock. After a delay it goes on from now: what is late is not made up for by a burst."""

    def __init__(self, rate: float) -> None:
        """rate: Hz; 0: never wait."""
        self._period = 1.0 / rate if rate > 0 else 0.0
        self._due = 0.0
        self._ended = threading.Event()

    def wait(self) -> bool:
        """Wait until the next frame is due; False when `end` was called. The first is due at once."""
        if self._ended.wait(max(0.0, self._due - time.monotonic())):
            return False
        now = time.monotonic()
        self._due = self._due + self._period if now < self._due + self._period else now + self._period
        return True

    def end(self) -> None:
        """End the waiting, from any thread and for good."""
        self._ended.set()

    @property
    def ended(self) -> bool:
        """Whether `end` was called."""
        return self._ended.is_set()
