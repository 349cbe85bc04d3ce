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

"""One channel of a PWM chip through sysfs (Linux, Documentation/driver-api/pwm.rst): period, pulse width, on and off."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

from theylive_ros.controller.lines.interface import LinesError

ALLOW = "`theylive setup-board` writes the udev rule and the group; then log in again"


class PwmChannel:
    """pwmN below a chip's folder. Its files are kept open; every write is whole and at the beginning."""

    def __init__(self, chip: Path, number: int) -> None:
        self.number = number
        self._chip = chip
        self._files: dict[str, int] = {}

    @property
    def name(self) -> str:
        """As a person would find it."""
        return f"channel {self.number} of {self._chip.name}"

    def open(self, pulse_ns: int, period_ns: int) -> None:
        """Off, with a pulse width that stays, and a first period. LinesError with the cure."""
        folder = self._chip / f"pwm{self.number}"
        self._check(folder)
        try:
            for name in ("period", "duty_cycle", "enable"):
                self._files[name] = os.open(folder / name, os.O_WRONLY | os.O_CLOEXEC)
            if (folder / "polarity").read_text().strip() != "normal":
                raise LinesError(f"{self.name} has its polarity inversed: echo normal > {folder / 'polarity'}")
        except PermissionError as error:
            raise LinesError(f"no permission to write {error.filename}: {ALLOW}") from error
        except OSError as error:
            raise LinesError(f"{self.name} does not open: {error}; is it a PWM channel?") from error
        # A controller that was killed leaves it running, with a period that may be shorter than our pulse.
        for name, value in (("enable", 0), ("duty_cycle", 0), ("period", period_ns), ("duty_cycle", pulse_ns)):
            self.write(name, value)

    def start(self, period_ns: int) -> None:
        """The first pulse at once, then one a period."""
        self.write("period", period_ns)
        self.write("enable", 1)

    def stop(self) -> None:
        """No pulse from now on."""
        self.write("enable", 0)

    def close(self) -> None:
        """Let the files go. Safe to call twice."""
        for file in self._files.values():
            with contextlib.suppress(OSError):
                os.close(file)
        self._files = {}

    def write(self, name: str, value: int) -> None:
        """One attribute. LinesError when the kernel refuses it."""
        if not self._files:
            raise LinesError(f"{self.name} is closed: reset opens it again")
        try:
            self.pwrite(name, value)
        except OSError as error:
            raise LinesError(f"{self.name} refuses {name} {value}: {error.strerror}{_cure(error)}") from error

    def pwrite(self, name: str, value: int) -> None:
        """The write itself. OSError as the kernel's."""
        os.pwrite(self._files[name], f"{value}\n".encode(), 0)

    def _check(self, folder: Path) -> None:
        chip = self._chip
        if not chip.is_dir():
            there = ", ".join(sorted(p.name for p in chip.parent.glob("pwmchip*"))) or "none: is PWM enabled in the device tree?"
            raise LinesError(f"there is no {chip}; PWM chips here: {there}; set pwm_chip")
        try:
            count = int((chip / "npwm").read_text())
        except (OSError, ValueError) as error:
            raise LinesError(f"{chip} is no PWM chip ({error}): set pwm_chip") from error
        if self.number >= count:
            raise LinesError(f"{chip.name} has {count} channels, from 0: there is no {self.number}; set pwm_chip or the channel")
        if not folder.is_dir():
            cure = f"echo {self.number} | sudo tee {chip}/export, or `theylive setup-board` for every boot"
            raise LinesError(f"{self.name} is not exported: {cure}")


def _cure(error: OSError) -> str:
    return "; this PWM chip cannot do that period: use another rate" if error.errno in (errno.EINVAL, errno.ERANGE) else ""
