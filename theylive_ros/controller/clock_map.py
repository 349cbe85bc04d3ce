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

"""Where the controller's clock stands against ours. Pure."""

from __future__ import annotations

import math

DRIFT = 100e-6  # two quartz clocks drift apart by less than this
RESOLUTION = 1e-6  # s, of times on the wire


class ClockMap:
    """Bounds the difference of two clocks by cause and effect: an answer is made after its question left and before it was read.

    The question's way is short and steady while an answer may lie unread, so the bound from the question is the better estimate: we
    take the least delay of the question for none. Clocks that may be the very same (as on one machine) are taken to be so.
    """

    def __init__(self) -> None:
        self._low, self._high, self._at = -math.inf, math.inf, -math.inf

    @property
    def known(self) -> bool:
        """Whether any answer has been seen."""
        return self._high < math.inf

    @property
    def offset(self) -> float:
        """Controller's clock minus ours, s."""
        return 0.0 if self._low <= 0.0 <= self._high else self._high

    def least(self, now: float) -> float:
        """The least that the offset can be at a moment of ours (s): what `offset` does not know, taken to be against us."""
        return self._low - DRIFT * max(0.0, now - self._at)

    def update(self, asked: float, read: float, theirs: float) -> None:
        """asked, read: our clock (s) when the question left and its answer was read; theirs: the controller's (s) in between."""
        asked, read = asked - RESOLUTION, read + RESOLUTION
        slack = DRIFT * max(0.0, read - self._at) if self.known else 0.0
        low, high = max(self._low - slack, theirs - read), min(self._high + slack, theirs - asked)
        if low > high:  # a clock has jumped, or another controller answers
            low, high = theirs - read, theirs - asked
        self._low, self._high, self._at = low, high, read
