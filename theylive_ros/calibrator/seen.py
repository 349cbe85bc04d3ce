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

"""Where the spot is in one frame, for the closed loop: at once, whatever it shines on, or not at all.

A laser's spot looks like nothing else on the board: a small core so bright that no channel tells it from white, in a halo of the laser's
colour. Both must be there, close together; a glint has no halo, a red tie no core, a white shirt no end. Where the scene is known from
dark frames and has not changed since, it is taken off, and the middle is some ten times as good.
"""

from __future__ import annotations

import dataclasses
import functools
import math

import cv2
import numpy as np

from theylive_ros.calibrator.background import Background
from theylive_ros.calibrator.middle import middle
from theylive_ros.settings import setting
from theylive_ros.types import SpotSeen

# Weights of blue, green and red: 0 for grey, 1 for the laser's own channel.
_COLOURS = {"red": (-0.5, -0.5, 1.0), "green": (-0.5, 1.0, -0.5)}
# Lengths in px of a picture 320 px wide; they grow with the picture.
_WIDTH = 320
_CORE = (0.8, 1.0)  # deviations of the blur before and after the core's level is taken off
_HALO, _AROUND = 3.5, 12.0  # deviation of the halo's blur, and how far what is around it reaches
_NEAR = 9.0  # how far from the core the spot counts
_RING = (10.0, 14.0)  # between these distances nothing of the spot is left
_MARGIN = 16  # seen beyond the window

_ROOM = 6.0  # within this distance the least room for more light is asked for, ...
_SCARCE = 5.0  # ... as the percentile of the pixels' rooms, ...
_FULL, _USED = 254.0, 0.95  # ... up to this grey level, and how much of it is used
_RIVAL = 0.2  # strength of a second place that makes both doubtful, share of the first one's
_LARGEST = 160.0  # px that are as bright as the core
_SAME = 6.0  # grey levels by which the surroundings may differ from what was learned
_LEAST_UPPER = 40.0  # sum of three channels by which a spot must rise above what was learned
_RISEN, _RISEN_RIVAL = 1.5, 0.5  # deviation of the blur of what rises; share of the strongest rise that makes a second one a rival
_THINNED = 4  # of so many rows and columns one tells the brightness
_FLOOR = 0.06  # px; standard deviation per axis where the scene is known ...
_PLAIN, _PER_LEVEL, _MOST = 0.12, 0.012, 0.7  # ... and where not: the rougher the surroundings (grey levels), the worse


@dataclasses.dataclass(frozen=True)
class SpotSettings:
    """How the spot looks in the picture."""

    colour: str = setting("red", "the laser's colour", choices=tuple(_COLOURS), read_only=True)
    window: float = setting(
        0.06, "how far the spot is looked for from where it should be, share of the picture's width", low=0.01, high=1.0
    )
    core: float = setting(216.0, "grey level that every channel reaches in the core", low=50.0, high=250.0)
    halo: float = setting(16.0, "by how many grey levels the halo has more of the laser's colour than what is around", low=1.0, high=200.0)


def find(
    image: np.ndarray,
    stamp: float,
    expected: tuple[float, float] | None = None,
    background: Background | None = None,
    settings: SpotSettings | None = None,
) -> SpotSeen:
    """The spot in a frame (uint8, (h, w, 3) BGR) taken while it was lit. expected: where it should be (px), None for anywhere."""
    s = settings or SpotSettings()
    height, width = image.shape[:2]
    zoom = width / _WIDTH
    x0, y0, x1, y1 = 0, 0, width, height
    if expected is not None:
        reach = s.window * width + _MARGIN * zoom
        x0, y0 = max(0, math.floor(_within(expected[0] - reach, width))), max(0, math.floor(_within(expected[1] - reach, height)))
        x1, y1 = min(width, math.ceil(_within(expected[0] + reach, width))), min(height, math.ceil(_within(expected[1] + reach, height)))
        if min(x1 - x0, y1 - y0) < 2 * _MARGIN * zoom:
            return _missing(stamp, "the spot should be outside the picture")
    part = image[y0:y1, x0:x1].astype(np.float32)
    known = None if background is None else background.part(image.shape, x0, y0, x1, y1)
    found = None
    if known is not None and (place := _risen(part, known, zoom, s)) is not None:
        found = _against(part, known, *place, zoom)
    if found is None:
        candidate = _candidate(part, zoom, s)
        if isinstance(candidate, str):
            return _missing(stamp, candidate)
        x, y, strength = candidate
        if known is not None:
            found = _against(part, known, x, y, zoom)
        if found is None:
            found = _alone(part, strength, x, y, zoom)
    if isinstance(found, str):
        return _missing(stamp, found)
    at_x, at_y, sigma = found
    at_x, at_y = at_x + x0, at_y + y0
    if expected is not None and not math.dist((at_x, at_y), expected) <= s.window * width:
        return _missing(stamp, "the spot is not where it should be")
    return SpotSeen(stamp, True, at_x, at_y, sigma)


