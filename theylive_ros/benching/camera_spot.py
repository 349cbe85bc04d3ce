"""The laser's spot as the camera shows it and the closed loop's finder finds it; for rigs in lock-step."""

from __future__ import annotations

from theylive_ros.calibrator.background import Background
from theylive_ros.calibrator.seen import find
from theylive_ros.simulator.world import World
from theylive_ros.types import SpotSeen


class CameraSpot:
    """Called as a `SpotEye` of `theylive_ros.lockstep`."""

    def __init__(self) -> None:
        self._background = Background()

    def __call__(self, world: World, spot: tuple[float, float] | None, expected: tuple[float, float] | None) -> SpotSeen | None:
        """Where it is seen in the picture of now, from which it learns what the board looks like around it."""
        picture = world.frame(spot)
        if spot is None:
            self._background.learn(picture)
            return None
        seen = find(picture, world.time, expected, self._background)
        if seen.found:
            self._background.learn(picture, (seen.x, seen.y))
        return seen
