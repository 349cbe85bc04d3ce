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

"""A rig to calibrate in virtual time: true beam, true pictures, mirrors that take their time, a laser that obeys with a delay."""

from __future__ import annotations

import dataclasses
import math

from theylive_ros.calibrator.blink import Blink, BlinkSettings
from theylive_ros.calibrator.sweep import Sweep, SweepSettings
from theylive_ros.mirrors.optics import Geometry
from theylive_ros.simulator.beam import CROOKED, Beam, BeamSettings
from theylive_ros.simulator.scenario import Scenario
from theylive_ros.simulator.world import World

TICK = 0.005
LIMITS = ((-140, 140), (-140, 140))


@dataclasses.dataclass
class SweepRig:
    """Everything may be meddled with from `on_tick`. Positions are microsteps, times s."""

    scenario: Scenario = dataclasses.field(default_factory=Scenario)
    geometry: Geometry = dataclasses.field(default_factory=Geometry)
    beam: BeamSettings = CROOKED
    seed: int = 1
    rate: float = 30.0
    latency: float = 0.012  # of a frame
    lag: float = 0.010  # of an order, and of the laser
    speed: float = 1500.0  # microsteps/s
    blink_settings: BlinkSettings | None = None
    obstinate: bool = False  # the laser never shines

    def __post_init__(self) -> None:
        self.world = World(self.scenario, self.seed)
        self.beam_now = Beam(self.geometry, self.world.camera, self.beam)
        self.blink = Blink(self.geometry.microstep, self.blink_settings)
        self.now = 0.0
        self.at = [0.0, 0.0]
        self.off = (0.0, 0.0)  # steps that were lost: the mirrors stand so far from where they are counted
        self.lit = False
        self.light_s = 0.0
        self.lit_frames = 0
        self._orders: list[tuple[float, object]] = []
        self._frames: list[tuple[float, float, object]] = []
        self._count = 0

    def true_pixel(self, x: float, y: float) -> tuple[float, float]:
        return self.beam_now.place(x + self.off[0], y + self.off[1])

    def sweep(self, settings: SweepSettings | None = None, limits=LIMITS, on_tick=lambda rig, sweep: None):
        camera = self.world.camera.settings
        sweep = Sweep(self.geometry, camera.width, camera.height, limits, settings)
        course = sweep.looks()
        look = next(course)
        while True:
            self.blink.begin(look, self.now)
            while self.blink.sighting is None:
                self.tick()
                on_tick(self, sweep)
            try:
                look = course.send(self.blink.sighting)
            except StopIteration as end:
                return end.value

    def tick(self) -> None:
        self.now += TICK
        order = self.blink.order(self.now)
        self._orders.append((self.now + self.lag, order))
        while self._orders and self._orders[0][0] <= self.now:
            self._obey(self._orders.pop(0)[1])
        while self._count / self.rate <= self.now:
            stamp = self._count / self.rate
            self._count += 1
            self._expose(stamp)
        while self._frames and self._frames[0][0] <= self.now:
            _, stamp, image = self._frames.pop(0)
            self.blink.on_frame(image, stamp)

    def _obey(self, order) -> None:
        goal = [round(v) for v in self.geometry.steps(order.angles)]
        for axis in (0, 1):
            way = goal[axis] - self.at[axis]
            self.at[axis] += max(-self.speed * TICK, min(self.speed * TICK, way))
        moving = self.at != goal
        self.blink.on_mirrors(self.geometry.angles(tuple(self.at)), moving, self.now)
        lit = order.light and not moving and not self.obstinate
        self.lit = lit
        self.light_s += TICK * lit
        self.blink.on_laser(lit, self.now, () if lit else ("obstinate",))

    def _expose(self, stamp: float) -> None:
        self.world.at(stamp)
        x, y = self.true_pixel(*self.at)
        seen = self.lit and math.isfinite(x) and math.isfinite(y)
        self.lit_frames += seen
        self._frames.append((stamp + self.latency, stamp, self.world.frame((x, y) if seen else None)))
