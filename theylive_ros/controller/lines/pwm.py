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

"""Lines plugin `pwm`: STEP on two channels of a PWM chip, as the prototype is wired; all else on GPIO lines.

The generator's demands on its driver, and how exact the count is, stand in `controller/rate_player.py`. A controller that is killed leaves
its channels running until it is started again: the light is out by then, the mirrors turn on.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from theylive_ros.controller.lines.board import BoardConfig, BoardLines
from theylive_ros.controller.lines.interface import LinesError, RateLines
from theylive_ros.controller.lines.pwm_channel import PwmChannel
from theylive_ros.controller.setting import setting

IDLE_PERIOD_NS = 1_000_000


@dataclasses.dataclass
class PwmConfig(BoardConfig):
    """The board's lines, and the channels of STEP."""

    pwm_root: str = setting("/sys/class/pwm", "where the kernel shows its PWM chips")
    pwm_chip: str = setting("pwmchip0", "name of the PWM chip")
    step_x_channel: int = setting(4, "PWM channel of STEP of mirror 1", "", 0, 255)
    step_y_channel: int = setting(3, "PWM channel of STEP of mirror 2", "", 0, 255)
    pulse_us: int = setting(20, "a STEP pulse stays high so long; at most half the time between two", "us", 1, 100)

    def __post_init__(self) -> None:
        """ValueError as BoardConfig, and for one channel given twice."""
        super().__post_init__()
        if self.step_x_channel == self.step_y_channel:
            raise ValueError(f"PWM channel {self.step_x_channel} is given twice, as step_x_channel and step_y_channel")


class PwmLines(BoardLines, RateLines):
    """A period of the PWM is a microstep."""

    Config = PwmConfig
    config: PwmConfig

    def __init__(self, config: PwmConfig) -> None:
        super().__init__(config)
        chip = Path(config.pwm_root) / config.pwm_chip
        self._channels = [self.channel(chip, number) for number in (config.step_x_channel, config.step_y_channel)]
        self._running = [False, False]

    def open(self) -> None:
        """The channels first, standing still; then the lines. LinesError."""
        try:
            for channel in self._channels:
                channel.open(self.config.pulse_us * 1000, IDLE_PERIOD_NS)
            super().open()
        except LinesError:
            for channel in self._channels:
                channel.close()
            raise

    def rate(self, axis: int, rate: float, now_us: int) -> float:
        """In whole nanoseconds of period."""
        channel = self._channels[axis]
        if self._running[axis]:
            channel.stop()
            self._running[axis] = False
        if rate == 0.0:
            return 0.0
        period_ns = round(1e9 / abs(rate))
        if period_ns < 2000 * self.config.pulse_us:
            raise LinesError(
                f"{abs(rate):.0f} microsteps/s leave no room for pulses of {self.config.pulse_us} us: lower max_rate or pulse_us"
            )
        channel.start(period_ns)
        self._running[axis] = True
        return 1e9 / period_ns if rate > 0.0 else -1e9 / period_ns

    def close(self) -> None:
        """Both channels stand still, then as BoardLines."""
        try:
            for axis in (0, 1):
                self.rate(axis, 0.0, 0)
        finally:
            for channel in self._channels:
                channel.close()
            self._running = [False, False]
            super().close()

    def channel(self, chip: Path, number: int) -> PwmChannel:
        """How a channel is driven."""
        return PwmChannel(chip, number)
