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

"""Policy: the target that the detector is surest of."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from theylive_ros.settings import setting
from theylive_ros.targeting.hold import Hold, fresh
from theylive_ros.targeting.interface import Selector
from theylive_ros.types import Track


class HighestScoreSelector(Selector):
    """Takes the highest score and stays with it until another is clearly surer."""

    @dataclasses.dataclass
    class Config:
        """Settings of the policy."""

        margin: float = setting(0.15, "by how much another target's score must be higher than the current one's", low=0.0, high=1.0)
        patience: float = setting(0.3, "for how long it must be so", unit="s", low=0.0)
        stale: float = setting(0.1, "a target unseen for longer is passed over while another is seen", unit="s", low=0.0)

    def __init__(self, config: HighestScoreSelector.Config) -> None:
        super().__init__(config)
        self._hold = Hold()

    def select(self, tracks: Sequence[Track], now: float) -> Track | None:
        """See the interface."""
        c = self.config
        return self._hold.choose(fresh(tracks, now, c.stale), lambda t: -t.score, now, c.margin, c.patience)
