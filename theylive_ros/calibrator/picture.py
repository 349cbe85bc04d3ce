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

"""The residuals of a calibration as a picture for people."""

from __future__ import annotations

import cv2
import numpy as np

from theylive_ros.mirrors.calibration import Calibration

_PAPER, _INK, _FAINT = (250, 250, 250), (40, 40, 40), (205, 205, 205)
_FIELD, _GOOD, _BAD = (90, 160, 60), (190, 110, 30), (50, 40, 220)
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_WIDE = 960  # px of the whole picture, about
_STRIP = 96
_LONGEST = 26.0  # px of the longest arrow
_SUBPIXELS = 4  # bits


def residuals(calibration: Calibration, image: np.ndarray | None = None) -> np.ndarray:
    """Where the fit puts every observed spot, against where it was seen: uint8 BGR.

    Arrows run from the seen spot towards the fitted one, many times as long as they are (the scale is told); outside the green line nothing
    is aimed at. image: a frame of the camera (uint8 (h, w, 3) BGR) to draw upon, blank if None.
    """
    c = calibration
    zoom = max(1.0, _WIDE / c.width)
    height, width = round(c.height * zoom), round(c.width * zoom)
    canvas = np.full((height + _STRIP, width, 3), _PAPER, np.uint8)
    view = canvas[:height]
    if image is not None:
        # faded, so that arrows stand out
        view[:] = cv2.addWeighted(cv2.resize(image, (width, height)), 0.45, view, 0.55, 0)
    else:
        _rule(view, zoom)
    cv2.polylines(view, [_fine(c.field, zoom)], True, _FIELD, 2, cv2.LINE_AA, _SUBPIXELS)
    longest = max((p.residual_px for p in c.points), default=0.0)
    gain = _round_down(_LONGEST / zoom / longest) if longest > 0 else 1.0
    limit = 2.5 * c.rms_px or longest
    for p in c.points:
        there = c.steps_to_pixel(p.steps_x, p.steps_y)
        tip = (p.x + gain * (there[0] - p.x), p.y + gain * (there[1] - p.y))
        begin, end = _fine([(p.x, p.y), tip], zoom)
        colour = _BAD if p.residual_px > limit else _GOOD
        cv2.circle(view, tuple(map(int, begin)), 3 << _SUBPIXELS, colour, -1, cv2.LINE_AA, _SUBPIXELS)
        cv2.line(view, tuple(map(int, begin)), tuple(map(int, end)), colour, 2, cv2.LINE_AA, _SUBPIXELS)
    _write(canvas[height:], c, gain, longest)
    return canvas


def _rule(view: np.ndarray, zoom: float) -> None:
    """A line every 40 px of the camera's picture."""
    for x in range(0, view.shape[1], round(40 * zoom)):
        cv2.line(view, (x, 0), (x, view.shape[0]), _FAINT, 1)
    for y in range(0, view.shape[0], round(40 * zoom)):
        cv2.line(view, (0, y), (view.shape[1], y), _FAINT, 1)


def _write(strip: np.ndarray, c: Calibration, gain: float, longest: float) -> None:
    checked = f"cross-validated {c.rms_px:.2f} px RMS, {1000 * c.p95_m:.2f} mm p95" if c.rms_px else "too few pairs to check the fit by"
    worst = 1000 * max((p.residual_m for p in c.points), default=0.0)
    lines = (
        f"Calibration by {c.method}, {c.created}: {len(c.points)} spots, {c.rejected} rejected; {checked}",
        f"Arrows from the seen spot to the fitted one, {gain:g} times as long; the longest is {longest:.2f} px, the worst {worst:.2f} mm",
        f"{c.width}x{c.height} px. Green: the field of aim. Rest of the mirrors {c.rest[0]:+.1f}, {c.rest[1]:+.1f} microsteps",
    )
    for k, line in enumerate(lines):
        size = min(0.52, 0.52 * strip.shape[1] / 960)
        cv2.putText(strip, line, (12, 26 + 28 * k), _FONT, size, _INK, 1, cv2.LINE_AA)


def _fine(points: object, zoom: float) -> np.ndarray:
    """Points as cv2 wants them for lines between pixels."""
    return np.rint((np.asarray(points, float) * zoom - 0.5) * (1 << _SUBPIXELS)).astype(np.int32)


def _round_down(value: float) -> float:
    """To 1, 2 or 5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(max(k for k in (1, 2, 5) if k * power <= value * (1 + 1e-9)) * power)
