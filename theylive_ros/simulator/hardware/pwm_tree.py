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

"""A folder like /sys/class/pwm, and the pulses that the chip behind it makes. Refuses what the kernel refuses."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from pathlib import Path

from theylive_ros.controller.lines.pwm_channel import PwmChannel

ATTRIBUTES = ("period", "duty_cycle", "enable")


class PwmTree:
    """pwmchip0 with its channels' files. `rose` is told each rising edge: channel, time (ns of clock_ns), in the order of time.

    The chip begins a period, with its high part, when a channel is enabled, and is low from the moment at which it is disabled. fast: the
    chip's clock runs fast by this part.
    """

    def __init__(
        self,
        root: Path,
        rose: Callable[[int, int], None],
        clock_ns: Callable[[], int] = time.monotonic_ns,
        channels: int = 6,
        fast: float = 0.0,
    ) -> None:
        self.chip = root / "pwmchip0"
        self.pulses: dict[int, int] = {}
        self._rose, self._clock_ns, self._fast = rose, clock_ns, fast
        self._state: dict[int, dict[str, int]] = {}
        self._next_ns: dict[int, float] = {}  # of the channels that run
        self.chip.mkdir(parents=True)
        (self.chip / "npwm").write_text(f"{channels}\n")

    def export(self, number: int) -> None:
        """As by writing to `export`."""
        folder = self.chip / f"pwm{number}"
        folder.mkdir()
        self._state[number] = dict.fromkeys(ATTRIBUTES, 0)
        self.pulses[number] = 0
        for name in ATTRIBUTES:
            (folder / name).write_text("0\n")
        (folder / "polarity").write_text("normal\n")

    def refuse(self, number: int, name: str, value: int) -> None:
        """OSError where the kernel's pwm_apply_state would: no period, or a pulse longer than it."""
        state = {**self._state[number], name: value}
        if state["duty_cycle"] > state["period"] or (state["enable"] and not state["period"]) or value < 0:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    def wrote(self, number: int, name: str, value: int) -> None:
        """A file was written: from now on the chip does so."""
        self.settle()
        before = self._state[number]["enable"]
        self._state[number][name] = value
        if name == "enable" and value != before:
            self._next_ns.pop(number, None)
            if value:
                self._next_ns[number] = float(self._clock_ns())
                self.settle()

    def settle(self) -> None:
        """Make the pulses up to now."""
        now_ns = self._clock_ns()
        while self._next_ns:
            number = min(self._next_ns, key=self._next_ns.__getitem__)
            at_ns = self._next_ns[number]
            if at_ns > now_ns:
                return
            self._next_ns[number] += self._state[number]["period"] * (1.0 - self._fast)
            self.pulses[number] += 1
            self._rose(number, int(at_ns))


class WatchedChannel(PwmChannel):
    """Writes the files of a tree as the real one does, and lets the tree see it."""

    def __init__(self, tree: PwmTree, chip: Path, number: int) -> None:
        super().__init__(chip, number)
        self._tree = tree

    def pwrite(self, name: str, value: int) -> None:
        """The tree refuses first, as the kernel would."""
        self._tree.refuse(self.number, name, value)
        super().pwrite(name, value)
        self._tree.wrote(self.number, name, value)
