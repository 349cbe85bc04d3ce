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

"""What is true on the simulated board: the words that the world speaks and the judge hears."""

from __future__ import annotations

import math
from typing import NamedTuple


class TrueHead(NamedTuple):
    """A head as it truly is at the moment of a frame (px, px/s of the picture).

    x, y: its box's centre; width, height: its box; visible: share of the box inside the picture, 0..1; appeared_at: s, NaN if not known.
    Heads are listed from the lowest to the topmost.
    """

    id: int
    label: str
    x: float
    y: float
    width: float
    height: float
    visible: float
    vx: float
    vy: float
    appeared_at: float = math.nan

    def covers(self, x: float, y: float, margin: float = 0.0) -> bool:
        """Whether a point is inside the box grown by `margin` (px)."""
        return abs(x - self.x) <= self.width / 2 + margin and abs(y - self.y) <= self.height / 2 + margin


class LitSample(NamedTuple):
    """Where the lit beam truly met the board at time t (s), and where it was meant to be; px of the picture, NaN: no aim known."""

    t: float
    x: float
    y: float
    aim_x: float = math.nan
    aim_y: float = math.nan
