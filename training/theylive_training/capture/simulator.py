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

"""The simulated rig's camera, for capture without a rig."""

from __future__ import annotations

import dataclasses
import time

from theylive_ros.camera.interface import Camera, CameraError
from theylive_ros.camera.pace import Pace
from theylive_ros.settings import setting
from theylive_ros.simulator.scenario import load_scenario
from theylive_ros.simulator.world import World
from theylive_ros.types import Frame


class SimulatorCamera(Camera):
    """Looks at a simulated board, on which a scenario happens as fast as time passes."""

    @dataclasses.dataclass
    class Config:
        """Settings of the camera."""

        scenario: str = setting("default", "name of a scenario of theylive_ros (config/scenarios), or a .yaml file")
        seed: int = setting(-1, "seed of what happens by chance; -1: the scenario's own", low=-1)
        rate: float = setting(30.0, "frames per second", unit="Hz", low=0.1, high=120.0)

    def __init__(self, config: SimulatorCamera.Config) -> None:
        super().__init__(config)
        self._world: World | None = None
        self._pace = Pace(config.rate)
        self._begin = 0.0

    def open(self) -> None:
        """Set up the board. Raises ScenarioError."""
        self.close()
        c = self.config
        self._world = World(load_scenario(c.scenario), None if c.seed < 0 else c.seed)
        self._pace = Pace(c.rate)
        self._begin = time.monotonic()

    def read(self) -> Frame:
        """See the interface."""
        if self._world is None:
            raise CameraError("the simulator is closed: open it first")
        if not self._pace.wait():
            raise CameraError("the simulator was closed")
        now = time.monotonic()
        self._world.at(now - self._begin)
        return Frame(stamp=now, jpeg=self._world.jpeg())

    def close(self) -> None:
        """See the interface."""
        self._pace.end()
