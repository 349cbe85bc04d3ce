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

"""The simulated motors, switches and laser on the wires of a GPIO chip: driven by edges, as the real ones are."""

from __future__ import annotations

from theylive_ros.controller.lines.board import NOT_WIRED, BoardConfig
from theylive_ros.controller.lines.interface import Inputs
from theylive_ros.controller.lines.rig import Rig, SimConfig
from theylive_ros.simulator.hardware.wires import Chip

# Allegro A4988 datasheet, timing: STEP high and low 1 us each, DIR 200 ns before and after its rising edge
PULSE_NS = 1000
DIR_NS = 200
MOST_COMPLAINTS = 100


class EdgeMotors(Rig):
    """A rig as the chip's wires drive it. `complaints`: where an edge broke a motor driver's timing, one line each.

    monostable_us: the laser hangs on a monostable that is lit for so long after each rise of its line; 0: it follows the level.
    """

    def __init__(self, chip: Chip, wiring: BoardConfig, config: SimConfig | None = None, monostable_us: int = 0) -> None:
        super().__init__(config or SimConfig())
        self.complaints: list[str] = []
        self._chip, self._wiring, self._monostable_us = chip, wiring, monostable_us
        self._edge_us = 0  # the laser line's latest rise
        self._stop = False
        self._rose_ns, self._fell_ns, self._turned_ns = [-PULSE_NS] * 2, [-PULSE_NS] * 2, [-DIR_NS] * 2
        self._dirs = (wiring.dir_x_line, wiring.dir_y_line)
        for axis, offset in enumerate(self._dirs):
            chip.listen(offset, lambda now_ns, high, axis=axis: self._turned(axis, now_ns))  # type: ignore[misc]
        for axis, name in enumerate(("step_x_line", "step_y_line")):
            offset = getattr(wiring, name, NOT_WIRED)
            if offset != NOT_WIRED:
                chip.listen(offset, lambda now_ns, high, axis=axis: self._stepped(axis, now_ns, high))  # type: ignore[misc]
        if wiring.laser_line != NOT_WIRED:
            chip.listen(wiring.laser_line, self._laser)
        chip.before_reading.append(self.settle)
        self._show()

    @property
    def stop_pressed(self) -> bool:
        """The stop switch."""
        return self._stop

    @stop_pressed.setter
    def stop_pressed(self, pressed: bool) -> None:
        self._stop = pressed
        self._show()

    def settle(self) -> None:
        """What happens by the passing of time alone: a monostable falls back."""
        end_us = self._edge_us + self._monostable_us
        if self._monostable_us and self.lit and self._chip.clock_ns() // 1000 >= end_us:
            self.shine(False, end_us)

    def rise(self, axis: int, now_ns: int) -> None:
        """A rising edge of STEP."""
        now_us = now_ns // 1000
        if now_ns - self._turned_ns[axis] < DIR_NS:
            self._complain(f"DIR {'XY'[axis]} changed {now_ns - self._turned_ns[axis]} ns before STEP at {now_us} us")
        if not self._enabled():
            self._complain(f"STEP {'XY'[axis]} at {now_us} us while the drivers are not enabled")
            return
        inverted = (self._wiring.dir_x_inverted, self._wiring.dir_y_inverted)[axis]
        self.pulse(axis, 1 if self._chip.high(self._dirs[axis]) != inverted else -1, now_us)
        self._show()

    def _stepped(self, axis: int, now_ns: int, high: bool) -> None:
        since_ns = now_ns - (self._fell_ns if high else self._rose_ns)[axis]
        if since_ns < PULSE_NS:
            self._complain(f"STEP {'XY'[axis]} was {'low' if high else 'high'} for {since_ns} ns at {now_ns // 1000} us")
        if high:
            self._rose_ns[axis] = now_ns
            self.rise(axis, now_ns)
        else:
            self._fell_ns[axis] = now_ns

    def _turned(self, axis: int, now_ns: int) -> None:
        since_ns = now_ns - self._rose_ns[axis]
        if since_ns < DIR_NS:
            self._complain(f"DIR {'XY'[axis]} changed {since_ns} ns after STEP at {now_ns // 1000} us")
        self._turned_ns[axis] = now_ns

    def _laser(self, now_ns: int, high: bool) -> None:
        now_us = now_ns // 1000
        active = high != self._wiring.laser_active_low
        self.settle()
        if not self._monostable_us:
            self.shine(active, now_us)
        elif active:
            self._edge_us = now_us
            self.shine(True, now_us)

    def _enabled(self) -> bool:
        offset = self._wiring.enable_line
        return offset == NOT_WIRED or self._chip.high(offset) != self._wiring.enable_active_low

    def _show(self) -> None:
        """Put the switches' wires to what the switches say."""
        wiring = self._wiring
        state: Inputs = self.switches(self._stop)
        low = (wiring.limits_active_low, wiring.limits_active_low, wiring.stop_active_low)
        offsets = (wiring.limit_x_line, wiring.limit_y_line, wiring.stop_line)
        for offset, pressed, active_low in zip(offsets, state, low, strict=True):
            if offset != NOT_WIRED:
                self._chip.press(offset, pressed != active_low)

    def _complain(self, text: str) -> None:
        if len(self.complaints) < MOST_COMPLAINTS:
            self.complaints.append(text)
