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

"""How heads move: one small class per kind of path. Millimetres on the board, seconds since the head's path began."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Protocol

from theylive_ros.simulator import scenario as sc

Point = tuple[float, float]


class Mover(Protocol):
    """Moves one head, tick by tick."""

    def step(self, age: float, dt: float, others: Sequence[Point]) -> tuple[Point, Point]:
        """Place at `age` and velocity until `age + dt`. others: places of all other heads."""


class PathMover:
    """A path known beforehand: places are a function of time."""

    def __init__(self, path: sc.Static | sc.Waypoints | sc.Bounce, start: Point, room: Point) -> None:
        """room: half the width and height within which a head's centre bounces."""
        self._path, self._start, self._room = path, start, room
        if isinstance(path, sc.Waypoints):
            self._legs = _legs(path)

    def step(self, age: float, dt: float, others: Sequence[Point]) -> tuple[Point, Point]:
        """See `Mover`."""
        (x0, y0), (x1, y1) = self._place(age), self._place(age + dt)
        return (x0, y0), ((x1 - x0) / dt, (y1 - y0) / dt)

    def _place(self, age: float) -> Point:
        path = self._path
        if isinstance(path, sc.Bounce):
            x, y = (_fold(p + v * age, room) for p, v, room in zip(self._start, path.velocity_mm_s, self._room, strict=True))
            return x, y
        if isinstance(path, sc.Waypoints):
            return _along(self._legs, age, path.after)
        return self._start


class Wanderer:
    """A smooth random walk with bounded acceleration that keeps inside the picture and away from others."""

    def __init__(self, path: sc.Wander, start: Point, room: Point, rng: random.Random) -> None:
        self._path, self._room, self._rng = path, room, rng
        self._speed = rng.uniform(*path.speed_mm_s)
        self._heading = rng.uniform(-math.pi, math.pi)
        self._x, self._y = start
        self._vx = self._vy = 0.0

    def step(self, age: float, dt: float, others: Sequence[Point]) -> tuple[Point, Point]:
        """See `Mover`."""
        here = (self._x, self._y)
        self._heading += self._rng.gauss(0, 0.9) * math.sqrt(dt)
        wish_x, wish_y = self._speed * math.cos(self._heading), self._speed * math.sin(self._heading)
        push_x, push_y = self._pushes(others)
        wish_x, wish_y = wish_x + push_x, wish_y + push_y
        if push_x or push_y:  # turn where it is driven, so that it does not press on against a wall
            aside = math.atan2(wish_y, wish_x) - self._heading
            self._heading += math.atan2(math.sin(aside), math.cos(aside)) * min(1.0, 3 * dt)
        wish = math.hypot(wish_x, wish_y)
        most = max(1.25 * self._speed, 1.0)
        if wish > most:
            wish_x, wish_y = wish_x * most / wish, wish_y * most / wish
        ax, ay = (wish_x - self._vx) / 0.2, (wish_y - self._vy) / 0.2
        pull = math.hypot(ax, ay)
        if pull > self._path.acceleration_mm_s2:
            ax, ay = ax * self._path.acceleration_mm_s2 / pull, ay * self._path.acceleration_mm_s2 / pull
        self._vx += ax * dt
        self._vy += ay * dt
        self._x += self._vx * dt
        self._y += self._vy * dt
        return here, (self._vx, self._vy)

    def _pushes(self, others: Sequence[Point]) -> Point:
        push_x = push_y = 0.0
        speed = max(self._speed, 20.0)
        keep = self._path.distance_mm
        for x, y in others:
            dx, dy = self._x - x, self._y - y
            away = math.hypot(dx, dy)
            if 0 < away < 1.35 * keep:
                force = 3.2 * speed * (1.35 - away / keep) / away
                push_x += dx * force
                push_y += dy * force
        for axis, (at, room) in enumerate(((self._x, self._room[0]), (self._y, self._room[1]))):
            deep = abs(at) - (room - 12)
            if deep > 0:
                force = -math.copysign(3.0 * speed * min(2.0, deep / 12), at)
                push_x, push_y = (push_x + force, push_y) if axis == 0 else (push_x, push_y + force)
        return push_x, push_y


def make_mover(path: object, start: Point, room: Point, rng: random.Random) -> Mover:
    """The mover for a path of a scenario, from `start`."""
    if isinstance(path, sc.Wander):
        return Wanderer(path, start, room, rng)
    assert isinstance(path, (sc.Static, sc.Waypoints, sc.Bounce))
    return PathMover(path, start, room)


def _fold(at: float, room: float) -> float:
    """A coordinate that runs on, thrown back at -room and +room."""
    if room <= 0:
        return 0.0
    turn = (at + room) % (4 * room)
    return turn - room if turn <= 2 * room else 3 * room - turn


def _legs(path: sc.Waypoints) -> list[tuple[Point, Point, float]]:
    points: list[Point] = [(p[0], p[1]) for p in path.points_mm]
    if path.after == "round":
        points.append(points[0])
    count = len(points) - 1
    speeds = path.speed_mm_s * count if len(path.speed_mm_s) == 1 else path.speed_mm_s
    return [(a, b, math.dist(a, b) / v) for a, b, v in zip(points[:-1], points[1:], speeds, strict=True)]


def _along(legs: Sequence[tuple[Point, Point, float]], age: float, after: str) -> Point:
    whole = sum(leg[2] for leg in legs)
    if whole <= 0:
        return legs[0][0]
    if after == "round":
        age %= whole
    elif after == "back":
        age %= 2 * whole
        age = 2 * whole - age if age > whole else age
    for a, b, time in legs:
        if age < time:
            share = age / time
            return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share
        age -= time
    return legs[-1][1]
