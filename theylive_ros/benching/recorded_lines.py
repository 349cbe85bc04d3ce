"""Simulated wires that write down when the light truly changed, and a stop switch that is pressed from outside the controller's process."""

from __future__ import annotations

import dataclasses
import os
import struct
import time
from typing import NamedTuple

from theylive_ros.controller.lines.interface import Inputs, LinesError
from theylive_ros.controller.lines.sim import SimConfig, SimLines

_EDGE = struct.Struct("<q?")


class Edge(NamedTuple):
    """At a moment (monotonic s) the light went on or off."""

    time: float
    on: bool


@dataclasses.dataclass
class RecordedConfig(SimConfig):
    """Beyond the simulated rig: where to write the light's edges, and the pipe (FIFO) through which the stop switch is pressed."""

    record: str = dataclasses.field(default="", metadata={"description": "file to which the light's edges are appended"})
    switch: str = dataclasses.field(default="", metadata={"description": "FIFO: a byte 1 presses the stop switch, a byte 0 releases it"})


class RecordedLines(SimLines):
    """Lines for the bench of reactions. An edge is written down after the light has changed, with the clock read at that moment."""

    Config = RecordedConfig

    def __init__(self, config: RecordedConfig) -> None:
        super().__init__(config)
        self._record = self._switched = -1

    def open(self) -> None:
        """Also opens both files. LinesError if they are not there."""
        super().open()
        try:
            self._record = os.open(self.config.record, os.O_WRONLY | os.O_APPEND)
            # also for writing, so that it never ends
            self._switched = os.open(self.config.switch, os.O_RDWR | os.O_NONBLOCK)
        except OSError as error:
            raise LinesError(f"{error.filename}: {error.strerror}") from error

    def fds(self) -> tuple[int, ...]:
        """The pipe of the stop switch."""
        return (self._switched,) if self._switched >= 0 else ()

    def inputs(self) -> Inputs:
        """Takes in what has become of the stop switch."""
        try:
            pressed = os.read(self._switched, 64)
        except BlockingIOError:
            pressed = b""
        if pressed:
            self.stop_pressed = pressed.endswith(b"1")
        return super().inputs()

    def light(self, on: bool, now_us: int) -> None:
        """As a wire, and written down."""
        super().light(on, now_us)
        self._write(on)

    def close(self) -> None:
        """Off, written down."""
        super().close()
        self._write(False)
        for handle in (self._record, self._switched):
            if handle >= 0:
                os.close(handle)
        self._record = self._switched = -1

    def _write(self, on: bool) -> None:
        if self._record >= 0:
            os.write(self._record, _EDGE.pack(time.monotonic_ns(), on))


def read_edges(path: str | os.PathLike[str], begin: int = 0) -> list[Edge]:
    """Edges from the `begin`-th on; switching to what it was counts as none."""
    with open(path, "rb") as file:
        file.seek(begin * _EDGE.size)
        data = file.read()
    whole = len(data) - len(data) % _EDGE.size
    return [Edge(t * 1e-9, on) for t, on in _EDGE.iter_unpack(data[:whole])]
