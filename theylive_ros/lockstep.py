"""The whole stack on the simulated rig in virtual time: no ROS, no threads, no waiting; the same seed gives the same shots.

What the nodes do over topics is done here by plain calls, with a latency of one's choosing between a frame and its target.
"""

from __future__ import annotations

import collections
import math
from collections.abc import Callable

import numpy as np

from theylive_ros.controller.executor import Executor
from theylive_ros.controller.lines.sim import SimConfig, SimLines
from theylive_ros.controller.link import Link
from theylive_ros.controller.transports import LoopbackTransport
from theylive_ros.mirrors.calibration import nominal
from theylive_ros.mirrors.gate import GateSettings
from theylive_ros.mirrors.optics import Geometry
from theylive_ros.mirrors.pointer import Pointer, PointerState
from theylive_ros.simulator.aim_log import AimLog
from theylive_ros.simulator.lit import LitPlaces
from theylive_ros.simulator.scenario import Scenario
from theylive_ros.simulator.score import Score
from theylive_ros.simulator.world import World
from theylive_ros.targeting.interface import Selector
from theylive_ros.targeting.selection import Selection, SelectionSettings
from theylive_ros.types import Detections, Target

TICK = 0.005  # s between two looks of the planner, as the mirrors node has it
_STARTING = 10.0  # s within which the axes must have found their reference


class LockStep:
    """One rig. Homed and armed when made; time stands still until `run`."""

    def __init__(
        self,
        scenario: Scenario,
        detect: Callable[[np.ndarray], Detections],
        selector: Selector,
        *,
        seed: int | None = None,
        rate: float = 30.0,
        latency: float = 0.012,
        lines: SimConfig | None = None,
        gate: GateSettings | None = None,
    ) -> None:
        """detect: a detector's `detect`. rate: frames per second. latency: from a frame's capture until its target is heard (s)."""
        self.world = World(scenario, seed)
        self.now = 0.0
        self.lines = SimLines(lines or SimConfig())
        self.executor = Executor(self.lines)
        self.executor.open(0)
        self.link = Link(LoopbackTransport(self.executor, lambda: self.now), lambda: self.now)
        camera = self.world.camera
        geometry = Geometry()
        calibration = nominal(camera.settings.width, camera.settings.height, camera.settings.mm_per_px / 1000, geometry)
        self.pointer = Pointer(calibration, self.link, gate=gate)
        self.selection = Selection(SelectionSettings(), selector)
        self.score = Score(camera.settings.mm_per_px)
        self.state: PointerState | None = None
        self._detect = detect
        self._period, self._latency = 1.0 / rate, latency
        self._lit = LitPlaces(self.lines, geometry, camera)
        self._aims = AimLog()
        self._coming: collections.deque[tuple[float, Target]] = collections.deque()
        self._begin = self._start()
        self._frames = 0

    def run(self, seconds: float, on_tick: Callable[[PointerState], None] = lambda state: None) -> Score:
        """Let time pass; on_tick sees each state of the planner. Returns the score so far."""
        end = self.now + seconds
        while self.now < end - 1e-9:
            if self.now >= self._begin + self._frames * self._period - 1e-9:
                self._frame()
            self._tick()
            on_tick(self.state)
            self.now += TICK
        return self.score

    def _start(self) -> float:
        """Home and arm, as a person would; returns when that was done."""
        self._tick()
        self.pointer.home(self.now)
        while not self.state.referenced or self.link.status().moving:
            if self.now > _STARTING:
                raise RuntimeError(f"not homed within {_STARTING} s: {self.state.reasons}")
            self.now += TICK
            self._tick()
        self.pointer.arm(self.now)
        self._lit.until(round(self.now * 1e6))
        return self.now

    def _frame(self) -> None:
        t = self._begin + self._frames * self._period
        self._frames += 1
        self.world.at(t - self._begin)
        samples = [s._replace(aim_x=x, aim_y=y) for s in self._lit.until(round(self.now * 1e6)) for x, y in [self._aims.at(s.t)]]
        heads = [h._replace(appeared_at=h.appeared_at + self._begin) for h in self.world.heads()]
        self.score.feed(self.now, heads, samples)
        found = self._detect(self.world.frame(self._lit.spot() if self._lit.shining else None))
        self._coming.append((self.now + self._latency, self.selection.update(found, self.now)))

    def _tick(self) -> None:
        self.link.pump(self.now)
        while self._coming and self._coming[0][0] <= self.now:
            self.pointer.on_target(self._coming.popleft()[1], self.now)
        self.state = self.pointer.tick(self.now)
        x, y = self.state.aim or (math.nan, math.nan)
        self._aims.add(self.now, self.state.track_id if self.state.aim else 0, x, y)
