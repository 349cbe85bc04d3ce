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

"""A driver's lines, kept from raising: whatever they raise is told to one place, and the caller hears that it did not work."""

from __future__ import annotations

from collections.abc import Callable

from theylive_ros.controller.lines.interface import Inputs, Lines, RateLines


class Wires:
    """Does nothing while closed. is_open: they have been taken and have not failed since."""

    def __init__(self, lines: Lines, failed: Callable[[str, int], None]) -> None:
        """failed: told the driver's words and `now_us`."""
        self.lines = lines
        self.is_open = False
        self._failed = failed

    def open(self) -> None:
        """Take the lines anew. Raises whatever the driver raises."""
        self.lines.open()
        self.is_open = True

    def release(self) -> str:
        """Let the lines go, laser off; what went wrong with that, in words. Safe to call twice."""
        self.is_open = False
        try:
            self.lines.close()
        except Exception as error:
            return _words(error)
        return ""

    def step(self, axis: int, direction: int, now_us: int) -> bool:
        """One pulse. Whether it was made."""
        if not self.is_open:
            return False
        try:
            self.lines.step(axis, direction, now_us)
        except Exception as error:
            self._failed(_words(error), now_us)
            return False
        return True

    def rate(self, axis: int, rate: float, now_us: int) -> float | None:
        """Tell a pulse generator a rate (microsteps/s): what it was truly told, None where that failed."""
        if not self.is_open or not isinstance(self.lines, RateLines):
            return None
        try:
            return self.lines.rate(axis, rate, now_us)
        except Exception as error:
            self._failed(_words(error), now_us)
            return None

    def turn(self, axis: int, direction: int, now_us: int) -> bool:
        """Set DIR. Whether it is set."""
        return self._do(lambda: self.lines.turn(axis, direction, now_us), now_us)

    def light(self, on: bool, now_us: int) -> bool:
        """Switch the laser. Whether that was obeyed."""
        return self._do(lambda: self.lines.light(on, now_us), now_us)

    def retrigger(self, now_us: int) -> bool:
        """One more edge of a lit laser line. Whether it was made."""
        return self._do(lambda: self.lines.retrigger(now_us), now_us)

    def inputs(self, now_us: int) -> Inputs | None:
        """What the switches say; None where nobody can."""
        if not self.is_open:
            return None
        try:
            return self.lines.inputs()
        except Exception as error:
            self._failed(_words(error), now_us)
            return None

    def _do(self, act: Callable[[], None], now_us: int) -> bool:
        if not self.is_open:
            return False
        try:
            act()
        except Exception as error:
            self._failed(_words(error), now_us)
            return False
        return True


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
