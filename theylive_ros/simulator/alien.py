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

"""Draws an alien: a blue-white skull with bulging eyes and bared teeth under dark hair, red throat, pale blue collar."""

from __future__ import annotations

import numpy as np

from theylive_ros.simulator.drawing import Canvas, Colour, Points, mirrored, mix, shade, spline


def draw_alien(rng: np.random.Generator) -> Canvas:
    """One alien in a look of its own, about 30 units wide and 52 tall, upright in the middle of its box."""
    canvas = Canvas(rng)
    wide, tall = rng.normal(1.04, 0.05), rng.normal(1.02, 0.035)
    yaw = rng.normal(0.0, 0.9)  # units by which the features look aside
    lean = float(np.clip(yaw * 0.05, -0.12, 0.12))

    def at(points: Points) -> list[tuple[float, float]]:
        return [(x * wide, y * tall) for x, y in points]

    bone = mix((228, 212, 208), (240, 222, 214), rng.random())
    bone = mix(bone, (215, 175, 190), rng.uniform(0, 0.5))
    vein = mix((105, 62, 84), (110, 80, 60), rng.random())
    hair = mix((38, 30, 36), (40, 48, 70), rng.uniform(0, 1) ** 2)
    collar = mix((222, 190, 158), (215, 200, 190), rng.random())
    skull = spline(
        at(mirrored([(0, -24), (7, -22.5), (12.4, -16), (13.2, -8), (11.6, -1), (8.8, 4), (7.6, 10), (5, 14.4), (0, 15.4)], lean))
    )
    scalp = spline(
        at(
            mirrored(
                [(0, -27), (8, -25.5), (13.6, -20), (15.2, -13), (14.4, -6.5), (13, -3.5), (11.9, -6), (11, -10), (5, -12), (0, -13)], lean
            )
        )
    )
    bust = spline(
        at(mirrored([(0, 10), (6.5, 9.5), (10.5, 12.5), (13.2, 17), (12.8, 22), (8.5, 25.8), (0, 27.2)], float(rng.normal(0, 0.1)))),
        steps=6,
    )
    edge: Colour = (34, 30, 28) if rng.random() < 0.8 else (225, 228, 228)
    canvas.cut([skull, scalp, bust], rng.uniform(0.5, 1.3), edge)
    _bust(canvas, bust, collar)
    canvas.fill(scalp, hair)
    canvas.strands(scalp, [shade(hair, 0.6), shade(hair, 1.5), mix(hair, (120, 120, 130), 0.4)], 90, _combed)
    canvas.fill(skull, bone)
    _flesh(canvas, skull, bone, vein)
    _fringe(canvas, hair, wide, tall)
    for side in (-1, 1):
        _eye(canvas, (side * rng.normal(5.5, 0.3) + yaw) * wide, rng.normal(-6.8, 0.35) * tall, vein)
    _nose(canvas, yaw * 1.2, tall)
    _teeth(canvas, yaw * 0.9, wide, tall)
    canvas.light(rng.uniform(0, 2 * np.pi), rng.uniform(0.1, 0.5), 0.05)
    return canvas


def _combed(roots: np.ndarray) -> np.ndarray:
    return np.column_stack([roots[:, 1] + 8, -roots[:, 0]]) * 0.28


def _bust(canvas: Canvas, bust: np.ndarray, collar: Colour) -> None:
    rng = canvas.rng
    dip = rng.uniform(20.5, 25)
    throat = spline([(-8, 9), (0, 9), (8, 9), (5.4, 15), (rng.normal(0, 0.8), dip), (-5.4, 15)])
    red = mix((44, 20, 58), (52, 34, 110), rng.random())

    def draw() -> None:
        canvas.fill(bust, collar)
        for side in (-1, 1):  # the lapels: a fold of shadow and one of light
            canvas.line(spline([(side * 7, 10), (side * 6.2, 16), (side * 1.5, 25)], closed=False), shade(collar, 0.72), 1.2)
            canvas.line(spline([(side * 9.5, 13), (side * 9, 18), (side * 4, 25)], closed=False), shade(collar, 1.12), 1.5)
        canvas.fill(throat, red)
        for x in (-4.5, -2.5, -0.8, 0.9, 2.6, 4.6):
            canvas.line(np.array([(x, 10), (x * 0.5, dip - 3)]), mix(red, (60, 60, 150), rng.uniform(0, 0.8)), 0.5)

    canvas.inside(bust, draw)


