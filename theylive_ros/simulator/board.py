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

"""The plywood board: vertical grain, pores, seams between the planks, uneven light."""

from __future__ import annotations

import dataclasses
import math

import cv2
import numpy as np

from theylive_ros.settings import setting
from theylive_ros.simulator.drawing import noise


@dataclasses.dataclass(frozen=True)
class BoardSettings:
    """How the board looks."""

    seed: int = setting(1, "which piece of wood", low=0)
    tint_bgr: list[float] = setting([116.0, 152.0, 151.0], "mean colour, blue green red", low=0, high=255)
    grain: float = setting(1.0, "strength of the grain", low=0, high=5)
    seams: int = setting(3, "number of seams between planks", low=0, high=12)
    falloff: float = setting(0.36, "share by which the light falls off across the board", low=0, high=1)
    light_deg: float = setting(-80.0, "side that the light comes from, 0: right, -90: above", unit="deg", low=-360, high=360)
    vignette: float = setting(0.07, "share by which the picture's corners are darker", low=0, high=1)


def draw_board(settings: BoardSettings, width: int, height: int) -> np.ndarray:
    """The bare board as the camera sees it without noise, uint8 (height, width, 3) BGR."""
    rng = np.random.default_rng([3, settings.seed])
    shape = (height, width)
    field = np.zeros(shape, np.float32)
    for cell, along, size in ((1.3, 45, 0.8), (3.0, 90, 1.2), (9.0, 150, 1.6), (30.0, 120, 2.6), (70.0, 80, 2.2)):
        field += size * noise(rng, shape, cell, along)
    field = _waver(rng, field)
    _pores(rng, field)
    planks = np.sort(rng.uniform(0.04, 0.96, settings.seams)) * width
    for x in planks:
        _seam(rng, field, float(x))
    field *= settings.grain / 128
    warm = noise(rng, shape, 60, 160) * 0.012 * settings.grain  # the wood's hue wanders with the grain
    light = 1 + field + _light(settings, shape)
    board = light[:, :, None] * np.asarray(settings.tint_bgr, np.float32)
    board[:, :, 0] *= 1 - warm + 0.25 * _light(settings, shape)
    board[:, :, 2] *= 1 + 0.6 * warm
    return np.clip(np.rint(board), 0, 255).astype(np.uint8)


def _light(settings: BoardSettings, shape: tuple[int, int]) -> np.ndarray:
    rows, cols = shape
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : cols * 1j].astype(np.float32)
    way = math.radians(settings.light_deg)
    slope = 0.5 * settings.falloff * (x * math.cos(way) + y * math.sin(way))
    return slope - settings.vignette * 0.5 * (x * x + y * y)


def _waver(rng: np.random.Generator, field: np.ndarray) -> np.ndarray:
    """Bend the straight grain sideways by a few pixels, slowly along the board."""
    rows, cols = field.shape
    aside = noise(rng, field.shape, cols / 3, rows / 2) * 2.5
    x = np.arange(cols, dtype=np.float32)[None, :] + aside
    y = np.repeat(np.arange(rows, dtype=np.float32)[:, None], cols, axis=1)
    return cv2.remap(field, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def _pores(rng: np.random.Generator, field: np.ndarray) -> None:
    """Short dark dashes along the grain, and a few dark specks."""
    rows, cols = field.shape
    layer = np.zeros_like(field)
    for _ in range(rows * cols // 500):
        x, y, length = rng.uniform(0, cols), rng.uniform(0, rows), rng.uniform(3, 22)
        ends = np.rint(np.array([[x, y], [x + rng.normal(0, 0.3), y + length]]) * 16).astype(int)
        cv2.line(layer, tuple(map(int, ends[0])), tuple(map(int, ends[1])), -float(rng.uniform(1, 6)), 1, cv2.LINE_AA, 4)
    for _ in range(int(rng.integers(0, 5))):
        cv2.circle(layer, (int(rng.uniform(0, cols)), int(rng.uniform(0, rows))), 1, -18.0, -1)
    field += cv2.GaussianBlur(layer, (0, 0), 0.5)


def _seam(rng: np.random.Generator, field: np.ndarray, x: float) -> None:
    """A joint: a dark groove, light on its one edge and a soft shadow at the other, not quite upright."""
    rows, cols = field.shape
    groove, width = rng.uniform(4, 20), rng.uniform(0.5, 1.6)
    line = x + rng.normal(0, 3) * np.linspace(-1, 1, rows)[:, None] + 0.5 * noise(rng, (rows, 1), 1, 25)
    away = np.arange(cols, dtype=np.float32)[None, :] - line
    side = rng.choice([-1.0, 1.0])
    deep = groove * (0.6 + 0.4 * np.linspace(rng.uniform(-1, 1), rng.uniform(-1, 1), rows, dtype=np.float32)[:, None])
    shadow = rng.uniform(0, 5) * np.exp(-np.abs(away) / 10) * (away * side < 0)
    rim = 0.35 * groove * np.exp(-0.5 * ((away - 2.2 * side) / width) ** 2)
    field += (rim - shadow - deep * np.exp(-0.5 * (away / width) ** 2)).astype(np.float32)
