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

"""The very lines of `pwm`, on a simulated GPIO chip and a folder that behaves like sysfs, with simulated motors."""

from __future__ import annotations

import shutil
import tempfile
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

from theylive_ros.controller.lines.pwm import PwmConfig, PwmLines
from theylive_ros.controller.lines.pwm_channel import PwmChannel
from theylive_ros.controller.lines.rig import SimConfig
from theylive_ros.simulator.hardware.edge_motors import EdgeMotors
from theylive_ros.simulator.hardware.fake_gpiod import FakeGpiod
from theylive_ros.simulator.hardware.pwm_tree import PwmTree, WatchedChannel
from theylive_ros.simulator.hardware.wires import Chip


class PwmStandinLines(PwmLines):
    """`chip` and `tree`: the hardware; `motors`: what they move. The folder lives as long as the lines; config.pwm_root is not used."""

    simulated = True

    def __init__(
        self,
        config: PwmConfig,
        motors: SimConfig | None = None,
        clock_ns: Callable[[], int] = time.monotonic_ns,
        fast: float = 0.0,
    ) -> None:
        """clock_ns: what edges are stamped with. fast: the PWM chip's clock runs fast by this part."""
        folder = tempfile.mkdtemp(prefix="theylive-pwm-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.chip = Chip(label=config.chip, clock_ns=clock_ns)
        self.gpiod = FakeGpiod([self.chip])
        self.motors = EdgeMotors(self.chip, config, motors, monostable_us=config.laser_retrigger_us * 5)
        axes = {config.step_x_channel: 0, config.step_y_channel: 1}
        self.tree = PwmTree(Path(folder), lambda number, ns: self.motors.rise(axes[number], ns), clock_ns, fast=fast)
        for number in axes:
            self.tree.export(number)
        self.chip.before_reading.append(self.tree.settle)
        super().__init__(config)

    def driver(self) -> Any:
        """The stand-in of gpiod."""
        return self.gpiod

    def chips(self) -> list[str]:
        """The one."""
        return list(self.gpiod.chips)

    def turn(self, axis: int, direction: int, now_us: int) -> None:
        """Pulses that came before, came with the old DIR."""
        self.tree.settle()
        super().turn(axis, direction, now_us)

    def channel(self, chip: Path, number: int) -> PwmChannel:
        """Watched by the tree."""
        return WatchedChannel(self.tree, self.tree.chip, number)
