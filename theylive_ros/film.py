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

"""A film of the stack at work, and the picture of its best moment, for people who have never heard of it."""

from __future__ import annotations

import math
import os
from pathlib import Path

import cv2
import numpy as np

from theylive_ros import overlay
from theylive_ros.overlay import Scene

_HEAD = 46
_SCALE = 3
_CLOSE = 3.0  # px between spot and aim


class FilmError(Exception):
    """The film or picture cannot be written; the message names the file and the cause."""


class Film:
    """Writes drawn scenes to an MP4 file, and keeps the most telling one. Not thread-safe."""

    def __init__(self, path: Path | None, fps: float) -> None:
        """path: None for no film. It is there, whole, after `close`; until then a file beside it grows."""
        self._path, self._fps = path, fps
        self._growing = path.with_name(f".{path.stem}-{os.getpid()}.mp4") if path is not None else None
        self._lit = 0  # frames in a row with light on a target
        self._writer: cv2.VideoWriter | None = None
        self._best: tuple[tuple[int, ...], np.ndarray] | None = None
        self.frames = 0

    def add(self, scene: Scene, clock: float, words: str) -> np.ndarray:
        """Draw a frame, write it, and return it. clock: s since the start; words: the count so far."""
        picture = compose(scene, clock, words)
        if self._growing is not None:
            if self._writer is None:
                self._writer = _writer(self._growing, self._fps, picture)
            self._writer.write(picture)
        self.frames += 1
        self._lit = self._lit + 1 if _is_hit(scene) else 0
        value = _worth(scene, self._lit)
        if self._best is None or value > self._best[0]:
            self._best = (value, picture)
        return picture

    def close(self) -> None:
        """Finish the file. Safe to call twice."""
        if self._writer is not None:
            self._writer.release()
            self._writer = None
            os.replace(self._growing, self._path)

    def save_best(self, path: Path) -> None:
        """Write the most telling frame: light on an alien while John is near. Raises FilmError."""
        if self._best is None:
            raise FilmError(f"no frame was drawn, so there is no {path}")
        if not cv2.imwrite(str(path), self._best[1]):
            raise FilmError(f"cannot write {path}: does the folder exist, and may you write there?")


def compose(scene: Scene, clock: float, words: str) -> np.ndarray:
    """A scene under a heading that explains it: uint8 BGR, three times the picture's size and a little more."""
    body = overlay.draw(scene, _SCALE)
    width = body.shape[1]
    head = np.full((_HEAD, width, 3), overlay.PANEL, np.uint8)
    overlay.text(head, "The laser goes on aliens, never on John", (12, 29), overlay.INK, 0.62)
    (size, _), _ = cv2.getTextSize(words, cv2.FONT_HERSHEY_SIMPLEX, 0.5, 1)
    overlay.text(head, words, (width - size - 12, 20), overlay.INK, 0.5)
    overlay.text(head, f"{clock:5.1f} s", (width - 72, 38), overlay.OTHER, 0.42)
    return np.vstack([head, body])


def _writer(path: Path, fps: float, picture: np.ndarray) -> cv2.VideoWriter:
    height, width = picture.shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), fps, (width, height))
    if not writer.isOpened():
        raise FilmError(f"cannot write {path}: does the folder exist, and may you write there?")
    return writer


def _is_hit(scene: Scene) -> bool:
    """Whether the spot, lit, is where it should be."""
    return scene.laser_on and scene.aim is not None and scene.spot is not None and math.dist(scene.aim, scene.spot) < _CLOSE


def _worth(scene: Scene, lit: int) -> tuple[int, ...]:
    target = scene.target
    if target is None:
        return (0,)
    # The light is in the picture one frame after it is on, and steady after two.
    aliens = sum(track.confirmed and track.last_seen >= target.stamp for track in target.others) + (target.track is not None)
    return min(lit, 3), int(bool(target.protected)), aliens, len(target.protected)
