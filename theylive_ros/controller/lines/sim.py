"""Simulated wires: two stepper motors that miss steps beyond their pull-out curve, limit and stop switches, a laser."""

from __future__ import annotations

import dataclasses
import math
import random
from collections import deque
from typing import Any, NamedTuple

from theylive_ros.controller.lines.interface import Inputs, Lines, LinesError

LOG_SIZE = 65536


def _setting(default: Any, description: str, unit: str = "", low: float | None = None, high: float | None = None) -> Any:
    metadata = {"description": description, "unit": unit, "low": low, "high": high, "choices": (), "read_only": True}
    return dataclasses.field(default=default, metadata=metadata)


@dataclasses.dataclass
class SimConfig:
    """A 0.9 degree motor per axis with a light mirror on it. Steps are whole steps, microsteps a part of them."""

    steps_per_turn: int = _setting(400, "full steps per turn", "steps", 4, 10000)
    microsteps: int = _setting(8, "microsteps per full step", "", 1, 256)
    start_stop_rate: float = _setting(400.0, "fastest rate at which the motor starts and stops without a ramp", "steps/s", 1.0, 1e5)
    acceleration: float = _setting(40000.0, "acceleration that the motor manages at standstill", "steps/s^2", 1.0, 1e8)
    no_load_speed: float = _setting(3000.0, "speed at which no torque is left", "steps/s", 1.0, 1e6)
    missed_probability: float = _setting(0.0, "chance that a step is missed for no reason", "", 0.0, 1.0)
    seed: int = _setting(0, "of the random misses", "", 0, 2**31 - 1)
    initial_offset_x: int = _setting(0, "where mirror 1 really stands at the start", "microsteps", -1e6, 1e6)
    initial_offset_y: int = _setting(0, "where mirror 2 really stands at the start", "microsteps", -1e6, 1e6)
    has_laser: bool = _setting(True, "whether a laser is wired")
    has_limits: bool = _setting(True, "whether limit switches are wired")
    limit_x: int = _setting(
        -160, "true position at which switch X closes, and beyond; its sign tells on which side", "microsteps", -1e6, 1e6
    )
    limit_y: int = _setting(
        -160, "true position at which switch Y closes, and beyond; its sign tells on which side", "microsteps", -1e6, 1e6
    )


class Change(NamedTuple):
    """From `time_us` on the mirrors truly stood at x, y (microsteps) and the laser was lit or not."""

    time_us: int
    x: int
    y: int
    lit: bool


