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

"""The simulated stepper motor: which pulses it follows and which it misses."""

from __future__ import annotations

import math
import random
from collections import deque
from typing import Protocol


class MotorConfig(Protocol):
    """What a motor needs to know of itself: full steps/s, full steps/s^2, a probability."""

    microsteps: int
    start_stop_rate: float
    acceleration: float
    no_load_speed: float
    missed_probability: float


class Motor:
    """Whether a stepper motor follows a pulse.

    The usual linear torque-speed line: at speed w the motor manages the acceleration a(w) = a0 (1 - |w| / w0), nothing at the no-load
    speed w0 (cf. A. Hughes, Electric Motors and Drives, on pull-out torque; Atmel AVR446 on ramps). Up to the start-stop rate it follows
    at once. A pulse that asks for a speed above both the start-stop rate and w + a(w) dt is missed, and the motor has stalled: w = 0,
    so it stays stalled until the pulses slow down to the start-stop rate. The speed asked for is measured over one full step, because
    a rotor does not feel the jitter of a microstep.
    """

    def __init__(self, config: MotorConfig, chance: random.Random) -> None:
        """chance: decides on misses without a reason."""
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
