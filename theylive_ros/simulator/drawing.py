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

"""A small canvas for cut-out heads: smooth shapes, hair, noise, in units of one pixel of the default picture (0.785 mm).

The origin is the centre of the head's box, x right, y down. Colours are BGR.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

SIDE = 88  # side of the canvas (units): a head of 64 with room for turning it
GRAIN = 4  # canvas pixels per unit
_SHIFT = 4  # fractional bits of OpenCV's shapes

Colour = tuple[float, float, float]
Points = Sequence[tuple[float, float]]


def spline(points: Points, *, closed: bool = True, steps: int = 8) -> np.ndarray:
    """A smooth (Catmull-Rom) curve through the points, float64 (n, 2), as units."""
    p = np.asarray(points, float)
    p = np.vstack([p[-1:], p, p[:2]]) if closed else np.vstack([p[:1], p, p[-1:]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    a, b, c, d = p[:-3, None], p[1:-2, None], p[2:-1, None], p[3:, None]
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    return curve.reshape(-1, 2)


def mirrored(right: Points, lean: float = 0.0) -> list[tuple[float, float]]:
    """A closed outline from its right half, given from top to bottom; `lean` narrows the left half by that share and widens the right."""
    return [(x * (1 + lean), y) for x, y in right] + [(-x * (1 - lean), y) for x, y in reversed(right) if x != 0]


def shade(colour: Colour, factor: float) -> Colour:
    """The colour made darker (factor below 1) or brighter."""
    b, g, r = (min(255.0, max(0.0, c * factor)) for c in colour)
    return b, g, r


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """The colour at `share` of the way from a to b."""
    return tuple(p + (q - p) * share for p, q in zip(a, b, strict=True))  # type: ignore[return-value]


class Canvas:
    """A picture of one head in the making: `image` uint8 (n, n, 3), `alpha` uint8 (n, n), n = SIDE * GRAIN."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        n = SIDE * GRAIN
        self.image = np.zeros((n, n, 3), np.uint8)
        self.alpha = np.zeros((n, n), np.uint8)

    def mask(self, outline: np.ndarray) -> np.ndarray:
        """The filled outline as an antialiased mask, uint8."""
        mask = np.zeros_like(self.alpha)
        cv2.fillPoly(mask, [_fixed(outline)], 255, cv2.LINE_AA, _SHIFT)
        return mask

    def cut(self, outlines: Sequence[np.ndarray], edge: float, colour: Colour) -> None:
        """Cut the head out of its card: the union of the outlines, wider by `edge` units, in the colour of the card's edge."""
        mask = np.zeros_like(self.alpha)
        for outline in outlines:
            cv2.fillPoly(mask, [_fixed(outline)], 255, cv2.LINE_AA, _SHIFT)
        side = 2 * round(edge * GRAIN) + 1
        wide = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
        self.alpha = cv2.GaussianBlur(wide, (0, 0), 1.2)
        self.image[:] = colour

    def fill(self, outline: np.ndarray, colour: Colour) -> None:
        """A plain shape."""
        cv2.fillPoly(self.image, [_fixed(outline)], colour, cv2.LINE_AA, _SHIFT)

    def line(self, points: np.ndarray, colour: Colour, width: float) -> None:
        """An open stroke, `width` units wide."""
        cv2.polylines(self.image, [_fixed(points)], False, colour, max(1, round(width * GRAIN)), cv2.LINE_AA, _SHIFT)

    def ellipse(self, x: float, y: float, rx: float, ry: float, colour: Colour, turn: float = 0.0) -> None:
        """A filled ellipse with half axes rx, ry, turned by `turn` degrees."""
        centre = tuple(round((v + SIDE / 2) * GRAIN * 2**_SHIFT) for v in (x, y))
        axes = tuple(max(1, round(v * GRAIN * 2**_SHIFT)) for v in (rx, ry))
        cv2.ellipse(self.image, centre, axes, turn, 0, 360, colour, -1, cv2.LINE_AA, _SHIFT)

    def inside(self, outline: np.ndarray, draw: Callable[[], None]) -> None:
        """Do `draw`, but let only what lies inside the outline stay."""
        before = self.image.copy()
        draw()
        x, y, width, height = cv2.boundingRect(np.rint((outline + SIDE / 2) * GRAIN).astype(np.int32))
        part = np.s_[max(0, y - 2) : y + height + 2, max(0, x - 2) : x + width + 2]
        mask = cv2.cvtColor(self.mask(outline)[part], cv2.COLOR_GRAY2BGR)
        kept = cv2.multiply(self.image[part], mask, scale=1 / 255)
        self.image, after = before, cv2.add(kept, cv2.multiply(before[part], cv2.bitwise_not(mask), scale=1 / 255))
        self.image[part] = after

    def strands(self, outline: np.ndarray, colours: Sequence[Colour], count: int, flow: Callable[[np.ndarray], np.ndarray]) -> None:
        """Hair: short curved strokes inside the outline; `flow` gives each root (n, 2) its direction and length (n, 2)."""

        def draw() -> None:
            low, high = outline.min(0), outline.max(0)
            roots = self.rng.uniform(low, high, (count, 2))
            ways = flow(roots)
            bends = np.column_stack([-ways[:, 1], ways[:, 0]]) * self.rng.uniform(-0.2, 0.2, (count, 1))
            t = np.linspace(-1, 1, 5)[None, :, None]
            strokes = roots[:, None] + ways[:, None] * t / 2 + bends[:, None] * (1 - t * t)
            tones, widths = self.rng.integers(len(colours), size=count), self.rng.uniform(0.25, 0.7, count)
            for stroke, tone, width in zip(strokes, tones, widths, strict=True):
                self.line(stroke, colours[int(tone)], width)

        self.inside(outline, draw)

    def light(self, direction: float, strength: float, mottle: float) -> None:
        """Shade the whole: light from `direction` (rad), falling off across the head by `strength`, and mottled like a cheap print."""
        n = self.alpha.shape[0]
        across = np.linspace(-0.5, 0.5, n, dtype=np.float32)
        field = 1 + strength * (np.cos(direction) * across[None, :] + np.sin(direction) * across[:, None])
        field += mottle * (noise(self.rng, (n, n), 4 * GRAIN) + noise(self.rng, (n, n), GRAIN))
        self.image = cv2.multiply(self.image, cv2.cvtColor(field.astype(np.float32), cv2.COLOR_GRAY2BGR), dtype=cv2.CV_8U)

    def premultiplied(self) -> np.ndarray:
        """The finished head, BGRA uint8 (n, n, 4), colours already multiplied by alpha."""
        colour = cv2.multiply(self.image, cv2.cvtColor(self.alpha, cv2.COLOR_GRAY2BGR), scale=1 / 255)
        return np.dstack([colour, self.alpha])


def noise(rng: np.random.Generator, shape: tuple[int, int], cell: float, along: float | None = None) -> np.ndarray:
    """Smooth noise of about unit size with bumps of `cell` pixels (`along` pixels down the rows, if given), float32 (rows, columns)."""
    rows, cols = shape
    size = max(2, round(rows / (along or cell)) + 1), max(2, round(cols / cell) + 1)
    return cv2.resize(rng.standard_normal(size, dtype=np.float32), (cols, rows), interpolation=cv2.INTER_CUBIC)


def _fixed(points: np.ndarray) -> np.ndarray:
    return np.rint((np.asarray(points, float) + SIDE / 2) * GRAIN * 2**_SHIFT).astype(np.int32)
