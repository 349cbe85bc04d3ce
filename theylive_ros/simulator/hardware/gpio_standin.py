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

"""Lines plugin `gpio_standin`: the very lines of `gpio`, on a simulated chip with simulated motors. For tests and for who has no rig."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any

from theylive_ros.controller.lines.board import line
from theylive_ros.controller.lines.gpio import GpioConfig, GpioLines
from theylive_ros.controller.lines.rig import SimConfig
from theylive_ros.simulator.hardware.edge_motors import EdgeMotors
from theylive_ros.simulator.hardware.fake_gpiod import FakeGpiod
from theylive_ros.simulator.hardware.wires import Chip


@dataclasses.dataclass
class StandinConfig(GpioConfig):
    """The prototype's wiring, with STEP and laser lines where it has none."""

    step_x_line: int = line(71, "STEP of mirror 1")
    step_y_line: int = line(72, "STEP of mirror 2")
    laser_line: int = line(73, "the laser")


class GpioStandinLines(GpioLines):
    """`chip`: the wires and their edges; `motors`: what they move."""

    Config = StandinConfig
    simulated = True
    config: StandinConfig

    def __init__(
        self,
        config: StandinConfig,
        motors: SimConfig | None = None,
        clock_ns: Callable[[], int] = time.monotonic_ns,
        hold: Callable[[int], None] | None = None,
    ) -> None:
        """clock_ns: what edges are stamped with. hold: lets nanoseconds pass on that clock; needed where it is not the machine's own."""
        super().__init__(config)
        self.chip = Chip(label=config.chip, clock_ns=clock_ns)
        self.gpiod = FakeGpiod([self.chip])
        # The line toggles, so that it rises at every second call; a monostable holds for two and a half such times.
        self.motors = EdgeMotors(self.chip, config, motors, monostable_us=config.laser_retrigger_us * 5)
        self._hold = hold or super().hold

    def driver(self) -> Any:
        """The stand-in of gpiod."""
        return self.gpiod

    def chips(self) -> list[str]:
        """The one."""
        return list(self.gpiod.chips)

    def hold(self, ns: int) -> None:
        """On the chip's clock."""
        self._hold(ns)