def _flesh(canvas: Canvas, skull: np.ndarray, bone: Colour, vein: Colour) -> None:
    """Bare muscle: winding dark strings with light beside them, denser at the rim."""
    rng = canvas.rng

    def draw() -> None:
        for _ in range(int(rng.integers(50, 80))):
            angle, away = rng.uniform(0, 2 * np.pi), rng.uniform(0.25, 1.0) ** 0.7
            x, y = 12.5 * away * np.cos(angle), -7 + 17 * away * np.sin(angle)
            way = angle + np.pi / 2 + rng.normal(0, 0.7)
            steps = np.cumsum(rng.normal(0, 0.5, 4)) + way
            path = np.cumsum(np.vstack([[x, y], np.column_stack([np.cos(steps), np.sin(steps)]) * rng.uniform(0.7, 1.7)]), axis=0)
            curve = spline([tuple(p) for p in path], closed=False, steps=4)
            canvas.line(curve + 0.5, shade(bone, 1.12), 0.5)
            canvas.line(curve, mix(vein, bone, rng.uniform(0, 0.75)), rng.uniform(0.35, 0.7))
        for side in (-1, 1):  # hollow temples and cheeks
            canvas.line(spline([(side * 11.5, -13), (side * 10.4, -5), (side * 9.6, -1)], closed=False), shade(vein, 0.8), 1.3)
            cheek = spline([(side * 10, -1.5), (side * 6.6, 1.2), (side * 6, 5), (side * 7.6, 9)], closed=False)
            canvas.line(cheek, shade(vein, rng.uniform(0.5, 0.9)), rng.uniform(0.9, 1.6))

    canvas.inside(skull, draw)


def _fringe(canvas: Canvas, hair: Colour, wide: float, tall: float) -> None:
    rng = canvas.rng
    height = rng.uniform(-22.5, -19)
    points = [(-13.5, -8), (-14.5, -20), (0, -28), (14.5, -20), (13.5, -8), (11.8, -14)]
    points += [(x, height + rng.normal(0, 1.1) - 1.5 * (1 - abs(x) / 8)) for x in (8.5, 4, 0, -4, -8.5)] + [(-11.8, -14)]
    outline = spline([(x * wide, y * tall) for x, y in points])

    def draw() -> None:
        canvas.fill(outline, hair)

    grow = spline([(x * wide, y * tall) for x, y in mirrored([(0, -27), (8, -25.5), (13.6, -20), (15, -12), (12, -4), (6, -9), (0, -10)])])
    canvas.inside(grow, draw)
    canvas.inside(grow, lambda: canvas.strands(outline, [shade(hair, 0.5), shade(hair, 1.7), (105, 100, 105)], 60, _combed))


def _eye(canvas: Canvas, x: float, y: float, vein: Colour) -> None:
    rng = canvas.rng
    size = rng.normal(1.0, 0.07)
    canvas.ellipse(x, y, 4.7 * size, 4.4 * size, shade(vein, 0.42), rng.uniform(-20, 20))
    canvas.ellipse(x, y, 3.4 * size, 3.1 * size, mix((226, 210, 205), (190, 160, 140), rng.random()))
    canvas.ellipse(x + rng.normal(0, 0.3), y + rng.normal(0, 0.3), 2.2 * size, 2.1 * size, (46, 30, 30))
    canvas.ellipse(x - 0.8, y - 0.8, 0.6, 0.6, (235, 225, 220))
    canvas.line(spline([(x - 4.2, y - 2.6), (x, y - 4.9), (x + 4.2, y - 2.6)], closed=False), shade(vein, 0.35), 0.9)


def _nose(canvas: Canvas, x: float, tall: float) -> None:
    top, foot = -3.2 * tall, canvas.rng.normal(2.0, 0.4) * tall
    half = canvas.rng.uniform(1.6, 2.6)
    canvas.fill(spline([(x, top), (x + half, foot), (x, foot - 1), (x - half, foot)]), (52, 26, 34))
    canvas.line(np.array([(x, top - 1), (x, foot - 1.4)]), (190, 165, 165), 0.6)


def _teeth(canvas: Canvas, x: float, wide: float, tall: float) -> None:
    rng = canvas.rng
    cream = mix((176, 205, 212), (205, 225, 228), rng.random())
    y, half, rows = rng.normal(8.6, 0.5) * tall, rng.normal(5.2, 0.4) * wide, rng.normal(3.1, 0.35) * tall
    lip = half + 1.2
    gums = [(x - lip, y - rows), (x, y - rows - 1.6), (x + lip, y - rows), (x + half, y + rows + 0.6), (x, y + rows + 1.6)]
    canvas.fill(spline([*gums, (x - half, y + rows + 0.6)]), (62, 36, 66))
    low = half * 0.85
    row = [(x - half, y - rows), (x, y - rows - 0.7), (x + half, y - rows), (x + low, y + rows), (x, y + rows + 0.5), (x - low, y + rows)]
    canvas.fill(spline(row), cream)
    for k in np.linspace(-half * 0.75, half * 0.75, int(rng.integers(4, 7))):
        canvas.line(np.array([(x + k, y - rows), (x + k * 0.9, y + rows)]), shade(cream, 0.66), 0.3)
    gap = rng.uniform(0.2, 0.9)
    canvas.line(spline([(x - half, y), (x, y + 0.5), (x + half, y)], closed=False), (70, 60, 80), gap)
