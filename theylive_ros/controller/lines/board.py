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

"""What rigs on a single-board computer have on GPIO lines, however STEP is made: DIR, enable, microsteps, laser, switches."""

from __future__ import annotations

import contextlib
import dataclasses
import glob
from typing import Any

from theylive_ros.controller.lines import chip
from theylive_ros.controller.lines.interface import Inputs, Lines, LinesError
from theylive_ros.controller.setting import setting

NOT_WIRED = -1
# MS1, MS2, MS3 of the A4988 (Allegro datasheet, table 1)
MICROSTEPS = {1: (0, 0, 0), 2: (1, 0, 0), 4: (0, 1, 0), 8: (1, 1, 0), 16: (1, 1, 1)}
PULLS = ("up", "down", "none")
AXES = ("X", "Y")


def line(default: int, description: str) -> Any:
    """A setting that is a GPIO line; its name must end in `_line`."""
    return setting(default, f"GPIO line of {description}; -1: not wired", "offset on the chip", NOT_WIRED, 4095)


@dataclasses.dataclass
class BoardConfig:
    """Which line is what. The defaults are the prototype's wiring on an Orange Pi Zero 3, which has no laser line.

    Switches are taken for closing to ground when released (normally closed) with the pull up, so that a broken wire reads as pressed.
    """

    chip: str = setting("300b000.pinctrl", "label of the GPIO chip, as gpiodetect shows it in brackets")
    dir_x_line: int = line(75, "DIR of mirror 1")
    dir_y_line: int = line(226, "DIR of mirror 2")
    enable_line: int = line(NOT_WIRED, "ENABLE of both motor drivers")
    ms1_line: int = line(NOT_WIRED, "MS1 of both motor drivers")
    ms2_line: int = line(NOT_WIRED, "MS2 of both motor drivers")
    ms3_line: int = line(NOT_WIRED, "MS3 of both motor drivers")
    laser_line: int = line(NOT_WIRED, "the laser")
    limit_x_line: int = line(233, "limit switch X")
    limit_y_line: int = line(74, "limit switch Y")
    stop_line: int = line(78, "the stop switch")
    dir_x_inverted: bool = setting(False, "mirror 1 turns the other way")
    dir_y_inverted: bool = setting(False, "mirror 2 turns the other way")
    enable_active_low: bool = setting(True, "a low level enables the motor drivers (A4988)")
    microsteps: int = setting(8, "microsteps per step that the MS lines select: 1, 2, 4, 8 or 16", "", 1, 16)
    laser_active_low: bool = setting(False, "a low level lights the laser")
    laser_retrigger_us: int = setting(
        0, "0: the line holds its level while lit; else it toggles this often, for a monostable or a charge pump", "us", 0, 10000
    )
    limits_active_low: bool = setting(False, "a pressed limit switch reads low")
    stop_active_low: bool = setting(False, "a pressed stop switch reads low")
    pull: str = setting("up", "pull of the switches' lines", choices=PULLS)
    debounce_us: int = setting(1000, "a switch must hold its new state for so long", "us", 0, 20000)

    def __post_init__(self) -> None:
        """ValueError for a line given twice, and for words and numbers that mean nothing."""
        used: dict[int, str] = {}
        for field in dataclasses.fields(self):
            offset = getattr(self, field.name)
            if field.name.endswith("_line") and offset != NOT_WIRED and used.setdefault(offset, field.name) != field.name:
                raise ValueError(f"line {offset} is given twice, as {used[offset]} and {field.name}: one of them must be another, or -1")
        if self.microsteps not in MICROSTEPS:
            raise ValueError(f"microsteps is {self.microsteps}; an A4988 knows {', '.join(map(str, MICROSTEPS))}")
        if self.pull not in PULLS:
            raise ValueError(f"pull is {self.pull!r}; it must be one of {', '.join(PULLS)}")


