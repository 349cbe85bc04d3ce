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

"""Pictures for training, varied widely: board, light, heads, clutter, spot, blur, noise and JPEG of every kind."""

from __future__ import annotations

import functools
import math
import random

import cv2
import numpy as np

from theylive_ros.simulator.board import BoardSettings, draw_board
from theylive_ros.simulator.camera import add_noise, decode, encode, soften
from theylive_ros.simulator.drawing import noise
from theylive_ros.simulator.heads import BOX_PX, LABELS, LOOKS, paste
from theylive_ros.simulator.spot import COLOURS, add_spot

Label = tuple[str, float, float, float, float]
_BOARDS = 40
_LEAST_INSIDE = 0.35  # share of a head's box that is in the picture


def sample_picture(
    rng: np.random.Generator,
    width: int = 320,
    height: int = 240,
    scale_range: tuple[float, float] = (0.9, 1.1),
    most_heads: int = 6,
    looks: int = 160,
) -> tuple[np.ndarray, list[Label]]:
    """One random picture, BGR uint8 (height, width, 3), and its heads as (label, x, y, width, height) in px, x, y being the box's centre.

    Boxes are square, 64 px at scale 1, and may leave the picture; a third of each or more is inside and no head hides another's middle.
    About one picture in eight is empty. scale_range: px of this picture per px of the default one (0.785 mm). looks: how many
    different aliens and Johns there are, none of them one that a scenario takes by chance, so that the simulator shows new faces.
    """
    image = _board(int(rng.integers(_BOARDS)), width, height)
    image = cv2.flip(image, 1) if rng.random() < 0.5 else image.copy()
    image = _shadows(rng, image)
    if rng.random() < 0.3:
        _clutter(rng, image)
    scale = rng.uniform(*scale_range)
    heads = _places(rng, width, height, scale, most_heads)
    shake = rng.normal(0, 2.5, 2) if rng.random() < 0.15 else np.zeros(2)
    for label, x, y, side, _ in heads:
        smear = shake + rng.normal(0, 2.0, 2) if rng.random() < 0.2 else shake
        look, turn = LOOKS + int(rng.integers(looks)), rng.uniform(-math.pi, math.pi)
        paste(image, label, look, x, y, rotation=turn, scale=side / BOX_PX, smear=(float(smear[0]), float(smear[1])))
    image = _photograph(rng, image, heads, scale)
    return image, heads


@functools.lru_cache(maxsize=_BOARDS)
def _board(number: int, width: int, height: int) -> np.ndarray:
    rng = np.random.default_rng([6, number])
    tint = np.array([116, 152, 151]) + rng.normal(0, 9, 3) if rng.random() < 0.75 else rng.uniform(50, 220) + rng.normal(0, 22, 3)
    settings = BoardSettings(
        seed=number,
        tint_bgr=[float(v) for v in np.clip(tint, 20, 235)],
        grain=float(rng.uniform(0.3, 2.2)),
        seams=int(rng.integers(0, 7)),
        falloff=float(rng.uniform(0, 0.7)),
        light_deg=float(rng.uniform(-180, 180)),
        vignette=float(rng.uniform(0, 0.3)),
    )
    return draw_board(settings, width, height)


def _places(rng: np.random.Generator, width: int, height: int, scale: float, most: int) -> list[Label]:
    heads: list[Label] = []
    wanted = 0 if rng.random() < 0.12 else int(rng.integers(1, most + 1))
    for _ in range(20 * wanted):
        if len(heads) == wanted:
            break
        side = BOX_PX * scale * float(np.clip(rng.normal(1, 0.04), 0.9, 1.1))
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        inside = max(0.0, min(x + side / 2, width) - max(x - side / 2, 0)) * max(0.0, min(y + side / 2, height) - max(y - side / 2, 0))
        if inside < _LEAST_INSIDE * side**2 or any(math.hypot(x - h[1], y - h[2]) < 0.78 * side for h in heads):
            continue
        heads.append((LABELS[int(rng.integers(len(LABELS)))], x, y, side, side))
    return heads


