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

"""What the controller's process costs while it makes pulses at full speed on both axes, and whether it makes every one."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from theylive_ros.benching.figures import BenchError, Figure
from theylive_ros.controller.link import Link, Status
from theylive_ros.controller.transports import ProcessTransport
from theylive_ros.mirrors.motion import MotionSettings, State, duration, plan

BARE = "theylive_ros.benching.bare_gpio:BareGpioLines"
RATE = 2000.0  # microsteps/s
SHARE = 0.25  # of one core
_LEG = 2000  # microsteps between two turns
_AHEAD = 0.1  # s by which a leg is sent before its start
_PATIENCE = 5.0  # s for the controller to answer


def measure(lines: str = BARE, config: dict[str, Any] | None = None, seconds: float = 10.0) -> list[Figure]:
    """Run both axes to and fro at RATE for so long. lines: `module:Class`; config: values of its Config. Raises BenchError."""
    executor = {"max_rate": RATE, "high_x": _LEG, "high_y": _LEG}
    transport = ProcessTransport(lines, {"lines": config or {}, "executor": executor})
    link = Link(transport)
    try:
        return _measure(link, transport.process.pid, seconds)
    finally:
        link.close()


def _measure(link: Link, pid: int, seconds: float) -> list[Figure]:
    _until(link, lambda status: not status.moving)
    link.reference()
    first = _until(link, lambda status: status.referenced)
    motion = MotionSettings(max_speed=RATE)
    start = begin = time.monotonic() + _AHEAD
    place, way, lag = 0, 0, 0.0
    cpu = _cpu_seconds(pid)
    while start < begin + seconds:
        goal = 0 if place else _LEG
        leg = plan(State(float(place), 0.0, float(place), 0.0), (goal, goal), motion)
        link.move(leg, start, lit=False)
        place, way, start = goal, way + _LEG, start + duration(leg)
        while time.monotonic() < start - _AHEAD:
            link.pump()
            status = link.status()
            lag = max(lag, status.lag if status else 0.0)
            time.sleep(0.005)
    last = _until(link, lambda status: not status.moving and status.time > start)
    spent, took = _cpu_seconds(pid) - cpu, last.time - begin
    errors = link.take_errors()
    if errors:
        raise BenchError(f"the controller refused to play on: {errors[0]}")
    made = last.pulses[0] - first.pulses[0], last.pulses[1] - first.pulses[1]
    return [
        Figure("pulses: CPU of the controller's process, of one core", 100 * spent / took, "%", at_most=100 * SHARE),
        Figure("pulses: made per second on each axis", made[0] / took, "1/s"),
        Figure("pulses: asked for and not made, or made twice", abs(way - made[0]) + abs(way - made[1]), "pulses", at_most=0),
        Figure("pulses: counted, and not the position's change", abs(place - last.position[0]) + abs(place - last.position[1]), "", 0),
        Figure("pulses: schedule shifted by late wake-ups, most", 1e3 * lag, "ms"),
    ]


def _until(link: Link, condition: Any) -> Status:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        link.pump()
        status = link.status()
        if status is not None and condition(status):
            return status
        time.sleep(0.005)
    raise BenchError("; ".join(link.take_errors()) or f"the controller did not answer within {_PATIENCE:.0f} s")


def _cpu_seconds(pid: int) -> float:
    """User and system time that a process has taken so far (s); see proc(5)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