class BoardLines(Lines):
    """All of `Lines` but the pulses."""

    config: BoardConfig

    def __init__(self, config: BoardConfig) -> None:
        super().__init__(config)
        self._gpiod: Any = None
        self._outputs: Any = None
        self._switches: Any = None
        self._lit = False
        self._laser_level = False

    @property
    def has_laser(self) -> bool:
        """Whether its line is given."""
        return self.config.laser_line != NOT_WIRED

    @property
    def has_limits(self) -> bool:
        """Whether both axes have a switch; one alone still stops the rig, but no homing is possible."""
        return NOT_WIRED not in (self.config.limit_x_line, self.config.limit_y_line)

    @property
    def retrigger_us(self) -> int:
        """As configured; 0 without a laser."""
        return self.config.laser_retrigger_us if self.has_laser else 0

    def open(self) -> None:
        """Take all outputs in one request, motors enabled and laser off, and all switches in another. LinesError."""
        self._check_wiring()
        self._gpiod = gpiod = self.driver()
        path = chip.find_chip(gpiod, self.chips(), self.config.chip)
        try:
            outputs = self._output_lines()
            switches = self._switch_lines()
            self._outputs = chip.request(gpiod, path, outputs) if outputs else None
            self._switches = chip.request(gpiod, path, switches) if switches else None
        except LinesError:
            with contextlib.suppress(LinesError):
                self.close()
            raise

    def turn(self, axis: int, direction: int, now_us: int) -> None:
        """DIR is active for +1."""
        self.drive({(self.config.dir_x_line, self.config.dir_y_line)[axis]: self.level(direction > 0)})

    def light(self, on: bool, now_us: int) -> None:
        """The first edge, or dark."""
        if not self.has_laser:
            if on:
                raise LinesError("no laser line is wired: set laser_line")
            return
        self._lit = on
        self._shine(on)

    def retrigger(self, now_us: int) -> None:
        """Toggle the line of a lit laser that wants it."""
        if self._lit and self.retrigger_us:
            self._shine(not self._laser_level)

    def inputs(self) -> Inputs:
        """Levels now, and edges since the last call: a switch that was pressed for a moment counts."""
        config = self.config
        try:
            pressed = self._pressed()
        except OSError as error:
            raise LinesError(f"the switches cannot be read: {error.strerror or error}; is the chip still there?") from error
        return Inputs(config.limit_x_line in pressed, config.limit_y_line in pressed, config.stop_line in pressed)

    def fds(self) -> tuple[int, ...]:
        """Of the kernel's queue of edges."""
        return (self._switches.fd,) if self._switches else ()

    def close(self) -> None:
        """Dark, motors without current, lines released. Where darkness cannot be had, LinesError after everything is let go."""
        outputs, switches = self._outputs, self._switches
        trouble = ""
        off = {n: self.level(False) for n in (self.config.laser_line, self.config.enable_line) if n != NOT_WIRED} if outputs else {}
        try:
            if off:
                outputs.set_values(off)
        except Exception as error:  # whatever the driver says, the lines are let go
            trouble = str(error)
        self._lit, self._outputs, self._switches = False, None, None
        for request in (outputs, switches):
            if request:
                with contextlib.suppress(Exception):
                    request.release()
        if trouble and self.has_laser:
            raise LinesError(f"the laser's line cannot be switched off ({trouble}): cut the laser's power")

    def driver(self) -> Any:
        """The module gpiod, or a stand-in for it."""
        return chip.import_gpiod()

    def chips(self) -> list[str]:
        """Paths of the machine's GPIO chips."""
        return sorted(glob.glob("/dev/gpiochip*"))

    def level(self, on: bool) -> Any:
        """A line's value; ready once the driver is there."""
        value = self._gpiod.line.Value
        return value.ACTIVE if on else value.INACTIVE

    def drive(self, values: dict[int, Any]) -> None:
        """Set lines. LinesError if they cannot be."""
        if self._outputs is None:
            raise LinesError("the lines are closed: reset opens them again")
        try:
            self._outputs.set_values(values)
        except OSError as error:
            raise LinesError(f"GPIO lines {list(values)} cannot be set: {error.strerror or error}; is the chip still there?") from error

    def _shine(self, on: bool) -> None:
        self._laser_level = on
        self.drive({self.config.laser_line: self.level(on)})

    def _pressed(self) -> set[int]:
        if self._switches is None:
            return set()
        rising = self._gpiod.EdgeEvent.Type.RISING_EDGE  # of the logical value: pressed
        pressed = set()
        while self._switches.wait_edge_events(0):
            pressed |= {e.line_offset for e in self._switches.read_edge_events() if e.event_type == rising}
        offsets = list(self._switches.offsets)
        values = self._switches.get_values(offsets)
        active = self.level(True)
        return pressed | {offset for offset, value in zip(offsets, values, strict=True) if value is active}

    def _check_wiring(self) -> None:
        """LinesError for what must be wired and is not."""
        config = self.config
        missing = [
            f"dir_{name.lower()}_line" for name, n in zip(AXES, (config.dir_x_line, config.dir_y_line), strict=True) if n == NOT_WIRED
        ]
        if missing:
            raise LinesError(f"{' and '.join(missing)} not set: give the GPIO lines that the DIR wires are on")

    def _output_lines(self) -> dict[int, tuple[str, Any]]:
        config, gpiod = self.config, self._gpiod
        low = chip.output
        lines = {
            config.dir_x_line: ("DIR X", low(gpiod, on=False, active_low=config.dir_x_inverted)),
            config.dir_y_line: ("DIR Y", low(gpiod, on=False, active_low=config.dir_y_inverted)),
            config.enable_line: ("ENABLE", low(gpiod, on=True, active_low=config.enable_active_low)),
            config.laser_line: ("LASER", low(gpiod, on=False, active_low=config.laser_active_low)),
        }
        for i, offset in enumerate((config.ms1_line, config.ms2_line, config.ms3_line)):
            lines[offset] = (f"MS{i + 1}", low(gpiod, on=bool(MICROSTEPS[config.microsteps][i]), active_low=False))
        lines.pop(NOT_WIRED, None)
        return lines

    def _switch_lines(self) -> dict[int, tuple[str, Any]]:
        config = self.config

        def settings(active_low: bool) -> Any:
            return chip.switch(self._gpiod, pull=config.pull, active_low=active_low, debounce_us=config.debounce_us)

        lines = {
            config.limit_x_line: ("limit switch X", settings(config.limits_active_low)),
            config.limit_y_line: ("limit switch Y", settings(config.limits_active_low)),
            config.stop_line: ("stop switch", settings(config.stop_active_low)),
        }
        lines.pop(NOT_WIRED, None)
        return lines
