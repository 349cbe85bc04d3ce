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

"""A simulated rig seen from outside: where its mirrors truly stand, what its switches say, when its laser shone."""

from __future__ import annotations

import dataclasses
import math
import random
from collections import deque
from typing import NamedTuple

from theylive_ros.controller.lines.interface import Inputs
from theylive_ros.controller.lines.motor import Motor
from theylive_ros.controller.setting import setting

LOG_SIZE = 65536


@dataclasses.dataclass
class SimConfig:
    """A 0.9 degree motor per axis with a light mirror on it. Steps are whole steps, microsteps a part of them."""

    steps_per_turn: int = setting(400, "full steps per turn", "steps", 4, 10000)
    microsteps: int = setting(8, "microsteps per full step", "", 1, 256)
    start_stop_rate: float = setting(400.0, "fastest rate at which the motor starts and stops without a ramp", "steps/s", 1.0, 1e5)
    acceleration: float = setting(40000.0, "acceleration that the motor manages at standstill", "steps/s^2", 1.0, 1e8)
    no_load_speed: float = setting(3000.0, "speed at which no torque is left", "steps/s", 1.0, 1e6)
    missed_probability: float = setting(0.0, "chance that a step is missed for no reason", "", 0.0, 1.0)
    seed: int = setting(0, "of the random misses", "", 0, 2**31 - 1)
    initial_offset_x: int = setting(0, "where mirror 1 really stands at the start", "microsteps", -1e6, 1e6)
    initial_offset_y: int = setting(0, "where mirror 2 really stands at the start", "microsteps", -1e6, 1e6)
    has_laser: bool = setting(True, "whether a laser is wired")
    has_limits: bool = setting(True, "whether limit switches are wired")
    limit_x: int = setting(
        -160, "true position at which switch X closes, and beyond; its sign tells on which side", "microsteps", -1e6, 1e6
    )
    limit_y: int = setting(
        -160, "true position at which switch Y closes, and beyond; its sign tells on which side", "microsteps", -1e6, 1e6
    )


class Change(NamedTuple):
    """From `time_us` on the mirrors truly stood at x, y (microsteps) and the laser was lit or not."""

    time_us: int
    x: int
    y: int
    lit: bool


class Rig:
    """Two motors with their switches, and a laser. May be read (angles, lit, drain) by one other thread while one drives it."""

    def __init__(self, config: SimConfig) -> None:
        self.config = config
        self.lit = False
        self._motors = [Motor(config, random.Random(config.seed + axis)) for axis in (0, 1)]
        self._true = [config.initial_offset_x, config.initial_offset_y]
        self._lit_until_us = -(1 << 62)  # when it was last switched off
        self._state = Change(-(1 << 62), *self._true, False)
        self._log: deque[Change] = deque(maxlen=LOG_SIZE)
        self._drained = self._state

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

    @property
    def now_us(self) -> int:
        """When anything last changed."""
        return self._state.time_us

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

    def pulse(self, axis: int, direction: int, now_us: int) -> None:
        """The motor follows, or misses it."""
        if self._motors[axis].follows(direction, now_us):
            self._true[axis] += direction
            self._change(now_us)

    def shine(self, on: bool, now_us: int) -> None:
        """Switch the laser."""
        if on != self.lit:
            self.lit = on
            if not on:
                self._lit_until_us = now_us
            self._change(now_us)

    def switches(self, stop: bool) -> Inputs:
        """Limit switches by the motors' true positions, and the stop switch as told."""
        config = self.config
        pressed = config.has_limits
        return Inputs(pressed and _beyond(self._true[0], config.limit_x), pressed and _beyond(self._true[1], config.limit_y), stop)

    def _change(self, now_us: int) -> None:
        self._state = Change(now_us, self._true[0], self._true[1], self.lit)
        self._log.append(self._state)


def _beyond(position: int, limit: int) -> bool:
    return position >= limit if limit > 0 else position <= limit
