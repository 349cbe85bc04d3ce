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

"""Simulated wires: two stepper motors that miss steps beyond their pull-out curve, limit and stop switches, a laser."""

from __future__ import annotations

from theylive_ros.controller.lines.interface import Inputs, Lines, LinesError
from theylive_ros.controller.lines.rig import LOG_SIZE, Change, Rig, SimConfig

__all__ = ["LOG_SIZE", "Change", "SimConfig", "SimLines"]


class SimLines(Rig, Lines):
    """Lines plugin `sim`. `stop_pressed` and `broken` (raise LinesError from now on) are set by tests and the simulator."""

    Config = SimConfig
    simulated = True

    def __init__(self, config: SimConfig) -> None:
        super().__init__(config)
        self.stop_pressed = False
        self.broken = ""

    @property
    def has_laser(self) -> bool:
        """As configured."""
        return self.config.has_laser

    @property
    def has_limits(self) -> bool:
        """As configured."""
        return self.config.has_limits

    def open(self) -> None:
        """LinesError when broken."""
        self._check()

    def step(self, axis: int, direction: int, now_us: int) -> None:
        """The motor follows, or misses it."""
        self._check()
        self.pulse(axis, direction, now_us)

    def light(self, on: bool, now_us: int) -> None:
        """As a wire."""
        self._check()
        self.shine(on, now_us)

    def inputs(self) -> Inputs:
        """Limit switches by the motors' true positions."""
        self._check()
        return self.switches(self.stop_pressed)

    def close(self) -> None:
        """Off, even when broken: a real line has a pull-down."""
        self.shine(False, self.now_us)

    def _check(self) -> None:
        if self.broken:
            raise LinesError(self.broken)
