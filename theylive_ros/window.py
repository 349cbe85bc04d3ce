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
