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

"""Millions of pulses in virtual time under a caller that is late at random: what the executor counts against what its wires saw. Pure."""

from __future__ import annotations

import math
import random
from typing import Any

from theylive_ros.controller import messages as m
from theylive_ros.controller.config import ExecutorSettings
from theylive_ros.controller.executor import Executor
from theylive_ros.controller.lines.interface import Inputs, Lines
from theylive_ros.controller.link import to_wire

SETTINGS = ExecutorSettings(low_x=-4000, high_x=4000, low_y=-4000, high_y=4000)
_RELEASED = Inputs(False, False, False)
_LATE = 1 << 12  # how many latenesses are drawn beforehand, used over and over
_BROKEN = 0.2  # share of moves that are broken off
_GIVE_UP = 100  # moves refused


def soak(pulses: int, seed: int) -> dict[str, Any]:
    """Move both axes to and fro, at random, until so many pulses have been made.

    Every stretch goes one way, so that its pulses must be exactly as many as the position's change: one more is a pulse doubled (there and
    back again), one fewer a pulse lost. Returns plain figures: `made` (seen by the wires), `counted`, `lost`, `doubled`, `astray`
    (the position's change, not seen by the wires; microsteps), `too_close` (pulses within the minimum interval), `closest_us`,
    `unready` (pulses within the set-up time of DIR, or against it), `refused` (moves), `moves`, `late_ms` (most that the schedule
    was shifted) and `virtual_s`.
    """
    chance = random.Random(seed)
    wires = _Wires(None)
    executor = Executor(wires, SETTINGS)
    executor.open(0)
    executor.handle(m.Reference(), 0)
    late = _latenesses(chance)
    now, calls, moves, refused, lost, doubled, lag_us = 0, 0, 0, 0, 0, 0, 0
    while wires.made < pulses and refused < _GIVE_UP:
        before, made = list(executor.player.position), list(wires.axis_made)
        if not isinstance(executor.handle(_leg(before, now + 1_000, chance), now), m.Report):
            refused += 1
            now += 1_000
            continue
        moves += 1
        brake = now + chance.randrange(2_000, 300_000) if chance.random() < _BROKEN else math.inf
        while executor.player.plan:
            due = executor.due_us
            now = (due if due > now else now) + late[calls % _LATE]
            calls += 1
            if now > brake:
                brake = math.inf
                executor.handle(m.Brake(), now)
            executor.advance(now)
            if executor.player.lag_us > lag_us:
                lag_us = executor.player.lag_us
        for axis in (0, 1):
            surplus = wires.axis_made[axis] - made[axis] - abs(executor.player.position[axis] - before[axis])
            doubled += max(0, surplus)
            lost += max(0, -surplus)
    return {
        "made": wires.made,
        "counted": sum(executor.player.pulses),
        "lost": lost,
        "doubled": doubled,
        "astray": abs(executor.player.position[0] - wires.net[0]) + abs(executor.player.position[1] - wires.net[1]),
        "too_close": wires.too_close,
        "closest_us": wires.closest_us,
        "unready": wires.unready,
        "refused": refused,
        "moves": moves,
        "late_ms": lag_us * 1e-3,
        "virtual_s": now * 1e-6,
    }


class _Wires(Lines):
    """Wires that see every pulse, and when it came."""

    Config = type(None)

    def __init__(self, config: None) -> None:
        super().__init__(config)
        self.made, self.too_close, self.unready = 0, 0, 0
        self.closest_us = 1 << 62
        self.axis_made, self.net = [0, 0], [0, 0]
        self._last_us = [-(1 << 62)] * 2
        self._turned = [(0, -(1 << 62))] * 2

    @property
    def has_laser(self) -> bool:
        """None."""
        return False

    @property
    def has_limits(self) -> bool:
        """None."""
        return False

    def open(self) -> None:
        """Nothing to take."""

    def turn(self, axis: int, direction: int, now_us: int) -> None:
        """Remembered."""
        self._turned[axis] = (direction, now_us)

    def step(self, axis: int, direction: int, now_us: int) -> None:
        """Counted and judged."""
        self.made += 1
        self.axis_made[axis] += 1
        self.net[axis] += direction
        gap_us = now_us - self._last_us[axis]
        self._last_us[axis] = now_us
        if gap_us < self.closest_us:
            self.closest_us = gap_us
        if gap_us < SETTINGS.min_interval_us:
            self.too_close += 1
        told, turned_us = self._turned[axis]
        if told != direction or now_us - turned_us < SETTINGS.dir_setup_us:
            self.unready += 1

    def light(self, on: bool, now_us: int) -> None:
        """No laser."""

    def inputs(self) -> Inputs:
        """Nothing is ever pressed."""
        return _RELEASED

    def close(self) -> None:
        """Nothing to let go."""


def _latenesses(chance: random.Random) -> list[int]:
    """us: mostly a little, now and then a pause in which dozens of pulses were due."""
    drawn = []
    for _ in range(_LATE):
        kind = chance.random()
        if kind < 0.9:
            drawn.append(chance.randrange(0, 80))
        elif kind < 0.999:
            drawn.append(chance.randrange(0, 1_500))
        else:
            drawn.append(chance.randrange(5_000, 50_000))
    return drawn


def _leg(at: list[int], start_us: int, chance: random.Random) -> m.Move:
    """An S-curve of both axes at once from rest to rest at a random place; its acceleration builds up at once or takes its time."""
    goal = [chance.randrange(-4000, 4001) for _ in at]
    ways = [there - here for there, here in zip(goal, at, strict=True)]
    speed = chance.uniform(200.0, 2000.0)
    up = speed / chance.uniform(5_000.0, 90_000.0)
    rounding = up * chance.choice((0.0, chance.random()))
    cruise = max(max(map(abs, ways)) / speed - up - rounding, 0.0)
    jerk = 1.0 / rounding if rounding else 0.0
    ramp = ((rounding, 0.0, jerk), (up - rounding, 1.0, 0.0), (rounding, 1.0, -jerk))
    stretches, p, v = [], 0.0, 0.0  # of a peak acceleration of 1
    for duration, a, j in (*ramp, (cruise, 0.0, 0.0), *((t, -a, -j) for t, a, j in ramp)):
        stretches.append((duration, p, v, a, j))
        p += v * duration + a * duration**2 / 2 + j * duration**3 / 6
        v += a * duration + j * duration**2 / 2
    x, y = (way / p for way in ways)
    segments = [(duration, at[0] + x * p, x * v, x * a, x * j, at[1] + y * p, y * v, y * a, y * j) for duration, p, v, a, j in stretches]
    return m.Move(False, start_us, to_wire(segments))
