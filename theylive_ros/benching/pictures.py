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
