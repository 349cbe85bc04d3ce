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

"""Stands in for gpiod.LineRequest and what goes into and comes out of it: lines of a simulated chip in one hand.

A switch's new level is believed when it has held for the debounce period, and it is reported when somebody reads or waits.
"""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import errno
import os
import select
from collections import deque
from collections.abc import Iterable
from datetime import timedelta

from theylive_ros.simulator.hardware import wires
from theylive_ros.simulator.hardware.fake_line import Bias, Clock, Direction, Drive, Edge, Value


@dataclasses.dataclass
class LineSettings:
    """As gpiod.LineSettings."""

    direction: Direction = Direction.AS_IS
    edge_detection: Edge = Edge.NONE
    bias: Bias = Bias.AS_IS
    drive: Drive = Drive.PUSH_PULL
    active_low: bool = False
    debounce_period: timedelta = timedelta()
    event_clock: Clock = Clock.MONOTONIC
    output_value: Value = Value.INACTIVE


@dataclasses.dataclass(frozen=True)
class EdgeEvent:
    """As gpiod.EdgeEvent, without the sequence numbers. Rising: the logical value became active."""

    class Type(enum.Enum):
        """Of an edge."""

        RISING_EDGE = 1
        FALLING_EDGE = 2

    event_type: Type
    timestamp_ns: int
    line_offset: int


class LineRequest:
    """As gpiod.LineRequest."""

    def __init__(self, chip: wires.Chip, lines: dict[int, LineSettings]) -> None:
        self._chip, self._lines = chip, lines
        self._inputs: dict[int, _Input] = {}
        self._events: deque[EdgeEvent] = deque(maxlen=16 * len(lines))  # the kernel's default size
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._live = True
        for offset, settings in lines.items():
            if settings.direction == Direction.OUTPUT:
                chip.drive(offset, _physical(settings, settings.output_value))
                continue
            if settings.bias in (Bias.PULL_UP, Bias.PULL_DOWN, Bias.DISABLED):
                chip.pull(offset, {Bias.PULL_UP: True, Bias.PULL_DOWN: False}.get(settings.bias))
            self._inputs[offset] = line = _Input(settings, chip.high(offset))
            if settings.edge_detection != Edge.NONE:
                chip.watch(offset, lambda now_ns, high, line=line: self._hear(line, now_ns, high))  # type: ignore[misc]

    @property
    def fd(self) -> int:
        """Readable when edges wait."""
        return self._bell

    @property
    def offsets(self) -> list[int]:
        """Of the lines that were asked for."""
        return list(self._lines)

    def release(self) -> None:
        """Safe to call twice."""
        if self._live:
            self._live = False
            os.close(self._bell)
            for offset in self._lines:
                self._chip.let_go(offset)

    def set_value(self, line: int | str, value: Value) -> None:
        """One output."""
        self.set_values({line: value})

    def set_values(self, values: dict[int | str, Value]) -> None:
        """Some outputs."""
        self._check()
        for offset, value in values.items():
            settings = self._lines[int(offset)]
            if settings.direction != Direction.OUTPUT:
                raise OSError(errno.EPERM, os.strerror(errno.EPERM))
            self._chip.drive(int(offset), _physical(settings, value))

    def get_value(self, line: int | str) -> Value:
        """One line's logical value, debounced."""
        return self.get_values([line])[0]

    def get_values(self, lines: Iterable[int | str] | None = None) -> list[Value]:
        """Logical values, debounced."""
        self._check()
        self._settle()
        return [_logical(self._lines[int(o)], self._level(int(o))) for o in (lines or self._lines)]

    def wait_edge_events(self, timeout: timedelta | float | None = None) -> bool:
        """Whether edges can be read, at once or within `timeout`."""
        self._check()
        self._settle()
        seconds = timeout.total_seconds() if isinstance(timeout, timedelta) else timeout
        return bool(self._events) or (seconds != 0 and bool(select.select([self._bell], [], [], seconds)[0]))

    def read_edge_events(self, max_events: int | None = None) -> list[EdgeEvent]:
        """Edges that have not been read yet, oldest first."""
        self._check()
        self._settle()
        count = min(len(self._events), max_events or 64)
        events = [self._events.popleft() for _ in range(count)]
        if not self._events:
            self._silence()
        return events

    def _check(self) -> None:
        if not self._live:
            raise RuntimeError("GPIO lines have been released")
        if self._chip.trouble is not None:
            raise self._chip.trouble

    def _level(self, offset: int) -> bool:
        line = self._inputs.get(offset)
        return line.level if line else self._chip.high(offset)

    def _hear(self, line: _Input, now_ns: int, high: bool) -> None:
        self._believe(line, now_ns)
        line.raw, line.since_ns = high, now_ns
        self._believe(line, now_ns)

    def _settle(self) -> None:
        for catch_up in self._chip.before_reading:
            catch_up()
        now_ns = self._chip.clock_ns()
        for offset, line in self._inputs.items():
            if line.settings.edge_detection == Edge.NONE:
                line.raw = self._chip.high(offset)
            self._believe(line, now_ns)

    def _believe(self, line: _Input, now_ns: int) -> None:
        """Take over a level that has held long enough."""
        settings = line.settings
        held_ns = now_ns - line.since_ns
        if line.raw == line.level or held_ns < settings.debounce_period / timedelta(microseconds=1) * 1000:
            return
        line.level = line.raw
        rises = _logical(settings, line.level) is Value.ACTIVE
        if settings.edge_detection in (Edge.BOTH, Edge.RISING if rises else Edge.FALLING):
            kind = EdgeEvent.Type.RISING_EDGE if rises else EdgeEvent.Type.FALLING_EDGE
            offset = next(o for o, other in self._inputs.items() if other is line)
            self._events.append(EdgeEvent(kind, line.since_ns, offset))
            os.eventfd_write(self._bell, 1)

    def _silence(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self._bell)


class _Input:
    """An input's level as it is, as it is believed, and since when it is."""

    def __init__(self, settings: LineSettings, high: bool) -> None:
        self.settings, self.raw, self.level = settings, high, high
        self.since_ns = 0


def _physical(settings: LineSettings, value: Value) -> bool:
    return (value is Value.ACTIVE) != settings.active_low


def _logical(settings: LineSettings, high: bool) -> Value:
    return Value.ACTIVE if high != settings.active_low else Value.INACTIVE
