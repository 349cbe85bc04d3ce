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

"""What camera, light and laser do to a picture of the board; labels are not touched."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np

from theylive_ros.simulator.spot import COLOURS, add_spot
from theylive_training.pictures.picture import Box


def photograph(rng: np.random.Generator, image: np.ndarray, strength: float = 1.0) -> np.ndarray:
    """Another exposure, white balance, colour strength, focus, noise and JPEG quality. strength: 1 for a wide range, 0 for none."""
    glare = rng.uniform(0.3, 0.9) if rng.random() < 0.15 * strength else 0.0  # most of the board is white
    gains = np.exp(glare + rng.normal(0, 0.14 * strength) + rng.normal(0, 0.05 * strength, 3))
    gamma = math.exp(rng.normal(0, 0.12 * strength))
    levels = 255 * (np.arange(256)[:, None] / 255) ** gamma * gains + rng.normal(0, 6 * strength)
    image = cv2.LUT(image, np.clip(np.rint(levels), 0, 255).astype(np.uint8).reshape(1, 256, 3))
    if rng.random() < 0.3 * strength:
        grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
        share = rng.uniform(0.5, 1.4)
        image = cv2.addWeighted(image, share, grey, 1 - share, 0)
    if rng.random() < 0.3 * strength:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 1.2))
    if rng.random() < 0.15 * strength:
        image = _smear(rng, image)
    if rng.random() < 0.5 * strength:
        image = cv2.add(image, rng.normal(0, rng.uniform(0.5, 5), image.shape), dtype=cv2.CV_8U)
    if rng.random() < 0.7 * strength:
        quality = int(rng.integers(15, 60) if rng.random() < 0.35 else rng.integers(60, 97))
        image = cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)
    return image


def shine(rng: np.random.Generator, image: np.ndarray, boxes: Sequence[Box]) -> None:
    """Put the laser's spot into a picture: mostly on a head, else anywhere."""
    x, y = rng.uniform(0, image.shape[1]), rng.uniform(0, image.shape[0])
    scale = 1.0
    if boxes and rng.random() < 0.75:
        box = boxes[int(rng.integers(len(boxes)))]
        scale = box.width / 64
        x, y = box.x + rng.normal(0, 0.2) * box.width, box.y + rng.normal(0, 0.2) * box.height
    add_spot(image, x, y, colour=COLOURS[int(rng.random() < 0.1)], size=scale * rng.uniform(0.6, 1.6), power=rng.uniform(0.3, 1.4))


def _smear(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Blur along a way of 2 to 5 px, as of a camera that is pushed."""
    kernel = np.zeros((5, 5), np.float32)
    way = rng.uniform(0, math.pi)
    dx, dy = 2 * math.cos(way), 2 * math.sin(way)
    cv2.line(kernel, (round(2 - dx), round(2 - dy)), (round(2 + dx), round(2 + dy)), 1.0)
    return cv2.filter2D(image, -1, kernel / kernel.sum())
