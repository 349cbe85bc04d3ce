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

"""Stands in for the Python module gpiod 2: the same names, arguments and errors, on simulated chips.

Only what a controller of motors uses is there. Values are enums as in the real module; times are those of the chip's clock.
"""

from __future__ import annotations

import dataclasses
import errno
import os
from collections.abc import Iterable, Sequence
from typing import Any

from theylive_ros.simulator.hardware import fake_line, wires
from theylive_ros.simulator.hardware.fake_line import Value
from theylive_ros.simulator.hardware.fake_request import EdgeEvent, LineRequest, LineSettings


@dataclasses.dataclass(frozen=True)
class ChipInfo:
    """As gpiod.ChipInfo."""

    name: str
    label: str
    num_lines: int


@dataclasses.dataclass(frozen=True)
class LineInfo:
    """The part of gpiod.LineInfo that tells who has a line."""

    offset: int
    used: bool
    consumer: str


class Chip:
    """As gpiod.Chip. Made through `FakeGpiod.Chip`, which knows the machine."""

    machine: FakeGpiod

    def __init__(self, path: str) -> None:
        self.machine.check(path)
        self._wires: wires.Chip | None = self.machine.chips[path]

    def __enter__(self) -> Chip:
        """Itself."""
        return self

    def __exit__(self, exc_type: Any, exc_value: Any, traceback: Any) -> None:
        """Closes."""
        self.close()

    def close(self) -> None:
        """Requests live on."""
        self._wires = None

    def get_info(self) -> ChipInfo:
        """Name, label, number of lines."""
        chip = self._chip()
        return ChipInfo(os.path.basename(chip.path), chip.label, chip.lines)

    def get_line_info(self, line: int | str) -> LineInfo:
        """Who has a line."""
        user = self._chip().users.get(int(line))
        return LineInfo(int(line), user is not None, user or "")

    def request_lines(
        self,
        config: dict[Iterable[int | str] | int | str, LineSettings | None],
        consumer: str | None = None,
        event_buffer_size: int | None = None,
        output_values: dict[int | str, Value] | None = None,
    ) -> LineRequest:
        """All or none. OSError as the kernel would."""
        chip = self._chip()
        lines: dict[int, LineSettings] = {}
        for key, settings in config.items():
            for offset in [key] if isinstance(key, (int, str)) else key:
                if int(offset) in lines:
                    raise ValueError(f"line must be configured exactly once - offset {offset} repeats")
                if int(offset) >= chip.lines:
                    raise ValueError("line offset of out range")
                lines[int(offset)] = settings or LineSettings()
        if not self.machine.version_2:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        if any(offset in chip.users for offset in lines):
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        for offset, value in (output_values or {}).items():
            lines[int(offset)] = dataclasses.replace(lines[int(offset)], output_value=value)
        chip.users.update(dict.fromkeys(lines, consumer or "?"))
        return LineRequest(chip, lines)

    def _chip(self) -> wires.Chip:
        if self._wires is None:
            raise ValueError("I/O operation on closed chip")
        return self._wires


class FakeGpiod:
    """A machine's GPIO, with the names of the module gpiod. denied: paths that this user may not open; version_2: the kernel's ABI."""

    def __init__(self, chips: Sequence[wires.Chip], denied: Sequence[str] = (), version_2: bool = True) -> None:
        self.chips = {chip.path: chip for chip in chips}
        self.denied, self.version_2 = denied, version_2
        self.line = fake_line
        self.LineSettings, self.LineRequest, self.EdgeEvent = LineSettings, LineRequest, EdgeEvent
        self.Chip = type("Chip", (Chip,), {"machine": self})

    def is_gpiochip_device(self, path: str) -> bool:
        """Whether there is a chip."""
        return path in self.chips

    def check(self, path: str) -> None:
        """OSError where a chip cannot be opened."""
        code = errno.EACCES if path in self.denied else 0 if path in self.chips else errno.ENOENT
        if code:
            raise OSError(code, os.strerror(code), path)
