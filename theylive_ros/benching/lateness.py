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

"""How late pulses are in wall time: each against the moment at which the same plan makes it in virtual time."""

from __future__ import annotations

import dataclasses
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from theylive_ros.benching.figures import BenchError, Figure, histogram, spread_ms
from theylive_ros.benching.recorded_lines import read_pulses
from theylive_ros.controller.config import ExecutorSettings, build
from theylive_ros.controller.executor import Executor
from theylive_ros.controller.lines.sim import SimConfig, SimLines
from theylive_ros.controller.link import Link
from theylive_ros.controller.transports import LoopbackTransport, ProcessTransport
from theylive_ros.mirrors.motion import MotionSettings, State, duration, plan
from theylive_ros.types import Segment

_LINES = "theylive_ros.benching.recorded_lines:RecordedLines"
_RATE = 2000.0  # microsteps/s
_LEG = 140  # microsteps between two turns
_AHEAD = 0.1  # s by which a leg is sent before its start
_PATIENCE = 10.0  # s for the controller to answer
_EXECUTOR = {"max_rate": _RATE}


@dataclasses.dataclass(frozen=True)
class Lateness:
    """seconds: of every pulse, from when it was due until it was made; pulses asked for and made."""

    seconds: tuple[float, ...]
    asked: int
    made: int

    def figures(self) -> list[Figure]:
        """To inform; only the number of pulses is a promise."""
        spread = spread_ms(self.seconds)
        shown = [Figure(f"pulse after its moment: {name}", spread[name], "ms") for name in ("p50", "p99", "max")]
        return [
            *shown,
            Figure("pulses under load: asked for and not made, or made twice", abs(self.asked - self.made), "pulses", at_most=0),
        ]

    def plain(self) -> dict[str, Any]:
        """Fit for JSON: spread and histogram in ms."""
        return {"pulses": self.made, **spread_ms(self.seconds), "histogram_ms": histogram([1e3 * s for s in self.seconds])}


def measure(seconds: float, priority: int = 50) -> Lateness:
    """Both axes to and fro for so long by a controller's process. Raises BenchError."""
    with tempfile.TemporaryDirectory(prefix="theylive-bench-") as folder:
        file = Path(folder) / "pulses"
        settings = {
            "lines": {"pulses": str(file), "limit_x_line": -1, "limit_y_line": -1},
            "executor": _EXECUTOR,
            "process": {"priority": priority},
        }
        link = Link(ProcessTransport(_LINES, settings))
        try:
            _until(link, lambda: link.status() is not None and not link.status().moving)
            link.reference()
            begin = time.monotonic() + _AHEAD
            legs = _legs(begin, seconds)
            for segments, start in legs:
                _until(link, lambda start=start: time.monotonic() >= start - _AHEAD)  # type: ignore[misc]
                link.move(segments, start, lit=False)
            end = legs[-1][1] + duration(legs[-1][0])
            _until(link, lambda: time.monotonic() > end + _AHEAD and link.status() is not None and not link.status().moving)
            errors = link.take_errors()
        finally:
            link.close()
        if errors:
            raise BenchError(f"the controller refused to play on: {errors[0]}")
        made = read_pulses(file)
    due = _due(legs)
    late = [m - d for axis in (0, 1) for m, d in zip(made[axis], due[axis], strict=False)]
    if not late:
        raise BenchError("not one pulse was made")
    return Lateness(tuple(late), sum(map(len, due)), sum(map(len, made)))


def _legs(begin: float, seconds: float) -> list[tuple[list[Segment], float]]:
    motion = MotionSettings(max_speed=_RATE)
    legs, place, start = [], 0, begin
    while start < begin + seconds:
        goal = 0 if place else _LEG
        segments = plan(State(float(place), 0.0, float(place), 0.0), (goal, goal), motion)
        legs.append((segments, start))
        place, start = goal, start + duration(segments)
    return legs


def _due(legs: list[tuple[list[Segment], float]]) -> tuple[list[float], list[float]]:
    """When each axis' pulses are made by an executor that is never late (s)."""
    now = legs[0][1] - _AHEAD
    lines = _TimedLines()
    executor = Executor(lines, build(ExecutorSettings, _EXECUTOR))
    executor.open(round(now * 1e6))
    link = Link(LoopbackTransport(executor, lambda: now), lambda: now)
    link.pump()
    link.reference()
    for segments, start in legs:
        now = start - _AHEAD
        link.move(segments, start, lit=False)
    while now < start + duration(segments):
        now += 0.05
        link.pump()  # which plays what is due, and keeps the controller from thinking that nobody is there
    return lines.times


class _TimedLines(SimLines):
    def __init__(self) -> None:
        super().__init__(SimConfig(has_limits=False))
        self.times: tuple[list[float], list[float]] = ([], [])

    def step(self, axis: int, direction: int, now_us: int) -> None:
        super().step(axis, direction, now_us)
        self.times[axis].append(now_us * 1e-6)


def _until(link: Link, condition: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise BenchError("; ".join(link.take_errors()) or f"the controller did not answer within {_PATIENCE:.0f} s")
        link.pump()
        time.sleep(0.002)
