"""The laser's spot as the camera shows it and the closed loop's finder finds it; for rigs in lock-step."""

from __future__ import annotations

from theylive_ros.calibrator.seen import find
from theylive_ros.simulator.world import World
from theylive_ros.types import SpotSeen


class CameraSpot:
    """Called as a `SpotEye` of `theylive_ros.lockstep`."""

    def __call__(self, world: World, spot: tuple[float, float], expected: tuple[float, float] | None) -> SpotSeen | None:
        """Where it is seen in the picture of now."""
        return find(world.frame(spot), world.time, expected)
