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

"""Goes from place to place, waits until the mirrors stand there, shines if asked to, and collects what is seen of the spot. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Sequence
from typing import Generic, TypeVar

from theylive_ros.jogging.lamp import Lamp
from theylive_ros.jogging.outline import JogError, Steps
from theylive_ros.types import SpotSeen

T = TypeVar("T")

_STANDS = 0.25  # microsteps
_PATIENCE = 5.0  # s for a move
_LIGHT_PATIENCE = 3.0  # s for light: low duty is taken over 2 s
_SPOT_PATIENCE = 8.0  # s for spots
_EXPOSURE = 0.05  # s after which a frame shows the mirrors where they stand
_OURS = {"no_order", "slewing", "not_settled"}  # what keeps the laser dark because of what is ordered


@dataclasses.dataclass(frozen=True)
class Visit:
    """steps: where to (microsteps). light: shine there. dwell: how long (s; with light: in light). spots: how often the spot must be seen
    before going on."""

    steps: Steps
    light: bool = False
    dwell: float = 0.0
    spots: int = 0


@dataclasses.dataclass(frozen=True)
class Visited:
    """lit: the laser shone. spots: middles of the spot (px). reason: why it stayed dark, or why none, or not more, were seen."""

    lit: bool
    spots: tuple[tuple[float, float], ...]
    reason: str


@dataclasses.dataclass(frozen=True)
class World:
    """What is known at `now` (s, the clock of the spots' stamps). steps: where the axes stand (microsteps). lit: the laser shines; reasons:
    what keeps it dark. spots: those that came since the last look."""

    now: float
    steps: tuple[float, float]
    still: bool
    lit: bool
    reasons: tuple[str, ...]
    spots: Sequence[SpotSeen]


class Visitor(Generic[T]):
    """Makes the visits that a procedure asks for. `result` is what the procedure returned; there is none before `step` has said None."""

    result: T

    def __init__(self, procedure: Generator[Visit, Visited, T]) -> None:
        self._procedure = procedure
        self._lamp = Lamp()
        self._visit: Visit | None = next(procedure)
        self._begin()

    def step(self, world: World) -> Visit | None:
        """Where the mirrors are to be now, and with light or not: it comes in bursts. None at the end. Raises JogError."""
        if self._visit is not None and (done := self._look(self._visit, world)) is not None:
            try:
                self._visit = self._procedure.send(done)
            except StopIteration as end:
                self._visit = None
                self.result = end.value
            self._begin()
        if self._visit is None:
            return None
        light = self._lamp.order(world.now, self._visit.light and self._stood is not None, world.lit)
        if light and not world.lit:
            self._dark = tuple(reason for reason in world.reasons if reason not in _OURS) or self._dark
        return dataclasses.replace(self._visit, light=light)

    def _begin(self) -> None:
        self._since: float | None = None
        self._stood: float | None = None
        self._lit: float | None = None
        self._spots: list[tuple[float, float]] = []
        self._reason = ""
        self._dark: tuple[str, ...] = ()

    def _look(self, visit: Visit, world: World) -> Visited | None:
        """What the visit came to, None while it lasts."""
        now = world.now
        self._since = now if self._since is None else self._since
        there = world.still and all(abs(a - b) <= _STANDS for a, b in zip(world.steps, visit.steps, strict=True))
        if self._stood is None:
            if not there:
                if now - self._since > _PATIENCE:
                    place = f"{world.steps[0]:.0f}, {world.steps[1]:.0f}"
                    reasons = ", ".join(world.reasons) or "nothing"
                    raise JogError(f"the mirrors stand at {place} and do not get to {visit.steps}: the laser's state says {reasons}")
                return None
            self._stood = now
        if visit.light and world.lit and self._lit is None:
            self._lit = now
        self._take(world, self._stood + _EXPOSURE)
        if self._is_over(visit, now):
            lit = self._lit is not None
            return Visited(lit, tuple(self._spots), self._reason if lit else ", ".join(self._dark))
        return None

    def _take(self, world: World, since: float) -> None:
        for seen in world.spots:
            if seen.stamp >= since:
                self._spots += [(seen.x, seen.y)] if seen.found else []
                self._reason = seen.reason or self._reason

    def _is_over(self, visit: Visit, now: float) -> bool:
        if visit.spots:
            return len(self._spots) >= visit.spots or now - self._stood > _SPOT_PATIENCE
        if not visit.light:
            return now - self._stood >= visit.dwell
        if self._lit is None:
            return now - self._stood > _LIGHT_PATIENCE
        return now - self._lit >= visit.dwell


def trace(places: Sequence[Steps], light: bool, dwell: float, laps: int) -> Generator[Visit, Visited, int]:
    """Along places, `laps` times; returns at how many of them the laser shone. The last place of a lap is the first of the next."""
    shone = 0
    for lap in range(laps):
        for place in places if lap == 0 else places[1:]:
            shone += (yield Visit(place, light, dwell)).lit
    return shone
