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

"""What drives the motors and the laser: one object with the wires in its hands. Group `theylive_ros.lines`.

Standard library only: the controller runs as a small process of its own.
"""

from __future__ import annotations

import abc
from typing import Any, ClassVar, NamedTuple


class LinesError(Exception):
    """The wires cannot be had or have failed; one line with the cause and the cure."""


class Inputs(NamedTuple):
    """State of the switches, True where one is pressed."""

    limit_x: bool
    limit_y: bool
    stop: bool


class Lines(abc.ABC):
    """The wires of a rig. Built as `cls(config)`, `config` being an instance of its dataclass `Config`; opened by `open()`."""

    Config: ClassVar[type]

    simulated: ClassVar[bool] = False
    """Whether nothing real is moved or lit: then time may be simulated, too, and the map is known without a calibration."""

    def __init__(self, config: Any) -> None:
        """Keeps the config; touches no wire."""
        self.config = config

    @property
    @abc.abstractmethod
    def has_laser(self) -> bool:
        """Whether a laser line is wired. Without one, nothing may be armed."""

    @property
    @abc.abstractmethod
    def has_limits(self) -> bool:
        """Whether limit switches are wired, so that homing is possible."""

    @abc.abstractmethod
    def open(self) -> None:
        """Take the wires, laser off. Raises LinesError."""

    def turn(self, axis: int, direction: int, now_us: int) -> None:  # noqa: B027
        """Set an axis' DIR wire, `dir_setup_us` or more before the pulse that needs it. Lines without such a wire do nothing."""

    @abc.abstractmethod
    def step(self, axis: int, direction: int, now_us: int) -> None:
        """One pulse: axis 0 (x, mirror 1) or 1 (y, mirror 2), direction +1 or -1. `now_us`: the executor's clock, microseconds."""

    @abc.abstractmethod
    def light(self, on: bool, now_us: int) -> None:
        """Switch the laser line."""

    @property
    def retrigger_us(self) -> int:
        """0: the laser line holds its level while lit. Otherwise a monostable or a charge pump wants an edge: while lit, `retrigger` is
        to be called every so many microseconds, or it falls dark."""
        return 0

    def retrigger(self, now_us: int) -> None:  # noqa: B027
        """One more edge of a lit laser line. Lines that hold a level, or are dark, do nothing."""

    @abc.abstractmethod
    def inputs(self) -> Inputs:
        """Read the switches. One that was pressed for a moment since the last call counts as pressed. Takes what made `fds` readable."""

    def fds(self) -> tuple[int, ...]:
        """While open: file descriptors that can be read when a switch has moved; call `inputs` then. Empty: switches are only polled."""
        return ()

    @abc.abstractmethod
    def close(self) -> None:
        """Laser off, then let the wires go. Safe to call twice."""


class RateLines(Lines):
    """Lines whose pulses come from a pulse generator that is told a rate and counts nothing: `rate_player.RatePlayer` plays them.

    `RatePlayer(settings, rate, turn, stepped, clock_us)` is built and used as `Player` is; its `rate` is the method below, kept from
    raising: it returns None where the driver failed.
    """

    def step(self, axis: int, direction: int, now_us: int) -> None:
        """LinesError: there are no single pulses here."""
        raise LinesError("lines with a pulse generator are told rates, not single pulses: play them with RatePlayer")

    @abc.abstractmethod
    def rate(self, axis: int, rate: float, now_us: int) -> float:
        """One pulse at once and then one every 1/|rate| s until told otherwise; the sign says what DIR was set to. 0: none from now on.

        rate: microsteps/s. Returns what the generator was truly told, in its own resolution. Raises LinesError.
        """
