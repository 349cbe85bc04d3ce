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

"""Moves from place to place, ours beside the prototype's: how long one takes, and what is left over after a thousand.

Ours run in lock-step in commissioning mode, through planner, protocol, executor and simulated motors.
"""

from __future__ import annotations

import dataclasses
import math
import random

from theylive_ros import plugins
from theylive_ros.benching.figures import BenchError, Figure
from theylive_ros.benching.prototype import Prototype, time_to_within
from theylive_ros.benching.truth_eye import TruthEye
from theylive_ros.controller.lines.sim import SimConfig, SimLines
from theylive_ros.lockstep import TICK, LockStep
from theylive_ros.mirrors.plane import Point
from theylive_ros.simulator.beam import Beam
from theylive_ros.simulator.scenario import Scenario

WAY = 200  # px on each axis
NEAR = 5.0  # mm
TIME = 0.10  # s
_PATIENCE = 1.0  # s of the rig's time for one move


@dataclasses.dataclass(frozen=True)
class Moved:
    """times, peer_times: s for WAY on both axes until within NEAR. steps_off: microsteps by which counted, true and asked-for place differ
    at the end. error, peer_error: distance of the spot from where it is believed at the end (px)."""

    times: tuple[float, ...]
    peer_time: float
    moves: int
    steps_off: int
    error: float
    peer_error: float

    def figures(self) -> list[Figure]:
        """Ours against the goals, the peer's to compare."""
        return [
            Figure(f"move of {WAY} px on both axes, to within {NEAR:g} mm: slowest", max(self.times), "s", at_most=TIME),
            Figure(f"move of {WAY} px on both axes: the prototype", self.peer_time, "s"),
            Figure(f"after {self.moves} random moves: counted, true and asked-for place differ by", self.steps_off, "steps", at_most=0),
            Figure(f"after {self.moves} random moves: spot off, of the step nearest to the aim", self.error, "px", at_most=2.0),
            Figure(f"after {self.moves} random moves: the prototype's spot off", self.peer_error, "px"),
        ]


def measure(moves: int, seed: int = 6) -> Moved:
    """WAY in all four directions, then so many random moves within the picture. Raises BenchError."""
    chance = random.Random(seed)
    rig = _Rig()
    times = []
    for x, y in ((-1, -1), (1, -1), (-1, 1), (1, 1)):
        a = 160 + x * WAY / 2, 120 + y * WAY / 2
        b = 160 - x * WAY / 2, 120 - y * WAY / 2
        rig.go(a)
        times.append(rig.go(b))
    peer = Prototype(160, 120)
    place = (160, 120)
    for _ in range(moves):
        place = chance.randrange(5, 315), chance.randrange(5, 235)
        rig.go(place)
        peer.move(*place)
    return Moved(
        times=tuple(times),
        peer_time=time_to_within(WAY, NEAR / rig.mm),
        moves=moves,
        steps_off=rig.steps_off(place),
        error=math.dist(rig.spot, place),
        peer_error=peer.error,
    )


class _TracedLines(SimLines):
    """Keeps where the mirrors truly stood, and from when on (us)."""

    def __init__(self) -> None:
        super().__init__(SimConfig())
        self.path: list[tuple[int, tuple[int, int]]] = []

    def step(self, axis: int, direction: int, now_us: int) -> None:
        super().step(axis, direction, now_us)
        self.path.append((now_us, self.position))


class _Rig:
    def __init__(self) -> None:
        self._lines = _TracedLines()
        self._rig = rig = LockStep(Scenario(), TruthEye(), plugins.create(plugins.SELECTORS, "nearest"), lines=self._lines)
        self.mm = rig.world.camera.settings.mm_per_px
        self._beam = Beam(rig.geometry, rig.world.camera)
        rig.pointer.disarm(rig.now)

    @property
    def spot(self) -> Point:
        """Where the beam truly meets the board (px)."""
        return self._beam.place(*self._lines.position)

    def go(self, place: Point) -> float:
        """Send the spot there (px) and wait until it rests; returns how long after the order it came within NEAR for good (s)."""
        rig = self._rig
        x, y = self._steps(place)
        begin, self._lines.path = rig.now, []
        rig.pointer.commission(rig.now)
        while rig.now < begin + _PATIENCE:
            rig.pointer.order(rig.geometry.angles((x, y)), False, rig.now)
            rig.run(TICK)
            if self._lines.position == (x, y) and not rig.link.status().moving:
                near = [math.dist(self._beam.place(*at), place) * self.mm <= NEAR for _, at in self._lines.path]
                first = len(near) - near[::-1].index(False) if False in near else 0
                return self._lines.path[first][0] * 1e-6 - begin if self._lines.path else 0.0
        raise BenchError(f"a move did not come to rest within {_PATIENCE:g} s: {', '.join(rig.state.reasons)}")

    def steps_off(self, place: Point) -> int:
        """Microsteps between where the axes were sent, are counted, and truly stand."""
        x, y = self._steps(place)
        counted, true = self._rig.link.status().position, self._lines.position
        return sum(abs(a - b) for pair in ((counted, true), (true, (x, y))) for a, b in zip(*pair, strict=True))

    def _steps(self, place: Point) -> tuple[int, int]:
        x, y = self._rig.calibration.pixel_to_steps(*place)
        return round(x), round(y)
