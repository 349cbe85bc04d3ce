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

"""The simulated camera's pictures that the benches look at."""

from __future__ import annotations

import numpy as np

from theylive_ros.simulator.scenario import load_scenario
from theylive_ros.simulator.world import World

PICTURES = 24


def pictures() -> list[np.ndarray]:
    """PICTURES pictures of 320x240 with several heads, the same at every call."""
    world = World(load_scenario("crowd"), 1)
    made = []
    for _ in range(PICTURES):
        world.advance(0.5)
        made.append(world.frame())
    return made
