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

"""The average of many alien heads, to lay a receptive field over."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from theylive_ros.simulator.board import BoardSettings, draw_board
from theylive_ros.simulator.heads import ALIEN, LOOKS, paste
from theylive_training.data import find
from theylive_training.errors import TrainingError


def average_head(data: Path | None, height: int, width: int) -> np.ndarray:
    """The mean of the real pictures with an alien alone, or of the simulator's without data: each moved so that its head's centre is
    in the middle. float32 (height, width, 3) BGR, NaN where no picture reached. Raises TrainingError."""
    total, count = np.zeros((height, width, 3)), np.zeros((height, width, 1))
    for image, x, y in _drawn() if data is None else _real(data):
        left, top = round(width / 2 - x), round(height / 2 - y)
        x0, y0 = max(left, 0), max(top, 0)
        x1, y1 = min(left + image.shape[1], width), min(top + image.shape[0], height)
        if x0 < x1 and y0 < y1:
            total[y0:y1, x0:x1] += image[y0 - top : y1 - top, x0 - left : x1 - left]
            count[y0:y1, x0:x1] += 1
    with np.errstate(invalid="ignore"):
        return (total / np.where(count, count, np.nan)).astype(np.float32)


def _real(data: Path) -> list[tuple[np.ndarray, float, float]]:
    chosen = [p for p in find.find(data) if len(p.boxes) == 1 and p.boxes[0].label == ALIEN]
    if not chosen:
        raise TrainingError(f"no picture in {data} shows an alien alone: give another --data, or none for the simulator's")
    return [(p.read().image, p.boxes[0].x, p.boxes[0].y) for p in chosen]


def _drawn() -> list[tuple[np.ndarray, float, float]]:
    made = []
    for look in range(LOOKS):
        image = draw_board(BoardSettings(seed=look), 320, 240)
        paste(image, ALIEN, look, 160, 120)
        made.append((image, 160.0, 120.0))
    return made
