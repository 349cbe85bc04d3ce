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

"""Draws John Nada: long fair hair, dark sunglasses, tanned face, checked shirt, cut off straight at the chest."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from theylive_ros.simulator.drawing import Canvas, Colour, mix, noise, shade, spline

Curve = Callable[..., np.ndarray]  # points (and whether closed) -> a smooth outline in John's proportions


def draw_john(rng: np.random.Generator) -> Canvas:
    """One John in a look of his own, about 44 units wide and 50 tall, upright in the middle of his box."""
    canvas = Canvas(rng)
    wide, tall = rng.normal(1.0, 0.04), rng.normal(1.0, 0.03)
    if rng.random() < 0.5:
        wide = -wide  # faces the other way
    yaw = rng.uniform(0.0, 2.4)
    down = rng.normal(2.5, 0.8)  # the data set's box is about the face, not about the whole cut-out

    def curve(points: list[tuple[float, float]], closed: bool = True) -> np.ndarray:
        return spline([(x * wide, y * tall + down) for x, y in points], closed=closed)

    skin = mix((112, 134, 196), (138, 160, 205), rng.random())
    if rng.random() < 0.3:
        skin = mix(skin, (90, 105, 190), 0.5)
    fair = mix((160, 180, 196), (120, 160, 185), rng.random())
    dark = mix((44, 52, 66), (58, 84, 112), rng.uniform(0, 1))
    slope, reach = rng.uniform(-6, 8), rng.uniform(19, 24)
    left = [(-7, 8), (-12, 14), (-reach, 22 + slope / 2), (-reach - 2, 26 + slope / 2)]
    right = [(reach + 1, 27 - slope / 2), (reach - 3, 22 - slope / 2), (12, 14), (8, 8)]
    chest = np.array([(x * wide, y * tall + down) for x, y in [*left, *right]])
    dome = [(-14, 15), (-14.5, 8), (-13, 0), (-12.6, -10), (-10, -20), (-4, -25), (4, -25), (10, -20), (12, -12), (11.5, -3)]
    crown = curve([*dome, (13, 4), (15, 12), (10, 16), (-8, 17)])
    canvas.cut([chest, crown], rng.uniform(0.4, 1.2), (30, 30, 32) if rng.random() < 0.8 else (222, 226, 226))
    canvas.fill(crown, dark)
    canvas.strands(crown, [shade(dark, 0.6), shade(dark, 1.5), mix(dark, fair, 0.6)], 110, _fall)
    neck = curve([(-6, 4), (6, 4), (7.5, 12), (8, 17), (2.5 + yaw, 25.5), (-6, 17)])
    _shirt(canvas, chest, neck, skin)
    face = curve(
        [(-8.6, -13), (0, -17), (8.8, -13), (9.4, -5), (8.6, 2), (6 + yaw * 0.3, 7.5), (yaw, 10.4), (-5, 7.6), (-8.4, 1), (-9, -6)]
    )
    canvas.inside(neck, lambda: canvas.fill(face + np.array([0.4, 1.8]), shade(skin, 0.62)))  # the chin's shadow
    canvas.fill(face, skin)
    _features(canvas, curve, face, skin, yaw)
    _glasses(canvas, curve, yaw)
    _mop(canvas, curve, fair, dark)
    _locks(canvas, curve, dark, fair)
    canvas.light(rng.uniform(0, 2 * np.pi), rng.uniform(0.1, 0.5), 0.05)
    return canvas


def _fall(roots: np.ndarray) -> np.ndarray:
    return np.column_stack([roots[:, 0] * 0.12, np.full(len(roots), 4.5)])


def _swept(roots: np.ndarray) -> np.ndarray:
    return np.column_stack([2.4 + 0 * roots[:, 0], 0.22 * np.abs(roots[:, 0]) - 2.0])


def _shirt(canvas: Canvas, chest: np.ndarray, neck: np.ndarray, skin: Colour) -> None:
    rng = canvas.rng
    base, pale, deep = ((92, 74, 52), (210, 204, 190), (52, 40, 32))
    base = mix(base, [(60, 60, 66), (60, 52, 110), (84, 96, 60)][int(rng.integers(3))], rng.uniform(0, 0.8))

    def draw() -> None:
        canvas.fill(chest, base)
        pitch, tilt = rng.uniform(4, 7), rng.uniform(-0.5, 0.5)
        for k in np.arange(-40, 40, pitch):
            for turn in (tilt, tilt + np.pi / 2):
                way = np.array([np.cos(turn), np.sin(turn)])
                foot = np.array([-way[1], way[0]]) * k + np.array([0, 18])
                colour = mix(base, pale if rng.random() < 0.6 else deep, rng.uniform(0.4, 0.9))
                canvas.line(np.array([foot - 60 * way, foot + 60 * way]), colour, pitch * rng.uniform(0.15, 0.4))
        spots = noise(rng, canvas.alpha.shape, 9)  # crumpled cloth: patches of light and dark
        canvas.image[spots > 1.25] = pale
        canvas.image[spots < -1.2] = deep

    canvas.inside(chest, draw)
    low = chest[:, 1].max()
    band = rng.uniform(0.5, 2.2)
    canvas.inside(chest, lambda: canvas.line(chest[3:5], (24, 24, 26), band))
    canvas.inside(chest, lambda: canvas.fill(neck, shade(skin, 0.8)))
    canvas.line(neck[len(neck) // 3 :], (44, 40, 38), 0.6)
    if rng.random() < 0.5:
        canvas.line(np.array([(0.5, 14), (1.5, min(22, low - 4))]), shade(skin, 0.65), 0.6)


def _features(canvas: Canvas, curve: Curve, face: np.ndarray, skin: Colour, yaw: float) -> None:
    rng = canvas.rng
    shadow, bright = shade(skin, 0.68), shade(skin, 1.14)

    def draw() -> None:
        canvas.line(curve([(-8.6, -8), (-8, 1), (-4.4, 7.6), (yaw, 10.5)], False), shadow, 2.0)
        canvas.line(curve([(5.5 + yaw / 2, -1), (5 + yaw / 2, 3)], False), bright, 2.2)
        canvas.line(curve([(-3, -13.5), (4, -13.5)], False), bright, 2.0)
        canvas.line(curve([(yaw, -6), (yaw + 1.4, -0.4), (yaw - 0.8, 0.2)], False), shadow, 0.8)
        canvas.line(
            curve([(yaw - 3.4, 4.3), (yaw, 3.8 + rng.uniform(0, 0.6)), (yaw + 3, 4.2)], False), shade(skin, 0.45), rng.uniform(0.6, 1.1)
        )
        canvas.line(curve([(yaw - 2.2, 5.8), (yaw + 2, 5.8)], False), shadow, 0.7)
        canvas.line(curve([(yaw - 4.5, 0.8), (yaw - 4.8, 4)], False), shadow, 0.6)

    canvas.inside(face, draw)


def _glasses(canvas: Canvas, curve: Curve, yaw: float) -> None:
    rng = canvas.rng
    frame = mix((20, 18, 18), (30, 40, 60), rng.random() ** 3)
    top, foot, round_ = rng.normal(-9.8, 0.4), rng.normal(-3.6, 0.5), rng.uniform(0, 0.8)
    middle = yaw * 0.7
    for side in (-1, 1):
        inner, outer = middle + side * 1.0, middle + side * (8.8 - side * yaw * 0.35)
        lens = [(inner, top + 0.4), (outer, top), (outer - side * 0.2, (top + foot) / 2), (outer - side * (2.0 + round_), foot)]
        canvas.fill(curve([*lens, (inner + side * 1.6, foot + 0.2), (inner + side * 0.3, (top + foot) / 2)]), frame)
        sheen = [(outer - side * 2.2, top + 1.6), (outer - side * 5, foot - 1.4)]
        canvas.line(curve(sheen, False), mix(frame, (150, 120, 105), rng.uniform(0.1, 0.7)), rng.uniform(0.5, 1.2))
    canvas.line(curve([(-9.8, top + 0.3), (middle, top + 0.2), (9.8, top + 0.3)], False), frame, 1.5)


def _mop(canvas: Canvas, curve: Curve, fair: Colour, dark: Colour) -> None:
    rng = canvas.rng
    brow = rng.uniform(-13.6, -11.8)
    over = [(-10.4, brow + 1), (-12, -16), (-9.5, -21.5), (-3, -25.5), (4.5, -25), (10, -20.5), (11.6, -15), (9.6, brow)]
    fringe = [(6, brow - 2.6 + rng.normal(0, 0.6)), (2, brow - 1.2), (-2, brow - 3.2 + rng.normal(0, 0.6)), (-6, brow - 1.6)]
    mop = curve([*over, *fringe])
    canvas.fill(mop, mix(fair, dark, 0.22))
    tones = [fair, shade(fair, 1.2), mix(fair, dark, 0.4), mix(fair, dark, 0.75), shade(fair, 0.85)]
    canvas.strands(mop, tones, 150, _swept)


def _locks(canvas: Canvas, curve: Curve, dark: Colour, fair: Colour) -> None:
    """The mullet: what falls before the ears on both sides down to the shoulders."""
    rng = canvas.rng
    drop = rng.uniform(12, 17)
    for side in (-1, 1):
        outside = [(9.2, -13), (12, -12), (12.2, -2), (14, 6), (14.2, drop), (10.5, drop - 1), (9.4, 6), (9.6, -1)]
        lock = curve([(side * x, y) for x, y in outside])
        canvas.fill(lock, dark)
        canvas.strands(lock, [shade(dark, 0.6), shade(dark, 1.45), mix(dark, fair, 0.55), mix(dark, fair, 0.8)], 70, _fall)
