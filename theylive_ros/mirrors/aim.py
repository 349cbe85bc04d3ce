"""Where a target will be: its track carried on by its velocity, as far as that velocity is known."""

from __future__ import annotations

import dataclasses
import math

from theylive_ros.mirrors.plane import Point
from theylive_ros.settings import setting
from theylive_ros.types import Track


@dataclasses.dataclass(frozen=True)
class AimSettings:
    """How a target's motion is carried on to the moment when the mirrors arrive, and when they follow it."""

    min_speed: float = setting(5.0, "a target slower than this is taken to stand still", unit="px/s", low=0.0, high=1e4)
    horizon: float = setting(0.3, "longest time over which a motion is carried on", unit="s", low=0.0, high=1.0)
    hysteresis: float = setting(
        0.75, "distance from its step at which an axis follows the aim; above 0.5, or it dithers between two steps",
        unit="microsteps", low=0.5, high=2.0,
    )  # fmt: skip
    start_lead: float = setting(0.004, "how far ahead of its start a move is sent", unit="s", low=0.0, high=0.2)


def predict(track: Track, stamp: float, at: float, settings: AimSettings) -> Point:
    """Centre (px) of a track of the frame captured at `stamp` at another time (s).

    The velocity counts by 1 - (sigma / speed)^2, the best share of a value with that much noise on it (James and Stein's estimator), so
    that it is ignored where it is less than its own standard deviation and the aim never jumps because it comes to count.
    """
    speed = math.hypot(track.vx, track.vy)
    if not speed > settings.min_speed:
        return track.x, track.y
    variance = max(track.covariance[10], track.covariance[15])
    share = max(0.0, 1.0 - variance / speed / speed)  # not by a square, which may be nought where the speed is not
    dt = share * min(max(at - stamp, 0.0), settings.horizon)
    return track.x + track.vx * dt, track.y + track.vy * dt
