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

"""The newest of the buffers that wait in a camera driver, and when it was captured."""

from __future__ import annotations

import math
import time
from typing import Any

import cv2

# A driver's stamp older (s) than this, or further ahead, is on another clock.
_OLDEST, _AHEAD = 5.0, 0.005
# A grab that takes this part of a period has waited for its frame; one that takes less found it waiting.
_WAITED = 0.25
# By this part of a period a frame may be late before it is taken for old.
_JITTER = 0.2


class NewestBuffer:
    """Grabs from a cv2.VideoCapture until no newer frame waits; nothing is decoded for it.

    OpenCV (4.1 and newer) gives the driver's stamp of a grabbed buffer as CAP_PROP_POS_MSEC; USB cameras stamp the arrival of a
    frame's first byte on the monotonic clock. A frame is old when its successor must have arrived whole: when its age is more than
    a period above the least age at which any frame was ever handed out. Where the stamp is on another clock, a frame is taken for
    old if the grab did not have to wait for it, and its stamp is the end of the grab, which is late by transfer and exposure.
    """

    def __init__(self, device: Any, period: float) -> None:
        """period: time between frames (s)."""
        self._device = device
        self._period = period
        self._delay = math.inf
        # one grab for each buffer that can wait, and one for the frame that comes next
        buffers = int(device.get(cv2.CAP_PROP_BUFFERSIZE))
        self._most = 1 + (min(buffers, 32) if buffers > 0 else 4)

    def grab(self) -> float | None:
        """Grab the newest frame, for `retrieve`. Its moment of capture (s, monotonic clock), None if the camera gives no frame."""
        stamp = 0.0
        for _ in range(self._most):
            before = time.monotonic()
            if not self._device.grab():
                return None
            after = time.monotonic()
            stamp = self._device.get(cv2.CAP_PROP_POS_MSEC) * 1e-3
            age = after - stamp
            if stamp > 0 and -_AHEAD <= age <= _OLDEST:
                stamp = min(stamp, after)
                self._delay = min(self._delay, max(age, 0.0))
                if age <= self._delay + (1 + _JITTER) * self._period:
                    break
            else:
                stamp = after
                if after - before >= _WAITED * self._period:
                    break
        return stamp