def _shadows(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Soft patches of other light, now and then with a hard border."""
    if rng.random() < 0.5:
        return image
    rows, cols = image.shape[:2]
    light = 1 + rng.uniform(0.03, 0.18) * noise(rng, (rows, cols), cols / 2.5)
    if rng.random() < 0.3:
        way, at = rng.uniform(0, 2 * math.pi), rng.uniform(-0.3, 0.3) * cols
        y, x = np.mgrid[0:rows, 0:cols].astype(np.float32)
        side = (x - cols / 2) * math.cos(way) + (y - rows / 2) * math.sin(way) - at
        light *= 1 - rng.uniform(0.1, 0.5) / (1 + np.exp(np.clip(-side / rng.uniform(0.5, 8), -30, 30)))
    return cv2.multiply(image, cv2.cvtColor(light.astype(np.float32), cv2.COLOR_GRAY2BGR), dtype=cv2.CV_8U)


def _clutter(rng: np.random.Generator, image: np.ndarray) -> None:
    """What is no head: papers, pens, tape, coloured blobs, faceless ovals."""
    rows, cols = image.shape[:2]
    for _ in range(int(rng.integers(1, 5))):
        colour = tuple(float(v) for v in rng.uniform(0, 255, 3))
        x, y, size = rng.uniform(0, cols), rng.uniform(0, rows), rng.uniform(6, 45)
        kind = int(rng.integers(4))
        if kind == 0:
            box = ((x, y), (size * rng.uniform(0.3, 2), size), rng.uniform(0, 180))
            cv2.fillPoly(image, [np.rint(cv2.boxPoints(box)).astype(np.int32)], colour, cv2.LINE_AA)
        elif kind == 1:
            axes = (int(size * rng.uniform(0.3, 0.7)) + 1, int(size * 0.5) + 1)
            cv2.ellipse(image, (int(x), int(y)), axes, rng.uniform(0, 180), 0, 360, colour, -1, cv2.LINE_AA)
            if rng.random() < 0.5:
                cv2.ellipse(image, (int(x), int(y)), axes, rng.uniform(0, 180), 0, 360, (30, 30, 30), 1, cv2.LINE_AA)
        elif kind == 2:
            end = (int(x + rng.normal(0, 2 * size)), int(y + rng.normal(0, 2 * size)))
            cv2.line(image, (int(x), int(y)), end, colour, int(rng.integers(1, 9)), cv2.LINE_AA)
        else:
            points = np.array([x, y]) + rng.normal(0, size / 2, (int(rng.integers(3, 8)), 2))
            cv2.fillPoly(image, [np.rint(points).astype(np.int32)], colour, cv2.LINE_AA)


def _photograph(rng: np.random.Generator, image: np.ndarray, heads: list[Label], scale: float) -> np.ndarray:
    image = soften(image, abs(rng.normal(0, 0.7)) if rng.random() < 0.8 else rng.uniform(0.8, 1.8))
    gamma, gain = math.exp(rng.normal(0, 0.16)), math.exp(rng.normal(0, 0.2))
    levels = 255 * (np.arange(256)[:, None] / 255) ** gamma * gain * np.exp(rng.normal(0, 0.06, 3)) + rng.normal(0, 8)
    image = cv2.LUT(image, np.clip(np.rint(levels), 0, 255).astype(np.uint8).reshape(1, 256, 3))
    if rng.random() < 0.4:  # colour strength
        grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
        share = rng.uniform(0.4, 1.4)
        image = cv2.addWeighted(image, share, grey, 1 - share, 0)
    if rng.random() < 0.35:
        x, y = rng.uniform(0, image.shape[1]), rng.uniform(0, image.shape[0])
        if heads and rng.random() < 0.7:
            _, hx, hy, side, _ = heads[int(rng.integers(len(heads)))]
            x, y = hx + rng.normal(0, 0.2) * side, hy + rng.normal(0, 0.2) * side
        colour = COLOURS[int(rng.random() < 0.2)]
        add_spot(image, x, y, colour=colour, size=scale * rng.uniform(0.6, 1.6), power=rng.uniform(0.3, 1.4))
    image = add_noise(image, random.Random(int(rng.integers(1 << 32))), abs(rng.normal(0, 2.0)), abs(rng.normal(0, 0.03)))
    if rng.random() < 0.4:  # such cameras sharpen
        image = cv2.addWeighted(image, 1.8, cv2.GaussianBlur(image, (0, 0), rng.uniform(0.7, 1.4)), -0.8, 0)
    return decode(encode(image, int(rng.integers(12, 60) if rng.random() < 0.4 else rng.integers(60, 97))))
