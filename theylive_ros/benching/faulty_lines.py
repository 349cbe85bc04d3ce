"""Simulated wires that fail as they are told: limit switches pressed by hand, pulses that the motors do not follow."""

from __future__ import annotations

from theylive_ros.controller.lines.interface import Inputs
from theylive_ros.controller.lines.sim import SimConfig, SimLines


class FaultyLines(SimLines):
    """Besides `stop_pressed` and `broken`: `pressed`, limit switches pressed by hand (x, y); `to_lose`, the number of pulses that each axis
    is still not going to follow, positive ones or negative ones."""

    def __init__(self, config: SimConfig | None = None) -> None:
        super().__init__(config or SimConfig())
        self.pressed = [False, False]
        self.to_lose = [0, 0]

    def step(self, axis: int, direction: int, now_us: int) -> None:
        """The motor follows, misses it, or loses it as told."""
        if self.to_lose[axis] * direction > 0 and not self.broken:
            self.to_lose[axis] -= direction
        else:
            super().step(axis, direction, now_us)

    def inputs(self) -> Inputs:
        """Pressed by the mirrors or by hand."""
        x, y, stop = super().inputs()
        return Inputs(x or self.pressed[0], y or self.pressed[1], stop)
