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

"""Policy: every target gets its turn, and one that has never had any is served first."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from theylive_ros.settings import setting
from theylive_ros.targeting.hold import fresh
from theylive_ros.targeting.interface import Selector
from theylive_ros.types import Track

# How long (s) a target's turns are remembered after it was last shown to the policy.
_MEMORY = 5.0
_NEVER = float("-inf")


class RoundRobinSelector(Selector):
    """Dwells on each target, then goes to the least recently served; a newcomer cuts a dwell short, so that it is lit soon."""

    @dataclasses.dataclass
    class Config:
        """Settings of the policy."""

        dwell: float = setting(0.6, "how long one target is aimed at while others wait", unit="s", low=0.0)
        minimum_dwell: float = setting(0.3, "how long at least, when a target waits that was never served", unit="s", low=0.0)
        stale: float = setting(0.1, "a target unseen for longer is passed over while another is seen", unit="s", low=0.0)

    def __init__(self, config: RoundRobinSelector.Config) -> None:
        super().__init__(config)
        self._forget()

    def select(self, tracks: Sequence[Track], now: float) -> Track | None:
        """See the interface."""
        if now < self._now:  # the clock was set back
            self._forget()
        self._now = now
        self._shown.update((t.id, now) for t in tracks)
        self._shown = {k: seen for k, seen in self._shown.items() if now - seen <= _MEMORY}
        self._served = {k: end for k, end in self._served.items() if k in self._shown}
        seen = fresh(tracks, now, self.config.stale)
        current = next((t for t in seen if t.id == self._id), None)
        if current is not None and now - self._since >= min(self.config.minimum_dwell, self.config.dwell):
            self._served[current.id] = now
        waiting = [t for t in seen if t is not current]
        if current is not None and (not waiting or now - self._since < self._turn(waiting)):
            return current
        # Least recently served; of those that never were, the one that came first.
        chosen = min(waiting, key=lambda t: (self._served.get(t.id, _NEVER), t.id), default=None)
        self._id = chosen.id if chosen else 0
        self._since = now
        return chosen

    def _turn(self, waiting: Sequence[Track]) -> float:
        """How long (s) the current target keeps its turn in view of those that wait."""
        newcomer = any(t.id not in self._served for t in waiting)
        return min(self.config.minimum_dwell, self.config.dwell) if newcomer else self.config.dwell

    def _forget(self) -> None:
        self._now = _NEVER
        self._id = 0
        self._since = _NEVER
        self._served: dict[int, float] = {}
        self._shown: dict[int, float] = {}
