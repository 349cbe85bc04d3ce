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

"""What the board looks like without the spot, learned frame by frame: slowly where it stays, at once where it has changed."""

from __future__ import annotations

import cv2
import numpy as np

_CHANGED = 12.0  # grey levels by which a pixel that shows another thing than before differs in some channel
_SMOOTH, _GROWN = 3, 9  # sides (px) of the squares over which that difference is smoothed, and by which a change is widened
_SPOT = 0.1  # how far the glow of a spot reaches, share of the picture's width
_THINNED = 8  # of so many rows and columns one tells the brightness


class Background:
    """A mean of frames, as bright as the newest of them."""

    def __init__(self, share: float = 0.15) -> None:
        """share: how much of a new frame is believed where nothing has changed."""
        self._share = share
        self._mean: np.ndarray | None = None

    def learn(self, image: np.ndarray, spot: tuple[float, float] | None = None) -> None:
        """Take in a frame (uint8, (h, w, 3) BGR) that was taken in the dark, or with the laser's spot at a place (px), around which it
        tells nothing."""
        mean = self._mean
        if mean is None or mean.shape != image.shape:
            if spot is None:
                self._mean = image.astype(np.float32)
            return
        # exposure and white balance wander: a mean that is as bright as the frame has no seams between what is old and what is new
        thin = slice(None, None, _THINNED), slice(None, None, _THINNED)
        gain = np.median((image[thin] + np.float32(1)) / (mean[thin] + np.float32(1)), axis=(0, 1))
        cv2.transform(mean, np.diag(gain), dst=mean)
        changed = _changed(image, mean)
        untold = np.zeros(image.shape[:2], np.uint8)
        if spot is not None:
            cv2.circle(untold, (round(spot[0]), round(spot[1])), round(_SPOT * image.shape[1]), 1, cv2.FILLED)
        cv2.accumulateWeighted(image, mean, self._share, mask=None if spot is None else 1 - untold)
        cv2.copyTo(image.astype(np.float32), cv2.subtract(changed, untold), mean)

    def part(self, shape: tuple[int, ...], x0: int, y0: int, x1: int, y1: int) -> np.ndarray | None:
        """The learned picture between these edges, float32; None if none of that shape was learned."""
        if self._mean is None or self._mean.shape != shape:
            return None
        return self._mean[y0:y1, x0:x1]


def _changed(image: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Where a frame shows something else than the mean, uint8 (h, w), 1 or 0."""
    blue, green, red = cv2.split(cv2.absdiff(image, cv2.convertScaleAbs(mean)))
    most = cv2.blur(cv2.max(cv2.max(blue, green), red), (_SMOOTH, _SMOOTH))
    return cv2.dilate((most > _CHANGED).astype(np.uint8), np.ones((_GROWN, _GROWN), np.uint8))
