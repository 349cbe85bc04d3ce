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

"""Policy: the target nearest to where was last aimed, so that the mirrors travel least."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

from theylive_ros.settings import setting
from theylive_ros.targeting.hold import Hold, fresh
from theylive_ros.targeting.interface import Selector
from theylive_ros.types import Track


class NearestSelector(Selector):
    """Stays on one target while it lives, then takes the nearest."""

    @dataclasses.dataclass
    class Config:
        """Settings of the policy."""

        start_x: float = setting(
            160.0, "where the first target is nearest to: by default the centre of a 320x240 picture", unit="px", low=0.0
        )
        start_y: float = setting(120.0, "the same along y", unit="px", low=0.0)
        margin: float = setting(20.0, "by how much another target must be nearer than the current one", unit="px", low=0.0)
        patience: float = setting(0.3, "for how long it must be so", unit="s", low=0.0)
        stale: float = setting(0.1, "a target unseen for longer is passed over while another is seen", unit="s", low=0.0)

    def __init__(self, config: NearestSelector.Config) -> None:
        super().__init__(config)
        self._hold = Hold()
        self._aim: tuple[float, float] | None = None

    def select(self, tracks: Sequence[Track], now: float) -> Track | None:
        """See the interface."""
        c = self.config
        aim_x, aim_y = self._aim or (c.start_x, c.start_y)
        chosen = self._hold.choose(fresh(tracks, now, c.stale), lambda t: math.hypot(t.x - aim_x, t.y - aim_y), now, c.margin, c.patience)
        if chosen is not None:
            self._aim = (chosen.x, chosen.y)
        return chosen
