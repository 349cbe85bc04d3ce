"""Simulated wires: two stepper motors that miss steps beyond their pull-out curve, limit and stop switches, a laser."""

from __future__ import annotations

from theylive_ros.controller.lines.interface import Inputs, Lines, LinesError
from theylive_ros.controller.lines.rig import LOG_SIZE, Change, Rig, SimConfig

__all__ = ["LOG_SIZE", "Change", "SimConfig", "SimLines"]


class SimLines(Rig, Lines):
    """Lines plugin `sim`. `stop_pressed` and `broken` (raise LinesError from now on) are set by tests and the simulator."""

    Config = SimConfig
    simulated = True

    def __init__(self, config: SimConfig) -> None:
        super().__init__(config)
        self.stop_pressed = False
        self.broken = ""

    @property
    def has_laser(self) -> bool:
        """As configured."""
        return self.config.has_laser

    @property
    def has_limits(self) -> bool:
        """As configured."""
        return self.config.has_limits

    def open(self) -> None:
        """LinesError when broken."""
        self._check()

    def step(self, axis: int, direction: int, now_us: int) -> None:
        """The motor follows, or misses it."""
        self._check()
        self.pulse(axis, direction, now_us)

    def light(self, on: bool, now_us: int) -> None:
        """As a wire."""
        self._check()
        self.shine(on, now_us)

    def inputs(self) -> Inputs:
        """Limit switches by the motors' true positions."""
        self._check()
        return self.switches(self.stop_pressed)

    def close(self) -> None:
        """Off, even when broken: a real line has a pull-down."""
        self.shine(False, self.now_us)

    def _check(self) -> None:
        if self.broken:
            raise LinesError(self.broken)
