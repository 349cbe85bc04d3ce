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

"""A window on the screen, where there is a screen and an OpenCV that can draw on it."""

from __future__ import annotations

import os

import cv2
import numpy as np

_NAME = "theylive"


class WindowError(Exception):
    """No window can be shown; one line with the cause and the cure."""


def check_window() -> None:
    """Raises WindowError where no window can be shown; asked first, because Qt ends the process when it finds no display."""
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise WindowError("there is no display (DISPLAY is not set): leave out --window, the film shows the same")
    if "GUI:                           NONE" in cv2.getBuildInformation():
        raise WindowError("this OpenCV cannot show windows: pip install opencv-python in place of opencv-python-headless")


def show(picture: np.ndarray) -> None:
    """Show a uint8 BGR picture. From the main thread: Qt asks for that."""
    cv2.imshow(_NAME, picture)
    cv2.waitKey(1)
