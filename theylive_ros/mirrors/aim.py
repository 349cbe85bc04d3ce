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

"""Where a target will be: its track carried on by its velocity, as far as that velocity is known."""

from __future__ import annotations

import dataclasses
import math

from theylive_ros.mirrors.calibration import Calibration
from theylive_ros.mirrors.optics import OpticsError
from theylive_ros.mirrors.plane import Point
from theylive_ros.settings import setting
from theylive_ros.types import Track

# A time (s) over which a head's way is straight.
_MOMENT = 0.01


@dataclasses.dataclass(frozen=True)
class AimSettings:
    """How a target's motion is carried on to the moment when the mirrors arrive, and when they follow it."""

    min_speed: float = setting(5.0, "a target slower than this is taken to stand still", unit="px/s", low=0.0, high=1e4)
    horizon: float = setting(0.3, "longest time over which a motion is carried on", unit="s", low=0.0, high=1.0)
    hysteresis: float = setting(
        0.52, "distance from its step at which an axis follows the aim; above 0.5, or it dithers between two steps",
        unit="microsteps", low=0.5, high=2.0,
    )  # fmt: skip
    start_lead: float = setting(0.004, "how far ahead of its start a move is sent", unit="s", low=0.0, high=0.2)


def predict(track: Track, stamp: float, at: float, settings: AimSettings) -> Point:
    """Centre (px) of a track of the frame captured at `stamp` at another time (s).

    The velocity counts by 1 - (sigma / speed)^2, the best share of a value with that much noise on it (James and Stein's estimator), so
    that it is ignored where it is less than its own standard deviation and the aim never jumps because it comes to count.
    """
    dt = _share(track, settings) * min(max(at - stamp, 0.0), settings.horizon)
    return track.x + track.vx * dt, track.y + track.vy * dt


def lag_on_board(track: Track, spot: Point, aim: Point, calibration: Calibration, settings: AimSettings) -> float:
    """How far (m) the spot trails the aim along the way that the track goes, negative ahead of it; NaN for one that is taken to rest."""
    if not _share(track, settings) > 0:
        return math.nan
    try:
        sx, sy = calibration.pixel_to_board(*spot)
        ax, ay = calibration.pixel_to_board(*aim)
        bx, by = calibration.pixel_to_board(aim[0] + track.vx * _MOMENT, aim[1] + track.vy * _MOMENT)
    except OpticsError:
        return math.nan
    way = math.hypot(bx - ax, by - ay)
    return ((ax - sx) * (bx - ax) + (ay - sy) * (by - ay)) / way if way > 0 else math.nan


def _share(track: Track, settings: AimSettings) -> float:
    speed = math.hypot(track.vx, track.vy)
    if not speed > settings.min_speed:
        return 0.0
    variance = max(track.covariance[10], track.covariance[15])
    return max(0.0, 1.0 - variance / speed / speed)  # not by a square, which may be nought where the speed is not
