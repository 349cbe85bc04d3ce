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

"""The common language of the stages: what passes from a frame to a spot of light.

Image coordinates are continuous pixels: (0, 0) is the top left corner of the top left pixel, whose centre is (0.5, 0.5); x runs
right, y down, the whole picture spans [0, width] x [0, height]. Angles are radians, lengths metres, times seconds.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np


@dataclasses.dataclass(frozen=True, eq=False)
class Frame:
    """One picture from a camera. Exactly one of `image` and `jpeg` is given.

    image: uint8, (height, width, 3) in BGR order or (height, width) grey; jpeg: a complete JPEG file as the camera sent it.
    stamp: the moment of capture in seconds on the monotonic clock (`time.monotonic()`).
    """

    stamp: float
    image: np.ndarray | None = None
    jpeg: bytes | None = None


@dataclasses.dataclass(frozen=True)
class Region:
    """An upright rectangle in image coordinates (px)."""

    x_min: float
    y_min: float
    x_max: float
    y_max: float


@dataclasses.dataclass(frozen=True)
class Detection:
    """One head in one frame: x, y its box's centre, width and height its size (px of the frame that came in), score in 0..1."""

    label: str
    score: float
    x: float
    y: float
    width: float
    height: float


@dataclasses.dataclass(frozen=True)
class Detections:
    """All that a detector says of one frame.

    width, height: size of the frame (px). seen: the region of the frame that the network looked at.
    labels: all that the model can name. exhaustive: every head in `seen` is reported; False for a model that reports one head per
    frame, which therefore cannot clear John.
    """

    items: tuple[Detection, ...]
    width: int
    height: int
    seen: Region
    labels: tuple[str, ...]
    exhaustive: bool
    inference_time: float


@dataclasses.dataclass(frozen=True)
class Track:
    """A head followed over frames.

    id: positive, never used twice. x, y: filtered box centre (px); vx, vy: velocity (px/s); covariance: of (x, y, vx, vy), row-major,
    16 values. width, height: filtered box size (px). confirmed: enough hits. last_seen: stamp (s) of the last frame with a detection of it.
    """

    id: int
    label: str
    score: float
    x: float
    y: float
    width: float
    height: float
    vx: float
    vy: float
    covariance: tuple[float, ...]
    confirmed: bool
    last_seen: float


@dataclasses.dataclass(frozen=True)
class Target:
    """What the selection stage says of one frame: the chosen track or None, and what the laser's gate must know.

    stamp: capture of the frame (s). protected: every track, confirmed or not, that must never be lit. others: all remaining tracks.
    seen: the region of the frame that was looked at (px). clears_protected: the detector can name every protected label and reports every
    head it sees, so that a place without a protected track is really free of them.
    """

    stamp: float
    width: int
    height: int
    track: Track | None
    protected: tuple[Track, ...]
    others: tuple[Track, ...]
    seen: Region
    clears_protected: bool


@dataclasses.dataclass(frozen=True)
class SpotSeen:
    """Where the laser's spot is seen in one frame that was taken while it was lit.

    stamp: capture of the frame (s). x, y: the middle of the spot (px); sigma: its standard deviation per axis (px). Where none was found
    they are NaN and `reason` says why.
    """

    stamp: float
    found: bool
    x: float
    y: float
    sigma: float
    reason: str = ""


class Segment(NamedTuple):
    """A stretch of the mirrors' motion with constant jerk: position(t) = p + v t + a t^2 / 2 + j t^3 / 6 for 0 <= t < duration.

    duration: s; px, py: microsteps at its start (axis x: mirror 1, axis y: mirror 2); v: microsteps/s; a: microsteps/s^2;
    j: microsteps/s^3.
    """

    duration: float
    px: float
    vx: float
    ax: float
    jx: float
    py: float
    vy: float
    ay: float
    jy: float
