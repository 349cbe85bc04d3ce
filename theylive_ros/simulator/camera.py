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

"""The simulated camera: what the board, the heads and the spot look like to a cheap USB camera, in well under 3 ms a frame."""

from __future__ import annotations

import dataclasses
import functools
import math
import random
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from theylive_ros.settings import setting
from theylive_ros.simulator.heads import MM_PER_PX, paste
from theylive_ros.simulator.spot import COLOURS, add_spot


@dataclasses.dataclass(frozen=True)
class CameraSettings:
    """The simulated camera and its faults."""

    width: int = setting(320, "width of the picture", unit="px", low=32, high=1920, read_only=True)
    height: int = setting(240, "height of the picture", unit="px", low=32, high=1080, read_only=True)
    mm_per_px: float = setting(MM_PER_PX, "scale on the board", unit="mm/px", low=0.1, high=5, read_only=True)
    exposure_s: float = setting(0.008, "exposure, within which what moves is smeared", unit="s", low=0, high=0.1)
    read_noise: float = setting(1.2, "noise in the dark (standard deviation)", unit="grey levels", low=0, high=20)
    shot_noise: float = setting(0.018, "variance of the light's own noise per grey level", unit="grey levels", low=0, high=2)
    blur_px: float = setting(0.5, "defocus (standard deviation)", unit="px", low=0, high=5)
    brightness: float = setting(1.0, "exposure relative to a well lit board", low=0.1, high=4)
    exposure_drift: float = setting(0.05, "share by which the automatic exposure wanders", low=0, high=0.5)
    white_drift: float = setting(0.025, "share by which the white balance wanders", low=0, high=0.5)
    jpeg_quality: int = setting(80, "quality of the JPEG that the camera sends", low=5, high=100)
    spot_colour: str = setting("red", "the laser's colour", choices=COLOURS)


class HeadView(NamedTuple):
    """A head to draw. x, y: its box's centre (px); rotation: rad, clockwise; size: 1 for a box of 50 mm; vx, vy: px/s."""

    label: str
    look: int
    x: float
    y: float
    rotation: float
    size: float
    vx: float
    vy: float


class Upset(NamedTuple):
    """What disturbs the camera at the moment. gain: of the exposure; tint: of blue against red; blur: px."""

    gain: float = 1.0
    tint: float = 0.0
    blur: float = 0.0


CALM = Upset()