def _candidate(part: np.ndarray, zoom: float, settings: SpotSettings) -> tuple[int, int, np.ndarray] | str:
    """The pixel that is most like a spot, and how much so every pixel is."""
    blue, green, red = cv2.split(part)
    white = _blur(cv2.min(cv2.min(blue, green), red), _CORE[0] * zoom)
    tint = cv2.transform(part, np.array([_COLOURS[settings.colour]], np.float32))
    side = 2 * round(_AROUND * zoom) + 1
    halo = _blur(tint, _HALO * zoom) - cv2.blur(cv2.blur(tint, (side, side)), (side, side))
    strength = _blur(np.maximum(white - (settings.core - 8), 0), _CORE[1] * zoom) * np.maximum(halo, 0)
    _, best, _, (x, y) = cv2.minMaxLoc(strength)
    r = max(1, round(2 * zoom))
    if not best > 0 or white[max(0, y - r) : y + r + 1, max(0, x - r) : x + r + 1].max() < settings.core:
        return "no spot is seen"
    if _ring_mean(tint, x, y, 3 * zoom, 6 * zoom) - _ring_mean(tint, x, y, _RING[0] * zoom, _RING[1] * zoom) < settings.halo:
        return "no spot is seen: what is bright there has no halo of the laser's colour"
    reach = round(_NEAR * zoom)
    others = strength.copy()
    others[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1] = 0
    if others.max() > _RIVAL * best:
        return "several spots are seen"
    if np.count_nonzero(white[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1] > settings.core) > _LARGEST * zoom**2:
        return "what is bright there is too large for a spot"
    return x, y, strength


def _risen(part: np.ndarray, known: np.ndarray, zoom: float, settings: SpotSettings) -> tuple[int, int] | None:
    """The pixel that rises most above the known scene, where that may be a spot by its colours; None where nothing does, or several."""
    thin = slice(None, None, _THINNED), slice(None, None, _THINNED)
    gain = np.median((part[thin] + 1) / (known[thin] + 1), axis=(0, 1))
    rise = part - cv2.transform(known, np.diag(gain))
    smooth = _blur(cv2.transform(rise, np.ones((1, 3), np.float32)), _RISEN * zoom)
    _, best, _, (x, y) = cv2.minMaxLoc(smooth)
    if best < _LEAST_UPPER:
        return None
    r = max(1, round(zoom))
    if part[max(0, y - r) : y + r + 1, max(0, x - r) : x + r + 1].min(axis=2).max() < settings.core:
        return None
    # where the scene leaves no room for the laser's colour to rise, the halo has none
    colour = np.array([_COLOURS[settings.colour]], np.float32)
    halo = _ring(smooth.shape, x, y, 3 * zoom, 6 * zoom)
    room = _FULL - part[halo][:, int(np.argmax(colour))].mean()
    if room > settings.halo and (rise[halo] @ colour[0]).mean() < settings.halo:
        return None
    reach = round(_NEAR * zoom)
    smooth[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1] = 0
    return (x, y) if smooth.max() <= _RISEN_RIVAL * best else None


