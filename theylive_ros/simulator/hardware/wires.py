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

"""A simulated GPIO chip's wires: their levels, who drives them, and every edge with its time. What the kernel and the world both touch."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

LOG_SIZE = 65536
LABEL = "300b000.pinctrl"
LINES = 288


class Edge(NamedTuple):
    """A wire's level, physical, from `time_ns` on."""

    time_ns: int
    offset: int
    high: bool


class Chip:
    """One chip with its wires. `edges` is what an oscilloscope would have seen of the driven ones, the latest LOG_SIZE."""

    def __init__(
        self, path: str = "/dev/gpiochip1", label: str = LABEL, lines: int = LINES, clock_ns: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self.path, self.label, self.lines, self.clock_ns = path, label, lines, clock_ns
        self.edges: deque[Edge] = deque(maxlen=LOG_SIZE)
        self.users: dict[int, str] = {}  # offset -> who has requested it
        self.trouble: OSError | None = None  # what every access fails with, as when a chip is unplugged
        self.before_reading: list[Callable[[], None]] = []  # so that lazily simulated parts catch up
        self._driven: dict[int, bool] = {}  # by a request
        self._outside: dict[int, bool] = {}  # by what hangs on the wire
        self._pulls: dict[int, bool] = {}
        self._watchers: dict[int, list[Callable[[int, bool], None]]] = {}
        self._listeners: dict[int, list[Callable[[int, bool], None]]] = {}

    def high(self, offset: int) -> bool:
        """The wire's level; low where neither driven nor pulled."""
        for levels in (self._driven, self._outside, self._pulls):
            if offset in levels:
                return levels[offset]
        return False

    def drive(self, offset: int, high: bool) -> None:
        """A request's output takes a level."""
        before = self.high(offset)
        self._driven[offset] = high
        if high != before:
            self._edge(offset, high)

    def let_go(self, offset: int) -> None:
        """A request is released: as on most chips, an output keeps its last level."""
        self.users.pop(offset, None)
        self._watchers.pop(offset, None)

    def press(self, offset: int, high: bool) -> None:
        """What hangs on the wire puts it to a level."""
        before = self.high(offset)
        self._outside[offset] = high
        if self.high(offset) != before:
            self._edge(offset, high)

    def pull(self, offset: int, high: bool | None) -> None:
        """The chip's own weak pull; None: none."""
        self._pulls.pop(offset, None)
        if high is not None:
            self._pulls[offset] = high

    def listen(self, offset: int, heard: Callable[[int, bool], None]) -> None:
        """Tell somebody on the wire's other end of each edge: its time in ns, its level."""
        self._listeners.setdefault(offset, []).append(heard)

    def watch(self, offset: int, heard: Callable[[int, bool], None]) -> None:
        """The same for the kernel's side; ends with the request."""
        self._watchers.setdefault(offset, []).append(heard)

    def _edge(self, offset: int, high: bool) -> None:
        now_ns = self.clock_ns()
        self.edges.append(Edge(now_ns, offset, high))
        for heard in (*self._watchers.get(offset, ()), *self._listeners.get(offset, ())):
            heard(now_ns, high)