class SimLines(Lines):
    """Lines plugin `sim`. `stop_pressed` and `broken` (raise LinesError from now on) are set by tests and the simulator.

    May be read (angles, lit, drain) by one other thread while an executor drives it.
    """

    Config = SimConfig

    def __init__(self, config: SimConfig) -> None:
        super().__init__(config)
        self.stop_pressed = False
        self.broken = ""
        self.lit = False
        motors = [_Motor(config, random.Random(config.seed + axis)) for axis in (0, 1)]
        self._motors = motors
        self._true = [config.initial_offset_x, config.initial_offset_y]
        self._lit_until_us = -(1 << 62)  # when it was last switched off
        self._state = Change(-(1 << 62), *self._true, False)
        self._log: deque[Change] = deque(maxlen=LOG_SIZE)
        self._drained = self._state

    @property
    def has_laser(self) -> bool:
        """As configured."""
        return self.config.has_laser

    @property
    def has_limits(self) -> bool:
        """As configured."""
        return self.config.has_limits

    @property
    def position(self) -> tuple[int, int]:
        """Where the motors truly stand, microsteps from true zero."""
        return self._state.x, self._state.y

    @property
    def angles(self) -> tuple[float, float]:
        """Where the mirrors truly stand, radians from true zero."""
        unit = 2.0 * math.pi / (self.config.steps_per_turn * self.config.microsteps)
        return self._state.x * unit, self._state.y * unit

    @property
    def missed(self) -> tuple[int, int]:
        """Pulses that moved nothing, per axis."""
        return self._motors[0].missed, self._motors[1].missed

    def lit_since(self, time_us: int) -> bool:
        """Whether the laser has been lit at any moment from `time_us` to now."""
        return self.lit or self._lit_until_us > time_us

    def drain(self) -> list[Change]:
        """All changes since the last call, oldest first, led by the state that held before them: the spot stood at each entry's place
        from its time to the next one's. The oldest of more than LOG_SIZE changes are forgotten."""
        changes = [self._drained]
        for _ in range(len(self._log)):
            changes.append(self._log.popleft())
        self._drained = changes[-1]
        return changes

    def open(self) -> None:
        """LinesError when broken."""
        self._check()

    def step(self, axis: int, direction: int, now_us: int) -> None:
        """The motor follows, or misses it."""
        self._check()
        if self._motors[axis].follows(direction, now_us):
            self._true[axis] += direction
            self._change(now_us)

    def light(self, on: bool, now_us: int) -> None:
        """As a wire."""
        self._check()
        self._switch(on, now_us)

    def inputs(self) -> Inputs:
        """Limit switches by the motors' true positions."""
        self._check()
        config = self.config
        pressed = config.has_limits
        return Inputs(
            pressed and _beyond(self._true[0], config.limit_x), pressed and _beyond(self._true[1], config.limit_y), self.stop_pressed
        )

    def close(self) -> None:
        """Off, even when broken: a real line has a pull-down."""
        self._switch(False, self._state.time_us)

    def _switch(self, on: bool, now_us: int) -> None:
        if on != self.lit:
            self.lit = on
            if not on:
                self._lit_until_us = now_us
            self._change(now_us)

    def _change(self, now_us: int) -> None:
        self._state = Change(now_us, self._true[0], self._true[1], self.lit)
        self._log.append(self._state)

    def _check(self) -> None:
        if self.broken:
            raise LinesError(self.broken)


class _Motor:
    """Whether a stepper motor follows a pulse.

    The usual linear torque-speed line: at speed w the motor manages the acceleration a(w) = a0 (1 - |w| / w0), nothing at the no-load
    speed w0 (cf. A. Hughes, Electric Motors and Drives, on pull-out torque; Atmel AVR446 on ramps). Up to the start-stop rate it follows
    at once. A pulse that asks for a speed above both the start-stop rate and w + a(w) dt is missed, and the motor has stalled: w = 0,
    so it stays stalled until the pulses slow down to the start-stop rate. The speed asked for is measured over one full step, because
    a rotor does not feel the jitter of a microstep.
    """

    def __init__(self, config: SimConfig, chance: random.Random) -> None:
        self.missed = 0
        self._config = config
        self._chance = chance
        self._speed = 0.0  # steps/s that the rotor is known to run at
        self._direction = 0
        self._pulses: deque[int] = deque(maxlen=config.microsteps + 1)  # times of one full step's pulses

    def follows(self, direction: int, now_us: int) -> bool:
        """Judge one pulse."""
        config = self._config
        if direction != self._direction:
            # what it still runs at in the old direction is more than the start-stop rate: it overruns
            turned = self._speed <= config.start_stop_rate
            self._direction, self._speed = direction, 0.0
            self._pulses.clear()
            if not turned:
                self._pulses.append(now_us)
                self.missed += 1
                return False
        dt = (now_us - self._pulses[-1]) * 1e-6 if self._pulses else math.inf
        if dt * config.start_stop_rate > 1.0:  # a full step's time without a pulse: it stands
            self._pulses.clear()
            self._speed = 0.0
        self._pulses.append(now_us)
        span = (now_us - self._pulses[0]) * 1e-6
        asked = (len(self._pulses) - 1) / config.microsteps / span if span > 0.0 else 0.0
        able = self._speed + config.acceleration * (1.0 - self._speed / config.no_load_speed) * min(dt, 1.0)
        stalls = asked > max(config.start_stop_rate, able) or asked > config.no_load_speed
        self._speed = 0.0 if stalls else asked
        if stalls or (config.missed_probability > 0.0 and self._chance.random() < config.missed_probability):
            self.missed += 1
            return False
        return True


def _beyond(position: int, limit: int) -> bool:
    return position >= limit if limit > 0 else position <= limit