def _against(part: np.ndarray, known: np.ndarray, x: int, y: int, zoom: float) -> tuple[float, float, float] | str | None:
    """The middle of what rises above the known scene around a pixel, and its deviation; None where the scene is another one."""
    left, top, near = _surroundings(part, x, y, zoom)
    _, _, then = _surroundings(known, x, y, zoom)
    x, y = x - left, y - top
    ring = _ring(near.shape[:2], x, y, _RING[0] * zoom, _RING[1] * zoom)
    if not ring.any():
        return "the edge of the picture cuts the spot"
    gain = np.median((near[ring] + 1) / (then[ring] + 1), axis=0)
    if float(np.abs(near[ring] - gain * then[ring]).mean()) > _SAME:
        return None
    scene = then * gain.astype(np.float32)
    # each channel counts up to where it can rise on all of what the spot shines on: beyond that some pixels tell less than others
    room = np.percentile(_FULL - scene[_ring(near.shape[:2], x, y, 0.0, _ROOM * zoom)], _SCARCE, axis=0)
    rise = np.minimum(near - scene, np.maximum(_USED * room, 0.0).astype(np.float32)).sum(axis=2)
    found = middle(rise, np.zeros(rise.shape, bool), x, y)
    if found is None or found.upper < _LEAST_UPPER:
        return None
    if found.cut:
        return "the edge of the picture cuts the spot"
    noise = 1.4826 * float(np.median(np.abs(rise[ring])))
    return found.x + left, found.y + top, math.hypot(noise * found.spread, _FLOOR * zoom)


def _alone(part: np.ndarray, strength: np.ndarray, x: int, y: int, zoom: float) -> tuple[float, float, float] | str:
    """The middle of what looks like a spot around a pixel, whatever it shines on, and its deviation."""
    left, top, near = _surroundings(part, x, y, zoom)
    _, _, weight = _surroundings(strength, x, y, zoom)
    x, y = x - left, y - top
    if min(x, y, near.shape[1] - 1 - x, near.shape[0] - 1 - y) < 5 * zoom:
        return "the edge of the picture cuts the spot"
    weight = np.where(_ring(weight.shape, x, y, 0.0, _NEAR * zoom), weight, 0)
    total = float(weight.sum())
    ys, xs = np.arange(weight.shape[0]) + top + 0.5, np.arange(weight.shape[1]) + left + 0.5
    rough = float(near[_ring(weight.shape, x, y, 7 * zoom, _RING[1] * zoom)].std(axis=0).mean())
    sigma = min(_PLAIN + _PER_LEVEL * rough, _MOST) * zoom
    return float(weight.sum(axis=0) @ xs) / total, float(weight.sum(axis=1) @ ys) / total, sigma


def _surroundings(values: np.ndarray, x: int, y: int, zoom: float) -> tuple[int, int, np.ndarray]:
    """The values around a pixel, as far as anything of a spot there matters, and their left and top."""
    margin = round(_RING[1] * zoom)
    left, top = max(0, x - margin), max(0, y - margin)
    return left, top, values[top : y + margin + 1, left : x + margin + 1]


def _ring(shape: tuple[int, ...], x: int, y: int, inner: float, outer: float) -> np.ndarray:
    """Pixels whose distance from x, y lies between these, bool."""
    reach = math.ceil(outer)
    whole = _whole_ring(inner, outer)
    mask = np.zeros(shape[:2], bool)
    top, left = max(0, y - reach), max(0, x - reach)
    bottom, right = min(shape[0], y + reach + 1), min(shape[1], x + reach + 1)
    mask[top:bottom, left:right] = whole[top - y + reach : bottom - y + reach, left - x + reach : right - x + reach]
    return mask


@functools.lru_cache(maxsize=32)
def _whole_ring(inner: float, outer: float) -> np.ndarray:
    reach = math.ceil(outer)
    away = np.arange(-reach, reach + 1)
    distance = np.hypot(away[:, None], away[None, :])
    return (distance >= inner) & (distance <= outer)


def _ring_mean(values: np.ndarray, x: int, y: int, inner: float, outer: float) -> float:
    mask = _ring(values.shape, x, y, inner, outer)
    return float(values[mask].mean()) if mask.any() else math.nan


def _blur(values: np.ndarray, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(values, (0, 0), sigma)


def _within(value: float, size: int) -> float:
    """NaN and what is far out become the nearest edge."""
    return min(max(value, -1.0), size + 1.0) if value == value else -1.0


def _missing(stamp: float, reason: str) -> SpotSeen:
    return SpotSeen(stamp, False, math.nan, math.nan, math.nan, reason)
