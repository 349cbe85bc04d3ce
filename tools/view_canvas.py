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

"""A small renderer: triangles, lines, letters and pictures of axes into an image, with a depth buffer, as RViz would show them."""

from __future__ import annotations

import dataclasses
import math

import cv2
import numpy as np

_FINE = 2  # each pixel is drawn as so many in either direction
_VIEW = math.radians(45)  # RViz: of the picture's height
_NEAR = 0.01  # m
_LIGHT = np.array([-0.45, 0.35, 0.82])  # towards it, in base_link
_FONT = cv2.FONT_HERSHEY_SIMPLEX

Colour = tuple[float, float, float, float]  # red, green, blue, opacity; 0 to 1


@dataclasses.dataclass
class _Body:
    triangles: list[tuple[np.ndarray, float]]  # corners (3, 3) and brightness
    colour: Colour


class Canvas:
    """Collects what is to be seen, in one frame with z up (m); `picture` draws it."""

    def __init__(self, width: int, height: int, focus: tuple[float, float, float], distance: float, yaw: float, pitch: float) -> None:
        """The eye orbits `focus` as RViz's does: `distance` (m) away, at `yaw` about z and `pitch` up (rad)."""
        self._size = width * _FINE, height * _FINE
        away = np.array([math.cos(yaw) * math.cos(pitch), math.sin(yaw) * math.cos(pitch), math.sin(pitch)])
        self._eye = np.array(focus) + distance * away
        right = np.cross(-away, (0.0, 0.0, 1.0))
        right /= np.linalg.norm(right)
        self._axes = np.array([right, np.cross(-away, right), -away])  # x right, y down, z forward
        self._focal = self._size[1] / 2 / math.tan(_VIEW / 2)
        self._bodies: list[_Body] = []
        self._words: list[tuple[np.ndarray, str, Colour, float]] = []

    def mesh(self, corners: np.ndarray, faces: np.ndarray, colour: Colour) -> None:
        """Triangles by the numbers of their corners (n, 3), shaded."""
        body = _Body([], colour)
        for face in faces:
            a, b, c = corners[face]
            normal = np.cross(b - a, c - a)
            length = np.linalg.norm(normal)
            shine = 0.55 + 0.45 * abs(float(normal @ _LIGHT)) / length if length else 1.0
            body.triangles.append((np.array([a, b, c]), shine))
        self._bodies.append(body)

    def line(self, start: np.ndarray, end: np.ndarray, width: float, colour: Colour) -> None:
        """A band `width` (m) wide that faces the eye."""
        way = end - start
        aside = np.cross(way, start - self._eye)
        length = np.linalg.norm(aside)
        if length:
            aside *= width / 2 / length
            halves = (start - aside, start + aside, end + aside), (start - aside, end + aside, end - aside)
            self._bodies.append(_Body([(np.array(corners), 1.0) for corners in halves], colour))

    def words(self, at: np.ndarray, text: str, colour: Colour, size: float) -> None:
        """Words whose letters are `size` (m) tall, centred at a place."""
        self._words.append((at, text, colour, size))

    def picture(self, background: tuple[int, int, int]) -> np.ndarray:
        """A uint8 BGR picture; background: red, green, blue."""
        width, height = self._size
        image = np.empty((height, width, 3))
        image[:] = background[::-1]
        depth = np.full((height, width), np.inf)
        for body in self._bodies:
            if body.colour[3] >= 1.0:
                for corners, shine in body.triangles:
                    self._fill(image, depth, corners, np.array(body.colour[2::-1]) * 255 * shine)
        for body in sorted((b for b in self._bodies if b.colour[3] < 1.0), key=self._distance, reverse=True):
            # of what is seen through, its front alone
            front, own = np.zeros_like(image), np.full_like(depth, np.inf)
            for corners, shine in body.triangles:
                self._fill(front, own, corners, np.array(body.colour[2::-1]) * 255 * shine)
            seen, alpha = own < depth, body.colour[3]
            image[seen] = (1 - alpha) * image[seen] + alpha * front[seen]
        for at, text, colour, size in self._words:
            self._write(image, depth, at, text, colour, size)
        return cv2.resize(image.clip(0, 255).astype(np.uint8), None, fx=1 / _FINE, fy=1 / _FINE, interpolation=cv2.INTER_AREA)

    def _seen(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pixels (n, 2) and distance along the line of sight (n,)."""
        local = (points - self._eye) @ self._axes.T
        z = local[:, 2]
        return local[:, :2] / np.maximum(z, _NEAR)[:, None] * self._focal + np.array(self._size) / 2, z

    def _distance(self, body: _Body) -> float:
        return float(np.linalg.norm(np.mean([corners for corners, _ in body.triangles], axis=(0, 1)) - self._eye))

    def _fill(self, image: np.ndarray, depth: np.ndarray, corners: np.ndarray, ink: np.ndarray) -> None:
        points, z = self._seen(corners)
        if (z < _NEAR).any():
            return
        low = np.maximum(np.floor(points.min(axis=0)).astype(int), 0)
        high = np.minimum(np.ceil(points.max(axis=0)).astype(int) + 1, self._size)
        (ax, ay), (bx, by), (cx, cy) = points
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if (low >= high).any() or abs(area) < 1e-9:
            return
        x, y = np.meshgrid(np.arange(low[0], high[0]) + 0.5, np.arange(low[1], high[1]) + 0.5)
        u = ((bx - x) * (cy - y) - (by - y) * (cx - x)) / area
        v = ((cx - x) * (ay - y) - (cy - y) * (ax - x)) / area
        w = 1 - u - v
        # 1 / z is what changes evenly over a picture
        far = 1 / np.maximum(u / z[0] + v / z[1] + w / z[2], 1e-9)
        rows, columns = slice(low[1], high[1]), slice(low[0], high[0])
        inside = (u >= 0) & (v >= 0) & (w >= 0) & (far < depth[rows, columns])
        image[rows, columns][inside] = ink
        depth[rows, columns][inside] = far[inside]

    def _write(self, image: np.ndarray, depth: np.ndarray, at: np.ndarray, text: str, colour: Colour, size: float) -> None:
        (point,), (z,) = self._seen(at[None])
        x, y = (round(float(v)) for v in point)
        if z < _NEAR or not (0 <= x < self._size[0] and 0 <= y < self._size[1]) or depth[y, x] < z - 0.02:
            return
        scale = size * self._focal / z / 22  # 22 px: a capital letter of the font
        (wide, tall), _ = cv2.getTextSize(text, _FONT, scale, 2)
        for weight, ink in ((6, (0, 0, 0)), (2, tuple(255 * c for c in colour[2::-1]))):
            cv2.putText(image, text, (x - wide // 2, y + tall // 2), _FONT, scale, ink, weight, cv2.LINE_AA)


def box(size: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Corners and faces of a box about the origin."""
    corners = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)]) * size
    quads = ((0, 1, 3, 2), (4, 5, 7, 6), (0, 1, 5, 4), (2, 3, 7, 6), (0, 2, 6, 4), (1, 3, 7, 5))
    return corners, np.array([face for a, b, c, d in quads for face in ((a, b, c), (a, c, d))])


