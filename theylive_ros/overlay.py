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

"""Draws what the stack sees, chooses and does over a camera picture, for people."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import cv2
import numpy as np

from theylive_ros.types import Target, Track

ALIEN = (60, 110, 255)
PROTECTED = (90, 200, 60)
OTHER = (170, 170, 170)
BEAM = (60, 40, 255)
AIM = (0, 220, 255)
INK = (235, 235, 235)
PANEL = (32, 28, 26)
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_STRIP = 30
_FAR = 5000.0  # px
_SAME_MOMENT = 1e-3  # s
_ZONE = 0.22  # share of colour laid over where the laser never goes


@dataclasses.dataclass(frozen=True)
class Scene:
    """One frame and all that is known of it. image: None for whoever draws without; points in px of the picture; guard: protected boxes
    are grown by this many px; commissioning: the mirrors go where somebody orders them, not to targets."""

    image: np.ndarray | None
    target: Target | None = None
    aim: tuple[float, float] | None = None
    spot: tuple[float, float] | None = None
    laser_on: bool = False
    armed: bool = False
    reasons: Sequence[str] = ()
    latency: float | None = None
    guard: float = 0.0
    commissioning: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture (px), also by the target's word; 0, 0 where neither tells."""
        if self.image is not None:
            return self.image.shape[1], self.image.shape[0]
        return (self.target.width, self.target.height) if self.target is not None else (0, 0)


def draw(scene: Scene, scale: int = 2) -> np.ndarray:
    """The picture enlarged `scale` times, with boxes, tracks, aim and spot, and a strip below that says what the laser does and why.

    Returns a uint8 BGR picture of (scale h + 30, scale w, 3); the scene's picture is not changed. What is not finite, or far outside
    the picture, is left out.
    """
    height, width = scene.image.shape[:2]
    canvas = np.empty((scale * height + _STRIP, scale * width, 3), np.uint8)
    view = canvas[: scale * height]
    cv2.resize(scene.image, (scale * width, scale * height), dst=view, interpolation=cv2.INTER_CUBIC if scale > 1 else cv2.INTER_NEAREST)
    if scene.target is not None:
        for track in scene.target.others:
            # grey: not yet believed, or not seen in this frame
            seen = track.last_seen >= scene.target.stamp - _SAME_MOMENT
            _box(view, track, ALIEN if track.confirmed and seen else OTHER, scale)
        for track in scene.target.protected:
            _box(view, track, PROTECTED, scale, guard=scene.guard)
        if scene.target.track is not None:
            _box(view, scene.target.track, ALIEN, scale, thickness=2)
            _lead(view, scene.target.track, scale)
    if scene.aim is not None and _drawable(*scene.aim):
        _cross(view, scene.aim, AIM, scale)
    if scene.spot is not None and _drawable(*scene.spot):
        centre = _pixel(scene.spot, scale)
        cv2.circle(view, centre, 4 * scale, BEAM if scene.laser_on else INK, 2 if scene.laser_on else 1, cv2.LINE_AA)
    _strip(canvas[scale * height :], scene)
    return canvas


def text(image: np.ndarray, words: str, origin: tuple[int, int], colour: Sequence[int], size: float = 0.45, weight: int = 1) -> None:
    """Words with their baseline's left end at `origin` (px), drawn in place."""
    cv2.putText(image, words, origin, _FONT, size, colour, weight, cv2.LINE_AA)


def _drawable(*values: float) -> bool:
    """OpenCV draws with 32 bit, some of them behind the point."""
    return all(math.isfinite(value) and abs(value) < _FAR for value in values)


def _pixel(point: tuple[float, float], scale: int) -> tuple[int, int]:
    return round(point[0] * scale), round(point[1] * scale)


def _box(view: np.ndarray, track: Track, colour: Sequence[int], scale: int, thickness: int = 1, guard: float = 0.0) -> None:
    if not _drawable(track.x, track.y, track.width, track.height):
        return
    half_width, half_height = track.width / 2, track.height / 2
    top_left = _pixel((track.x - half_width, track.y - half_height), scale)
    bottom_right = _pixel((track.x + half_width, track.y + half_height), scale)
    cv2.rectangle(view, top_left, bottom_right, colour, thickness, cv2.LINE_AA)
    if guard > 0 and _drawable(guard):
        grown = round(guard * scale)
        outer = (top_left[0] - grown, top_left[1] - grown), (bottom_right[0] + grown, bottom_right[1] + grown)
        _tint(view, *outer, colour)
        cv2.rectangle(view, *outer, colour, 1, cv2.LINE_AA)
    words = f"{track.label} {track.id}  {track.score:.2f}" if track.confirmed else f"{track.label}?"
    (w, h), _ = cv2.getTextSize(words, _FONT, 0.4, 1)
    x = min(max(top_left[0], 0), max(view.shape[1] - w - 6, 0))
    y = max(top_left[1], h + 6)
    cv2.rectangle(view, (x, y - h - 6), (x + w + 6, y), colour, cv2.FILLED)
    text(view, words, (x + 3, y - 4), (20, 20, 20), 0.4)


def _tint(view: np.ndarray, top_left: tuple[int, int], bottom_right: tuple[int, int], colour: Sequence[int]) -> None:
    (x0, y0), (x1, y1) = top_left, bottom_right
    part = view[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)]
    if part.size:
        cv2.addWeighted(part, 1 - _ZONE, np.full_like(part, colour), _ZONE, 0, dst=part)


def _lead(view: np.ndarray, track: Track, scale: int) -> None:
    """An arrow to where the head will be in a quarter of a second."""
    end = (track.x + 0.25 * track.vx, track.y + 0.25 * track.vy)
    if _drawable(*end) and abs(track.vx) + abs(track.vy) > 10:
        cv2.arrowedLine(view, _pixel((track.x, track.y), scale), _pixel(end, scale), ALIEN, 1, cv2.LINE_AA, tipLength=0.3)


def _cross(view: np.ndarray, point: tuple[float, float], colour: Sequence[int], scale: int) -> None:
    x, y = _pixel(point, scale)
    arm = 5 * scale
    cv2.line(view, (x - arm, y), (x + arm, y), colour, 1, cv2.LINE_AA)
    cv2.line(view, (x, y - arm), (x, y + arm), colour, 1, cv2.LINE_AA)


def _strip(strip: np.ndarray, scene: Scene) -> None:
    strip[:] = PANEL
    if scene.laser_on:
        cv2.circle(strip, (16, _STRIP // 2), 7, BEAM, cv2.FILLED, cv2.LINE_AA)
        track = scene.target.track if scene.target is not None else None
        where = "commissioning" if scene.commissioning else f"{track.label} {track.id}" if track is not None else ""
        text(strip, f"LASER ON  {where}".rstrip(), (32, 20), BEAM, 0.5)
    else:
        cv2.circle(strip, (16, _STRIP // 2), 7, OTHER, 1, cv2.LINE_AA)
        why = ", ".join(scene.reasons).replace("_", " ") or ("armed" if scene.armed else "not armed")
        text(strip, f"{'commissioning, ' if scene.commissioning else ''}dark: {why}", (32, 20), INK)
    if scene.latency is not None and math.isfinite(scene.latency):
        words = f"{1e3 * scene.latency:.0f} ms"
        (w, _), _ = cv2.getTextSize(words, _FONT, 0.45, 1)
        text(strip, words, (strip.shape[1] - w - 10, 20), OTHER)
