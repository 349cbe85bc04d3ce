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

"""The `gpio` lines on stand-in hardware whose edges are written down, and a stop switch that is pressed from outside the controller's
process."""

from __future__ import annotations

import array
import dataclasses
import os
import struct
from typing import NamedTuple

from theylive_ros.controller.lines.interface import Inputs, LinesError
from theylive_ros.simulator.hardware.gpio_standin import GpioStandinLines, StandinConfig

_EDGE = struct.Struct("<q?")


class Edge(NamedTuple):
    """At a moment (monotonic s) the light went on or off."""

    time: float
    on: bool


@dataclasses.dataclass
class RecordedConfig(StandinConfig):
    """Beyond the stand-in: files to write to, and the pipe (FIFO) through which the stop switch is pressed. Empty: none."""

    record: str = dataclasses.field(default="", metadata={"description": "file to which the light's edges are appended at once"})
    pulses: str = dataclasses.field(default="", metadata={"description": "file for the times of all pulses, written at the end"})
    switch: str = dataclasses.field(default="", metadata={"description": "FIFO: a byte 1 presses the stop switch, a byte 0 releases it"})


class RecordedLines(GpioStandinLines):
    """Lines for the benches in wall time. Every edge carries the clock's value as it was read in the very call that made it."""

    Config = RecordedConfig
    config: RecordedConfig

    def __init__(self, config: RecordedConfig) -> None:
        super().__init__(config)
        self._record = self._switched = -1
        self._pulses = (array.array("q"), array.array("q"))
        self.chip.listen(config.laser_line, self._shone)
        for offset, times in zip((config.step_x_line, config.step_y_line), self._pulses, strict=True):
            self.chip.listen(offset, lambda now_ns, high, times=times: times.append(now_ns) if high else None)  # type: ignore[misc]

    def open(self) -> None:
        """Also opens the files. LinesError if they are not there."""
        try:
            if self.config.record:
                self._record = os.open(self.config.record, os.O_WRONLY | os.O_APPEND)
            if self.config.switch:
                # also for writing, so that it never ends
                self._switched = os.open(self.config.switch, os.O_RDWR | os.O_NONBLOCK)
        except OSError as error:
            raise LinesError(f"{error.filename}: {error.strerror}") from error
        super().open()

    def fds(self) -> tuple[int, ...]:
        """The pipe of the stop switch, too."""
        return (*super().fds(), *((self._switched,) if self._switched >= 0 else ()))

    def inputs(self) -> Inputs:
        """Takes in what has become of the stop switch."""
        try:
            pressed = os.read(self._switched, 64) if self._switched >= 0 else b""
        except BlockingIOError:
            pressed = b""
        if pressed:
            self.motors.stop_pressed = pressed.endswith(b"1")
        return super().inputs()

    def close(self) -> None:
        """Off, written down."""
        super().close()
        for handle in (self._record, self._switched):
            if handle >= 0:
                os.close(handle)
        self._record = self._switched = -1
        if self.config.pulses:
            with open(self.config.pulses, "wb") as file:
                for times in self._pulses:
                    file.write(struct.pack("<q", len(times)) + times.tobytes())

    def _shone(self, now_ns: int, high: bool) -> None:
        if self._record >= 0:
            os.write(self._record, _EDGE.pack(now_ns, high))


def read_edges(path: str | os.PathLike[str], begin: int = 0) -> list[Edge]:
    """Of the light, from the `begin`-th on."""
    with open(path, "rb") as file:
        file.seek(begin * _EDGE.size)
        data = file.read()
    whole = len(data) - len(data) % _EDGE.size
    return [Edge(t * 1e-9, on) for t, on in _EDGE.iter_unpack(data[:whole])]


def read_pulses(path: str | os.PathLike[str]) -> tuple[list[float], list[float]]:
    """Times (monotonic s) of all pulses of axis x and of axis y."""
    axes = []
    with open(path, "rb") as file:
        for _ in range(2):
            (count,) = struct.unpack("<q", file.read(8))
            times = array.array("q")
            times.frombytes(file.read(8 * count))
            axes.append([t * 1e-9 for t in times])
    return axes[0], axes[1]