class SimCamera:
    """Takes pictures of a board. The same seed, board, heads, spot and time give the same bytes."""

    def __init__(self, settings: CameraSettings, board: np.ndarray, seed: int) -> None:
        """board: uint8 (height, width, 3) BGR as from `board.draw_board`."""
        self.settings = settings
        self._board = board
        self._seed = seed
        drift = random.Random(seed)
        self._phases = [drift.uniform(0, 2 * math.pi) for _ in range(6)]
        _tiles()  # made now, not within the first frame

    def to_px(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the board (m from its middle, x right, y down) is in the picture (px)."""
        k = 1000 / self.settings.mm_per_px
        return self.settings.width / 2 + x * k, self.settings.height / 2 + y * k

    def to_board(self, x: float, y: float) -> tuple[float, float]:
        """The point of the board (m from its middle) at a point of the picture (px)."""
        k = self.settings.mm_per_px / 1000
        return (x - self.settings.width / 2) * k, (y - self.settings.height / 2) * k

    def picture(
        self, t: float, heads: Sequence[HeadView], spot: tuple[float, float] | None = None, upset: Upset = CALM, lit_share: float = 1.0
    ) -> np.ndarray:
        """The sensor's picture at time t (s), before JPEG: uint8 (height, width, 3) BGR. spot: px; lit_share: of the exposure."""
        s = self.settings
        image = self._board.copy()
        zoom = MM_PER_PX / s.mm_per_px
        for h in heads:
            smear = (h.vx * s.exposure_s, h.vy * s.exposure_s)
            paste(image, h.label, h.look, h.x, h.y, rotation=h.rotation, scale=h.size * zoom, smear=smear)
        blur = math.hypot(s.blur_px, upset.blur)
        image = soften(image, blur)
        gain, blue, red = self._drift(t)
        gain *= upset.gain * s.brightness
        image = tone(image, (gain * (blue + upset.tint), gain, gain * (red - upset.tint)))
        if spot is not None:
            add_spot(image, *spot, colour=s.spot_colour, size=zoom * math.hypot(1, blur / 3), power=lit_share)
        return add_noise(image, random.Random(self._seed * 1_000_003 + round(t * 1e6)), s.read_noise, s.shot_noise)

    def compress(self, image: np.ndarray) -> bytes:
        """The picture as the JPEG that the camera would send."""
        return encode(image, self.settings.jpeg_quality)

    def _drift(self, t: float) -> tuple[float, float, float]:
        """Gain of the exposure, of blue and of red at time t: slow waves."""
        a, b, c, d, e, f = self._phases
        s = self.settings
        gain = 1 + s.exposure_drift * 0.5 * (math.sin(t / 1.9 + a) + math.sin(t / 4.7 + b))
        blue = 1 + s.white_drift * 0.5 * (math.sin(t / 3.1 + c) + math.sin(t / 7.3 + d))
        red = 1 + s.white_drift * 0.5 * (math.sin(t / 2.7 + e) + math.sin(t / 8.9 + f))
        return gain, blue, red


def soften(image: np.ndarray, sigma: float) -> np.ndarray:
    """Defocus by a Gaussian of `sigma` px; none below 0.2."""
    if sigma < 0.2:
        return image
    side = 3 if sigma <= 0.7 else 2 * math.ceil(2 * sigma) + 1
    return cv2.GaussianBlur(image, (side, side), sigma)


def tone(image: np.ndarray, gains: tuple[float, float, float]) -> np.ndarray:
    """Multiply blue, green and red by their gains."""
    return cv2.transform(image, np.diag(gains))  # five times as fast as a table


def add_noise(image: np.ndarray, rng: random.Random, read: float, shot: float) -> np.ndarray:
    """Add sensor noise of variance read^2 + shot * level (grey levels), cut from ready-made tiles at a place that `rng` chooses."""
    above, below = _tiles()
    rows, cols = image.shape[:2]
    if read <= 0 and shot <= 0:
        return image
    while above.shape[0] < rows + 64 or above.shape[1] < cols + 64:
        above, below = np.tile(above, (2, 2, 1)), np.tile(below, (2, 2, 1))
    y, x = rng.randrange(above.shape[0] - rows), rng.randrange(above.shape[1] - cols)
    # 8 bits: deviation in 1/8 grey level times a unit normal in 1/64
    deviation = np.minimum(255, np.rint(8 * np.sqrt(read**2 + shot * np.arange(256)))).astype(np.uint8)
    amount = cv2.LUT(image, deviation)
    if rng.random() < 0.5:
        above, below = below, above
    up = cv2.multiply(amount, above[y : y + rows, x : x + cols], scale=1 / 512)
    down = cv2.multiply(amount, below[y : y + rows, x : x + cols], scale=1 / 512)
    return cv2.subtract(cv2.add(image, up), down)


def encode(image: np.ndarray, quality: int) -> bytes:
    """A JPEG file of the BGR picture."""
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def decode(jpeg: bytes) -> np.ndarray:
    """The BGR picture in a JPEG file."""
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)


@functools.lru_cache(maxsize=1)
def _tiles() -> tuple[np.ndarray, np.ndarray]:
    """Positive and negative part of unit normal noise in 1/64, a little rough across neighbours as demosaiced pixels are."""
    rng = np.random.default_rng(4)
    raw = rng.standard_normal((420, 560, 3), dtype=np.float32)
    raw = 0.8 * raw + 0.6 * cv2.GaussianBlur(rng.standard_normal((420, 560, 3), dtype=np.float32), (0, 0), 1.0) / 0.28
    raw = np.clip(np.rint(64 * raw), -255, 255)
    return np.maximum(raw, 0).astype(np.uint8), np.maximum(-raw, 0).astype(np.uint8)
