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

"""The simulated board in lock-step: ask for a time, get the true heads and the camera's picture. The same seed gives the same bytes."""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Sequence

import numpy as np

from theylive_ros.simulator.board import draw_board
from theylive_ros.simulator.camera import CALM, HeadView, SimCamera, Upset, decode
from theylive_ros.simulator.heads import BOX_MM, LOOKS, prepare
from theylive_ros.simulator.movers import Mover, Point, make_mover
from theylive_ros.simulator.scenario import Actor, Scenario, Spawn, Waypoints
from theylive_ros.simulator.truth import TrueHead

TICK = 0.01  # s; heads come, go and change their velocity at its multiples only


@dataclasses.dataclass
class _Head:
    """A head on the board; x, y, vx, vy (mm, mm/s) hold from `tick` time on until the next."""

    id: int
    actor: Actor
    rule: int  # index of the spawn rule, -1 for an actor of its own
    look: int
    size: float
    rotation: float
    spin: float
    born: float
    gone: float
    start: Point
    outside: Point
    mover: Mover
    x: float = 0.0
    y: float = 0.0
    vx: float = 0.0
    vy: float = 0.0
    left_from: Point | None = None
    finished: bool = False


class World:
    """A board on which a scenario happens. Time starts at 0 and is advanced by whoever owns the world."""

    def __init__(self, scenario: Scenario, seed: int | None = None) -> None:
        """seed: in place of the scenario's own."""
        self.scenario = scenario
        self.seed = scenario.seed if seed is None else seed
        settings = scenario.camera
        self.camera = SimCamera(settings, draw_board(scenario.board, settings.width, settings.height), self.seed)
        self._half = (settings.width * settings.mm_per_px / 2, settings.height * settings.mm_per_px / 2)
        for actor in (*scenario.actors, *scenario.spawn):
            prepare(actor.label, range(LOOKS) if actor.look < 0 else [actor.look])
        self._restart()

    @property
    def time(self) -> float:
        """The present moment of the world (s)."""
        return self._us / 1e6

    def advance(self, dt: float) -> None:
        """Let `dt` seconds pass (counted in whole microseconds)."""
        self._go(self._us + round(dt * 1e6))

    def at(self, t: float) -> None:
        """Go to time t (s). Going back plays everything again from the start."""
        self._go(round(t * 1e6))

    def heads(self) -> list[TrueHead]:
        """Every head on the board now, the topmost last; also those that are still outside the picture."""
        return [self._truth(h) for h in self._heads]

    def frame(self, spot: tuple[float, float] | None = None, lit_share: float = 1.0) -> np.ndarray:
        """The camera's picture now, as it comes out of its JPEG: uint8 (height, width, 3) BGR.

        spot: where the beam meets the board (px), None when dark; lit_share: share of the exposure in which it was lit.
        """
        return decode(self.jpeg(spot, lit_share))

    def jpeg(self, spot: tuple[float, float] | None = None, lit_share: float = 1.0) -> bytes:
        """The camera's picture now, as the JPEG it sends."""
        views = [self._view(h) for h in self._heads]
        return self.camera.compress(self.camera.picture(self.time, views, spot, self._upset(), lit_share))

    # -- the course of things

    def _restart(self) -> None:
        self._us = 0
        self._tick = -1
        self._ids = 0
        self._heads: list[_Head] = []
        self._go(0)

    def _go(self, us: int) -> None:
        if us < self._us:
            self._restart()
        self._us = us
        last = us // round(TICK * 1e6)
        while self._tick < last:
            self._tick += 1
            self._step()

    def _step(self) -> None:
        """What happens at the beginning of the present tick."""
        loop = round(self.scenario.loop_s / TICK)
        cycle, tick = divmod(self._tick, loop) if loop else (0, self._tick)
        if tick == 0:
            self._begin(cycle)
        now = self._tick * TICK
        self._heads = [h for h in self._heads if not h.finished and not (now >= h.gone - 1e-9 and h.actor.leave == "pop")]
        for appear, index in [w for w in self._waiting if w[0] <= tick]:
            self._waiting.remove((appear, index))
            self._add(self.scenario.actors[index], -1, self._chances[index], clear=0.0)
        for index, rule in enumerate(self.scenario.spawn):
            self._spawn(index, rule, tick)
        for h in self._heads:
            self._move(h, now)

    def _begin(self, cycle: int) -> None:
        """The timeline begins (anew)."""
        self._heads = []
        actors, rules = self.scenario.actors, self.scenario.spawn
        self._chances = [random.Random(f"{self.seed}/{cycle}/actor/{i}") for i in range(len(actors))]
        self._luck = [random.Random(f"{self.seed}/{cycle}/spawn/{i}") for i in range(len(rules))]
        self._waiting = [(round(rng.uniform(*a.appear_s) / TICK), i) for i, (a, rng) in enumerate(zip(actors, self._chances, strict=True))]
        self._due = [round(rng.uniform(*r.appear_s) / TICK) for r, rng in zip(rules, self._luck, strict=True)]

    def _spawn(self, index: int, rule: Spawn, tick: int) -> None:
        if tick < self._due[index]:
            return
        rng = self._luck[index]
        if sum(h.rule == index for h in self._heads) < rule.most and self._add(rule, index, rng, clear=rule.clear_mm):
            self._due[index] = tick + max(1, round(rng.uniform(*rule.every_s) / TICK))
        else:
            self._due[index] = tick + 10

    def _add(self, actor: Actor, rule: int, rng: random.Random, clear: float) -> bool:
        """Bring a head; False where no place is at least `clear` (mm) from all others."""
        size = rng.uniform(*actor.size)
        room = tuple(max(0.0, half - size * BOX_MM / 2) for half in self._half)
        start = self._start(actor, rng, room, clear)
        if start is None:
            return False
        self._ids += 1
        born = self._tick * TICK
        stay = rng.uniform(*actor.stay_s)
        outside = self._outside(start, size)
        coming = math.dist(start, outside) / actor.slide_mm_s if actor.entry == "slide" else 0.0
        self._heads.append(
            _Head(
                id=self._ids,
                actor=actor,
                rule=rule,
                look=rng.randrange(LOOKS) if actor.look < 0 else actor.look,
                size=size,
                rotation=math.radians(rng.uniform(*actor.rotation_deg)),
                spin=math.radians(rng.uniform(*actor.spin_deg_s)),
                born=born,
                gone=born + coming + stay if stay > 0 else math.inf,
                start=start,
                outside=outside,
                mover=make_mover(actor.path, start, room, rng),
            )
        )
        return True

    def _start(self, actor: Actor, rng: random.Random, room: Sequence[float], clear: float) -> Point | None:
        path = actor.path
        given = path.points_mm[0] if isinstance(path, Waypoints) else path.at_mm
        if given:
            spot = (float(given[0]), float(given[1]))
            return spot if clear <= 0 or self._gap(spot) >= clear else None
        tries = [(rng.uniform(-room[0], room[0]), rng.uniform(-room[1], room[1])) for _ in range(24)]
        best = max(tries, key=self._gap) if clear <= 0 else next((p for p in tries if self._gap(p) >= clear), None)
        return best

    def _gap(self, spot: Point) -> float:
        return min((math.dist(spot, (h.x, h.y)) for h in self._heads), default=math.inf)

    def _outside(self, place: Point, size: float) -> Point:
        """The nearest place where a head's box is wholly outside the picture."""
        reach = size * BOX_MM / 2
        x, y = place
        if self._half[0] - abs(x) <= self._half[1] - abs(y):
            return math.copysign(self._half[0] + reach, x), y
        return x, math.copysign(self._half[1] + reach, y)

    def _move(self, head: _Head, now: float) -> None:
        """Set the head's place at the present tick and its velocity up to the next one."""
        speed = head.actor.slide_mm_s
        age = now - head.born
        coming = math.dist(head.start, head.outside) / speed if head.actor.entry == "slide" else 0.0
        if now >= head.gone - 1e-9:
            if head.left_from is None:
                head.left_from = (head.x + head.vx * TICK, head.y + head.vy * TICK)
                head.outside = self._outside(head.left_from, head.size)
            place, velocity, head.finished = _glide(head.left_from, head.outside, speed, now - head.gone)
        elif age < coming - 1e-9:
            place, velocity, _ = _glide(head.outside, head.start, speed, age)
        else:
            others = [(h.x, h.y) for h in self._heads if h is not head]
            place, velocity = head.mover.step(age - coming, TICK, others)
        head.x, head.y = place
        head.vx, head.vy = velocity

    # -- what is seen of it

    def _now(self, head: _Head) -> tuple[float, float]:
        """The head's place now (px)."""
        since = self.time - self._tick * TICK
        return self.camera.to_px((head.x + head.vx * since) / 1000, (head.y + head.vy * since) / 1000)

    def _truth(self, head: _Head) -> TrueHead:
        s = self.scenario.camera
        x, y = self._now(head)
        side = head.size * BOX_MM / s.mm_per_px
        inside_x = max(0.0, min(x + side / 2, s.width) - max(x - side / 2, 0))
        inside_y = max(0.0, min(y + side / 2, s.height) - max(y - side / 2, 0))
        visible = min(1.0, inside_x * inside_y / side**2)
        vx, vy = head.vx / s.mm_per_px, head.vy / s.mm_per_px
        return TrueHead(head.id, head.actor.label, x, y, side, side, visible, vx, vy, head.born)

    def _view(self, head: _Head) -> HeadView:
        x, y = self._now(head)
        k = self.scenario.camera.mm_per_px
        turned = head.rotation + head.spin * (self.time - head.born)
        return HeadView(head.actor.label, head.look, x, y, turned, head.size, head.vx / k, head.vy / k)

    def _upset(self) -> Upset:
        gain, tint, blur = CALM
        loop = self.scenario.loop_s
        now = self.time % loop if loop else self.time
        for d in self.scenario.disturbances:
            since = now - d.at_s
            if d.every_s > 0 and since >= 0:
                since %= d.every_s
            if not 0 <= since < d.for_s:
                continue
            if d.kind == "exposure":
                gain *= max(0.0, d.amount)
            elif d.kind == "tint":
                tint += d.amount
            else:
                blur = math.hypot(blur, d.amount)
        return Upset(gain, tint, blur)


def _glide(start: Point, end: Point, speed: float, since: float) -> tuple[Point, Point, bool]:
    """Place and velocity on a straight way, and whether its end is reached within the tick."""
    way = math.dist(start, end)
    if way <= 0:
        return end, (0.0, 0.0), True
    ux, uy = (end[0] - start[0]) / way, (end[1] - start[1]) / way
    done = min(way, speed * since)
    pace = min(speed, (way - done) / TICK)
    return (start[0] + ux * done, start[1] + uy * done), (ux * pace, uy * pace), done + pace * TICK >= way
