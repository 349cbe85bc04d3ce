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

"""How soon it is dark, in wall time: after the stop switch, a stalled or killed planner, a target that is lost, John coming near.

A planner's process (`rig_process`) and its controller's process shoot at a simulated board; the controller's wires write down when the
light truly changed. What happens on the board is known exactly afterwards, by playing the same scenario again.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import random
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from theylive_ros.benching.figures import BenchError, Figure, histogram, spread_ms
from theylive_ros.benching.load import CONTEXT
from theylive_ros.benching.recorded_lines import Edge, read_edges
from theylive_ros.benching.rig_process import RigOrder, Seen, play
from theylive_ros.mirrors.gate import GateSettings
from theylive_ros.simulator.scenario import parse_scenario
from theylive_ros.simulator.truth import TrueHead
from theylive_ros.simulator.world import TICK, World

_PATIENCE = 20.0  # s for a light to come on or go out
_AHEAD = 3  # planners to be killed that are started before their turn
_LOOK = 0.002  # s between two looks at the record
_LEASE = GateSettings().lease
_TIMEOUT = GateSettings().target_timeout

ALIEN = {"label": "alien", "look": 4, "path": {"kind": "static", "at_mm": [0, 0]}}
# Three aliens in turn, each for half a second.
LOST = {
    "loop_s": 2.4,
    "actors": [
        {"label": "alien", "appear_s": 0.8 * n, "stay_s": [0.45, 0.6], "path": {"kind": "static", "at_mm": at}}
        for n, at in enumerate([[-40, 0], [40, 20], [0, -30]])
    ],
}
# John pops up beside a lit alien, so near that the spot is within the guard radius of his box but not on it.
JOHN = {
    "loop_s": 3.9,
    "actors": [
        ALIEN,
        *(
            {"label": "john", "appear_s": [0.9 + 1.3 * n, 1.1 + 1.3 * n], "stay_s": 0.15, "path": {"kind": "static", "at_mm": at}}
            for n, at in enumerate([[31, 0], [-20, 30], [5, -32]])
        ),
    ],
}


@dataclasses.dataclass(frozen=True)
class Reaction:
    """What one kind of event led to. seconds: from the event to dark, one per event. excess: of these beyond what the goal counts on."""

    name: str
    seconds: tuple[float, ...]
    excess: tuple[float, ...]
    goal: float
    goal_name: str

    def figures(self) -> list[Figure]:
        """The greatest against the goal; median and p99 to inform."""
        p50, p99, most = (float(v) * 1e3 for v in np.percentile(self.seconds, [50, 99, 100]))
        shown = [Figure(f"{self.name}: events", len(self.seconds)), Figure(f"{self.name}: p50", p50, "ms")]
        shown += [Figure(f"{self.name}: p99", p99, "ms")]
        if self.goal_name:
            worst = 1e3 * max(self.excess)
            return [*shown, Figure(f"{self.name}: max", most, "ms"), Figure(f"{self.name}: {self.goal_name}", worst, "ms", 1e3 * self.goal)]
        return [*shown, Figure(f"{self.name}: max", most, "ms", 1e3 * self.goal)]

    def plain(self) -> dict[str, Any]:
        """Fit for JSON: spread and histogram in ms."""
        return {"events": len(self.seconds), **spread_ms(self.seconds), "histogram_ms": histogram([1e3 * s for s in self.seconds])}


def stop_input(trials: int, seed: int = 1) -> Reaction:
    """The stop switch is pressed while it shines; afterwards released, reset, referenced and armed again."""
    chance = random.Random(seed)
    with _Rig(RigOrder({"actors": [ALIEN]}, seed, None, {})) as rig:

        def press() -> None:
            rig.press(True)

        seconds = []
        for _ in range(trials):
            seconds.append(rig.dark_after(press, chance))
            rig.press(False)
    return Reaction("stop input to dark", tuple(seconds), (), 0.005, "")


def stalled_planner(trials: int, seed: int = 2) -> Reaction:
    """The planner's process is stopped (SIGSTOP) while it shines, and continued later."""
    chance = random.Random(seed)
    with _Rig(RigOrder({"actors": [ALIEN]}, seed, None, {})) as rig:
        seconds = []
        for _ in range(trials):
            try:
                seconds.append(rig.dark_after(lambda: rig.signal(signal.SIGSTOP), chance))
            finally:
                rig.signal(signal.SIGCONT)
    return Reaction("stalled planner to dark", tuple(seconds), (), 0.060, "")


def killed_planner(trials: int, seed: int = 3) -> Reaction:
    """The planner's process is killed (SIGKILL) while it shines: a new one each time."""
    chance = random.Random(seed)
    seconds = []
    for number in range(trials):
        with _Rig(RigOrder({"actors": [ALIEN]}, seed + number, None, {})) as rig:
            seconds.append(rig.dark_after(lambda: rig.signal(signal.SIGKILL), chance))
    return Reaction("killed planner to dark", tuple(seconds), (), 0.060, "")


def target_lost(seconds: float, model: str = "", seed: int = 4) -> Reaction:
    """Aliens vanish from the board while they are lit; seen by the detector on the camera's pictures."""
    order = RigOrder(LOST, seed, model, {})
    begin, _, edges = _played(order, seconds)
    found = [dark - t for t, dark in _darkened(edges, begin, _gone(order, seconds))]
    if not found:
        raise BenchError("no alien vanished while it was lit: is the machine too slow for the detector?")
    return Reaction("target lost to dark", tuple(found), (), _TIMEOUT + _LEASE, "")


