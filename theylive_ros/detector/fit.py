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

"""Fits a frame of any size to the network's input, and brings boxes back.

All coordinates are continuous pixels with (0, 0) at the top left corner of the picture (types.py). `cv2.resize` samples at pixel
centres ((x + 0.5) * scale - 0.5), which in these coordinates is exactly x * scale: no half pixel is lost either way.
"""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np

from theylive_ros.types import Region

FITS = ("letterbox", "crop", "stretch")
PADDING = 114  # the grey that Ultralytics trains with around a letterboxed picture


@dataclasses.dataclass(frozen=True)
class Mapping:
    """Network px = frame px * scale + offset, per axis. seen: the region of the frame that the network looks at (frame px)."""

    scale_x: float
    scale_y: float
    offset_x: float
    offset_y: float
    seen: Region

    def to_frame(self, boxes: np.ndarray) -> np.ndarray:
        """Boxes (n, 4) as x_min, y_min, x_max, y_max in network px -> the same in px of the frame, unclipped."""
        offset = np.array([self.offset_x, self.offset_y, self.offset_x, self.offset_y])
        return (boxes - offset) / np.array([self.scale_x, self.scale_y, self.scale_x, self.scale_y])

    def to_network(self, boxes: np.ndarray) -> np.ndarray:
        """The inverse of `to_frame`."""
        offset = np.array([self.offset_x, self.offset_y, self.offset_x, self.offset_y])
        return boxes * np.array([self.scale_x, self.scale_y, self.scale_x, self.scale_y]) + offset


def letterbox(frame_width: int, frame_height: int, width: int, height: int) -> Mapping:
    """The whole frame, its shape kept (to whole pixels), centred with grey borders."""
    scale = min(width / frame_width, height / frame_height)
    inner_width = min(width, max(1, round(frame_width * scale)))
    inner_height = min(height, max(1, round(frame_height * scale)))
    return Mapping(
        inner_width / frame_width,
        inner_height / frame_height,
        (width - inner_width) // 2,
        (height - inner_height) // 2,
        Region(0.0, 0.0, frame_width, frame_height),
    )


def crop(frame_width: int, frame_height: int, width: int, height: int) -> Mapping:
    """The largest part in the middle of the frame that has the input's shape (to whole pixels); the rest is not seen."""
    scale = max(width / frame_width, height / frame_height)
    crop_width = min(frame_width, max(1, round(width / scale)))
    crop_height = min(frame_height, max(1, round(height / scale)))
    left, top = (frame_width - crop_width) // 2, (frame_height - crop_height) // 2
    scale_x, scale_y = width / crop_width, height / crop_height
    seen = Region(left, top, left + crop_width, top + crop_height)
    return Mapping(scale_x, scale_y, -left * scale_x, -top * scale_y, seen)


def stretch(frame_width: int, frame_height: int, width: int, height: int) -> Mapping:
    """The whole frame, each axis scaled by itself."""
    return Mapping(width / frame_width, height / frame_height, 0.0, 0.0, Region(0.0, 0.0, frame_width, frame_height))


class Fitter:
    """Fits frames to one input size by one of FITS, reusing its buffer."""

    def __init__(self, fit: str, width: int, height: int) -> None:
        self._plan = {"letterbox": letterbox, "crop": crop, "stretch": stretch}[fit]
        self._width, self._height = width, height
        self._canvas = np.full((height, width, 3), PADDING, np.uint8)
        self._frame_size = (0, 0)
        self._mapping: Mapping | None = None

    def fit(self, frame: np.ndarray) -> tuple[np.ndarray, Mapping]:
        """The picture (height, width, 3) for the network and how it lies in the frame.

        The picture is the frame itself where it needs no change, else a buffer that the next call overwrites.
        """
        height, width = frame.shape[:2]
        if self._mapping is None or (width, height) != self._frame_size:
            self._mapping = self._plan(width, height, self._width, self._height)
            self._frame_size = (width, height)
            self._canvas[:] = PADDING  # another frame size leaves other borders
        mapping = self._mapping
        seen = mapping.seen
        source = frame[int(seen.y_min) : int(seen.y_max), int(seen.x_min) : int(seen.x_max)]
        if source.shape[:2] == self._canvas.shape[:2]:
            return source, mapping
        x, y = (round(o) if o > 0 else 0 for o in (mapping.offset_x, mapping.offset_y))
        inner_width, inner_height = round(source.shape[1] * mapping.scale_x), round(source.shape[0] * mapping.scale_y)
        inner = self._canvas[y : y + inner_height, x : x + inner_width]
        # bilinear sampling skips pixels below half size
        method = cv2.INTER_AREA if min(mapping.scale_x, mapping.scale_y) < 0.5 else cv2.INTER_LINEAR
        if source.shape == inner.shape:
            inner[:] = source
        else:
            cv2.resize(source, (inner_width, inner_height), dst=inner, interpolation=method)
        return self._canvas, mapping
