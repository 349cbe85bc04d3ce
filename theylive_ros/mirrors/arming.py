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

"""Whether somebody has armed the rig, or commissions it, and what has ended that."""

from __future__ import annotations

import math
from collections.abc import Set

from theylive_ros.mirrors.commissioning import TIMEOUT
from theylive_ros.mirrors.gate import REASONS

# Any of these disarms, until somebody arms again, ...
DISARMING = frozenset(("controller_fault", "stop_input", "no_laser_line", "unreferenced", "missed_steps"))
# ... and any of these ends commissioning.
_ENDING = frozenset(("controller_fault", "stop_input", "unreferenced"))
# The order in which the first of several is told.
_TOLD = (*REASONS, "commissioning_timeout")


class Arming:
    """armed and commissioning are never both. ended_by: the condition that last ended either, empty since somebody began anew."""

    def __init__(self) -> None:
        self.armed = False
        self.ended_by = ""
        self._commissioned: float | None = None  # since when the rig is in commissioning mode
        self._silent_since = math.inf

    @property
    def commissioning(self) -> bool:
        """Whether the rig is in commissioning mode."""
        return self._commissioned is not None

    def arm(self) -> None:
        """Somebody arms."""
        self.armed = True
        self.ended_by = ""

    def commission(self, now: float) -> None:
        """Somebody begins commissioning, or goes on with it."""
        self._commissioned = now
        self.ended_by = ""

    def disarm(self) -> None:
        """Neither armed nor commissioning."""
        self.armed = False
        self._commissioned = None

    def look(self, failed: Set[str], now: float, link_lost: float) -> set[str]:
        """All that disarms, or ends commissioning, at a tick; it is done, too. failed: what the controller and the count of steps fail;
        link_lost: silence (s) after which the controller counts as lost."""
        # A short silence is dark and no more: this program may have been late itself. A long one is a lost controller.
        self._silent_since = min(self._silent_since, now) if "link_silent" in failed else math.inf
        if not (self.armed or self.commissioning):
            return set()
        reasons = set(failed & (DISARMING if self.armed else _ENDING))
        if now - self._silent_since >= link_lost:
            reasons.add("link_silent")
        if self._commissioned is not None and now - self._commissioned >= TIMEOUT:
            reasons.add("commissioning_timeout")
        if reasons:
            self.ended_by = min(reasons, key=_TOLD.index)
            self.disarm()
        return reasons