def john_near(seconds: float, model: str = "", seed: int = 5) -> Reaction:
    """John appears within the guard radius of a lit alien; seen by the detector on the camera's pictures."""
    order = RigOrder(JOHN, seed, model, {})
    begin, seen, edges = _played(order, seconds)
    found, excess = [], []
    for t, dark in _darkened(edges, begin, _come(order, seconds)):
        after = next((n for n, frame in enumerate(seen) if frame.stamp >= t - 1e-6), 0)
        if after > 0:
            first = seen[after]
            found.append(dark - t)
            # a detector that is kept waiting leaves frames out: then one frame is longer
            excess.append(dark - t - (first.stamp - seen[after - 1].stamp) - (first.heard - first.stamp))
    if not found:
        raise BenchError("John never came near a lit alien: is the machine too slow for the detector?")
    return Reaction("John near to dark", tuple(found), tuple(excess), 0.005, "max beyond 1 frame and the measured latency")


class _Rig:
    """A planner's process that shoots, and the record of its light."""

    def __init__(self, order: RigOrder) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="theylive-bench-")
        folder = Path(self._folder.name)
        self._record, self._switch = folder / "light", folder / "stop"
        self._record.touch()
        os.mkfifo(self._switch)
        self._switched = os.open(self._switch, os.O_RDWR | os.O_NONBLOCK)
        lines = {"limit_x_line": -1, "limit_y_line": -1, "record": str(self._record), "switch": str(self._switch), **order.lines}
        self.pipe, theirs = CONTEXT.Pipe()
        self._process = CONTEXT.Process(target=play, args=(dataclasses.replace(order, lines=lines), theirs), daemon=True)
        self._process.start()
        theirs.close()
        self._closed = False

    def ready(self) -> float:
        """Wait until it is armed; returns when the board's time began (monotonic s)."""
        return self._hear()

    def press(self, pressed: bool) -> None:
        """Press or release the stop switch."""
        os.write(self._switched, b"1" if pressed else b"0")

    def signal(self, number: int) -> None:
        """To the planner's process."""
        os.kill(self._process.pid, number)  # type: ignore[arg-type]

    def dark_after(self, act: Callable[[], None], chance: random.Random) -> float:
        """Let something happen at a random moment while it shines; returns the time until dark (s)."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            if not self._shines():
                time.sleep(_LOOK)
                continue
            time.sleep(chance.uniform(0.01, 0.06))
            before = len(self.edges())
            if not self._shines():
                continue
            begin = time.monotonic()
            act()
            while time.monotonic() < end:
                dark = next((e.time for e in self.edges(max(before - 1, 0)) if not e.on and e.time >= begin), None)
                if dark is not None:
                    return dark - begin
                time.sleep(_LOOK)
        raise BenchError(f"the light did not come on and go out within {_PATIENCE:.0f} s")

    def edges(self, begin: int = 0) -> list[Edge]:
        """Of the light, so far, from the `begin`-th on."""
        return read_edges(self._record, begin)

    def finish(self) -> list[Seen]:
        """Let it end; returns the frames of which it heard."""
        self.pipe.send("end")
        return self._hear()

    def close(self) -> None:
        """End the process. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(BrokenPipeError):
            self.pipe.send("end")
        self._process.join(_PATIENCE)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self.pipe.close()
        os.close(self._switched)
        self._folder.cleanup()

    def __enter__(self) -> _Rig:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _shines(self) -> bool:
        edges = self.edges()
        return bool(edges) and edges[-1].on

    def _hear(self) -> Any:
        if not self.pipe.poll(_PATIENCE):
            raise BenchError(f"the planner's process said nothing within {_PATIENCE:.0f} s")
        try:
            return self.pipe.recv()
        except EOFError:
            raise BenchError("the planner's process has ended; its reason is above") from None


def _played(order: RigOrder, seconds: float) -> tuple[float, list[Seen], list[Edge]]:
    """Shoot for so long. Returns when the board's time began, the frames heard of, and the light's edges."""
    with _Rig(order) as rig:
        begin = rig.ready()
        time.sleep(seconds)
        seen = rig.finish()
        return begin, seen, rig.edges()


def _darkened(edges: Sequence[Edge], begin: float, events: Iterator[float]) -> list[tuple[float, float]]:
    """(event, dark after it), monotonic s, for the events (s of the board) at which it shone."""
    found = []
    for event in events:
        t = begin + event
        before = [e for e in edges if e.time < t]
        after = next((e.time for e in edges if e.time >= t and not e.on), None)
        if before and before[-1].on and after is not None:
            found.append((t, after))
    return found


def _come(order: RigOrder, seconds: float) -> Iterator[float]:
    """When Johns come (s of the board)."""
    for t, before, now in _changes(order, seconds):
        if any(h.label == "john" and h.id not in before for h in now.values()):
            yield t


def _gone(order: RigOrder, seconds: float) -> Iterator[float]:
    """When aliens vanish (s of the board)."""
    for t, before, now in _changes(order, seconds):
        if any(h.label == "alien" and h.id not in now for h in before.values()):
            yield t


def _changes(order: RigOrder, seconds: float) -> Iterator[tuple[float, dict[int, TrueHead], dict[int, TrueHead]]]:
    """Times (s of the board) with the heads before and at each."""
    world = World(parse_scenario(order.scenario), order.seed)
    before: dict[int, TrueHead] = {}
    for tick in range(round(seconds / TICK)):
        world.at(tick * TICK)
        now = {h.id: h for h in world.heads()}
        yield tick * TICK, before, now
        before = now
