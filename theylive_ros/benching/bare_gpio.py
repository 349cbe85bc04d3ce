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

"""The `gpio` lines on a simulated chip with nothing on its wires: what the controller's own process costs, and no more."""

from __future__ import annotations

import dataclasses
from typing import Any

from theylive_ros.controller.lines.board import NOT_WIRED, line
from theylive_ros.controller.lines.gpio import GpioLines
from theylive_ros.simulator.hardware.fake_gpiod import FakeGpiod
from theylive_ros.simulator.hardware.gpio_standin import StandinConfig
from theylive_ros.simulator.hardware.wires import Chip


@dataclasses.dataclass
class BareConfig(StandinConfig):
    """No switches."""

    limit_x_line: int = line(NOT_WIRED, "limit switch X")
    limit_y_line: int = line(NOT_WIRED, "limit switch Y")
    stop_line: int = line(NOT_WIRED, "the stop switch")


class BareGpioLines(GpioLines):
    """No motors, no switches, no laser hang on it; a real chip's answers to the kernel's calls come on top."""

    Config = BareConfig

    def __init__(self, config: BareConfig) -> None:
        super().__init__(config)
        self._fake = FakeGpiod([Chip(label=config.chip)])

    def driver(self) -> Any:
        """The stand-in of gpiod."""
        return self._fake

    def chips(self) -> list[str]:
        """The one."""
        return list(self._fake.chips)
