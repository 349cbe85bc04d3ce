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

"""Lines plugin `gpio`: every wire a GPIO line of one chip, pulses made one by one through libgpiod 2."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

from theylive_ros.controller.lines import chip
from theylive_ros.controller.lines.board import AXES, NOT_WIRED, BoardConfig, BoardLines, line
from theylive_ros.controller.lines.interface import LinesError
from theylive_ros.controller.setting import setting


@dataclasses.dataclass
class GpioConfig(BoardConfig):
    """The board's lines and those of STEP, which the prototype had elsewhere."""

    step_x_line: int = line(NOT_WIRED, "STEP of mirror 1")
    step_y_line: int = line(NOT_WIRED, "STEP of mirror 2")
    # The A4988 wants 1 us high and 1 us low, DIR 200 ns before (Allegro datasheet, timing); a DRV8825 1.9 us and 650 ns.
    pulse_us: int = setting(2, "a STEP pulse stays high at least this long", "us", 1, 100)


class GpioLines(BoardLines):
    """A rising edge of STEP is a microstep."""

    Config = GpioConfig
    config: GpioConfig

    def __init__(self, config: GpioConfig) -> None:
        super().__init__(config)
        self._pulse_ns = config.pulse_us * 1000
        self._high: list[dict[int, Any]] = []
        self._low: list[dict[int, Any]] = []

    def open(self) -> None:
        """See BoardLines."""
        super().open()
        steps = (self.config.step_x_line, self.config.step_y_line)
        self._high = [{offset: self.level(True)} for offset in steps]
        self._low = [{offset: self.level(False)} for offset in steps]

    def step(self, axis: int, direction: int, now_us: int) -> None:
        """High, a moment, low."""
        self.drive(self._high[axis])
        self.hold(self._pulse_ns)
        self.drive(self._low[axis])

    def hold(self, ns: int) -> None:
        """Let a short time pass with the processor busy: no sleep is as short."""
        until = time.monotonic_ns() + ns
        while time.monotonic_ns() < until:
            pass

    def _check_wiring(self) -> None:
        steps = (self.config.step_x_line, self.config.step_y_line)
        missing = [f"step_{name.lower()}_line" for name, offset in zip(AXES, steps, strict=True) if offset == NOT_WIRED]
        if missing:
            cure = "give the GPIO lines that the STEP wires are on, or, wired as the prototype, use the lines pwm"
            raise LinesError(f"{' and '.join(missing)} not set: {cure}")
        super()._check_wiring()

    def _output_lines(self) -> dict[int, tuple[str, Any]]:
        settings = chip.output(self._gpiod, on=False, active_low=False)
        return {self.config.step_x_line: ("STEP X", settings), self.config.step_y_line: ("STEP Y", settings), **super()._output_lines()}