def cylinder(width: float, depth: float, length: float, sides: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Corners and faces of an elliptic cylinder along z about the origin."""
    turn = np.linspace(0, math.tau, sides, endpoint=False)
    ring = np.column_stack([width / 2 * np.cos(turn), depth / 2 * np.sin(turn)])
    corners = np.vstack(
        [np.column_stack([ring, np.full(sides, z)]) for z in (-length / 2, length / 2)] + [[[0, 0, -length / 2], [0, 0, length / 2]]]
    )
    faces = []
    for i in range(sides):
        j = (i + 1) % sides
        faces += [(i, j, sides + i), (j, sides + j, sides + i), (i, j, 2 * sides), (sides + i, sides + j, 2 * sides + 1)]
    return corners, np.array(faces)


def ball(size: tuple[float, float, float], rings: int = 10) -> tuple[np.ndarray, np.ndarray]:
    """Corners and faces of an ellipsoid about the origin."""
    up, round_ = np.meshgrid(np.linspace(0, math.pi, rings), np.linspace(0, math.tau, 2 * rings), indexing="ij")
    corners = np.column_stack([(np.sin(up) * np.cos(round_)).ravel(), (np.sin(up) * np.sin(round_)).ravel(), np.cos(up).ravel()])
    at = np.arange(2 * rings * rings).reshape(rings, 2 * rings)
    quads = np.stack([at[:-1, :-1], at[1:, :-1], at[1:, 1:], at[:-1, 1:]], axis=-1).reshape(-1, 4)
    return corners * size / 2, np.vstack([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
