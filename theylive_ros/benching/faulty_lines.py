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

"""Simulated wires that fail as they are told: limit switches pressed by hand, pulses that the motors do not follow."""

from __future__ import annotations

from theylive_ros.controller.lines.interface import Inputs
from theylive_ros.controller.lines.sim import SimConfig, SimLines


class FaultyLines(SimLines):
    """Besides `stop_pressed` and `broken`: `pressed`, limit switches pressed by hand (x, y); `to_lose`, the number of pulses that each axis
    is still not going to follow, positive ones or negative ones."""

    def __init__(self, config: SimConfig | None = None) -> None:
        super().__init__(config or SimConfig())
        self.pressed = [False, False]
        self.to_lose = [0, 0]

    def step(self, axis: int, direction: int, now_us: int) -> None:
        """The motor follows, misses it, or loses it as told."""
        if self.to_lose[axis] * direction > 0 and not self.broken:
            self.to_lose[axis] -= direction
        else:
            super().step(axis, direction, now_us)

    def inputs(self) -> Inputs:
        """Pressed by the mirrors or by hand."""
        x, y, stop = super().inputs()
        return Inputs(x or self.pressed[0], y or self.pressed[1], stop)
