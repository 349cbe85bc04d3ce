"""The whole stack on the simulated rig in virtual time: no ROS, no threads, no waiting; the same seed gives the same shots.

What the nodes do over topics is done here by plain calls, with a latency of one's choosing between a frame and its target.
"""

from __future__ import annotations

import collections
import math
from collections.abc import Callable

import numpy as np

from theylive_ros.controller.config import ExecutorSettings
from theylive_ros.controller.executor import Executor, play
from theylive_ros.controller.lines.sim import SimConfig, SimLines
from theylive_ros.controller.link import Link
from theylive_ros.controller.transports import LoopbackTransport
from theylive_ros.mirrors.calibration import nominal
from theylive_ros.mirrors.gate import GateSettings
from theylive_ros.mirrors.motion import MotionSettings
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

# What is said of the board at this moment: given the world and the lit spot (px, None when dark). None: nothing, the frame is lost.
Eye = Callable[[World, tuple[float, float] | None], Detections | None]


def camera_eye(detect: Callable[[np.ndarray], Detections]) -> Eye:
    """The camera's picture of the board, shown to a detector's `detect`."""
    return lambda world, spot: detect(world.frame(spot))


class LockStep:
    """One rig. Homed and armed when made; time stands still until `run`.

    Everything may be meddled with from `on_tick`: `lines.stop_pressed`, `lines.broken`, `transport.close()`, `stall`, `latency`.
    """

    def __init__(
        self,
        scenario: Scenario,
        eye: Eye,
        selector: Selector,
        *,
        seed: int | None = None,
        rate: float = 30.0,
        latency: float = 0.012,
        lines: SimConfig | None = None,
        executor: ExecutorSettings | None = None,
        motion: MotionSettings | None = None,
        gate: GateSettings | None = None,
        selection: SelectionSettings | None = None,
    ) -> None:
        """rate: frames per second. latency: from a frame's capture until its target is heard (s)."""
        self.world = World(scenario, seed)
        self.latency = latency
        self.lines = SimLines(lines or SimConfig())
        self.executor = Executor(self.lines, executor)
        self.executor.open(0)
        self._us = 0
        self.transport = LoopbackTransport(self.executor, lambda: self.now)
        self.link = Link(self.transport, lambda: self.now)
        camera = self.world.camera
        geometry = Geometry()
        calibration = nominal(camera.settings.width, camera.settings.height, camera.settings.mm_per_px / 1000, geometry)
        self.pointer = Pointer(calibration, self.link, motion=motion, gate=gate)
        self.selection = Selection(selection or SelectionSettings(), selector)
        self.score = Score(camera.settings.mm_per_px)
        self.state: PointerState | None = None
        self._eye = eye
        self._frame_us = 1e6 / rate
        self._lit = LitPlaces(self.lines, geometry, camera)
        self._aims = AimLog()
        self._coming: collections.deque[tuple[float, Target]] = collections.deque()
        self._stalled_until_us = 0
        self._tick_us = round(TICK * 1e6)
        self._start()
        self._begin_us, self._frames = self._us, 0
        self.begin = self.now  # the world's time 0

    @property
    def now(self) -> float:
        """The rig's clock (s)."""
        return self._us / 1e6

    def run(self, seconds: float, on_tick: Callable[[PointerState], None] = lambda state: None) -> Score:
        """Let time pass, in whole ticks; on_tick sees each state of the planner. Returns the score so far."""
        for _ in range(round(seconds / TICK)):
            end = self._us + self._tick_us
            while self._next_frame_us() < end:
                # a frame is taken at its own moment, between two ticks
                self._us = self._next_frame_us()
                self._frame()
            self._us = end
            if self._us >= self._stalled_until_us:
                self._tick()
                on_tick(self.state)
        return self.score

    def stall(self, seconds: float) -> None:
        """The planner does nothing for so long, while everything else goes on."""
        self._stalled_until_us = self._us + round(seconds * 1e6)

    def _start(self) -> None:
        """Home and arm, as a person would."""
        self._tick()
        self.pointer.home(self.now)
        while not self.state.referenced or self.link.status().moving:
            if self.now > _STARTING:
                raise RuntimeError(f"not homed within {_STARTING} s: {self.state.reasons}")
            self._us += self._tick_us
            self._tick()
        self.pointer.arm(self.now)
        self._lit.until(self._us)

    def _next_frame_us(self) -> int:
        return self._begin_us + round(self._frames * self._frame_us)

    def _frame(self) -> None:
        self._frames += 1
        play(self.executor, self._us)
        self.world.at(self.now - self.begin)
        samples = [s._replace(aim_x=x, aim_y=y) for s in self._lit.until(self._us) for x, y in [self._aims.at(s.t)]]
        heads = [h._replace(appeared_at=h.appeared_at + self.begin) for h in self.world.heads()]
        self.score.feed(self.now, heads, samples)
        found = self._eye(self.world, self._lit.spot() if self._lit.shining else None)
        if found is not None:
            self._coming.append((self.now + self.latency, self.selection.update(found, self.now)))

    def _tick(self) -> None:
        self.link.pump(self.now)
        while self._coming and self._coming[0][0] <= self.now:
            self.pointer.on_target(self._coming.popleft()[1], self.now)
        self.state = self.pointer.tick(self.now)
        x, y = self.state.aim or (math.nan, math.nan)
        self._aims.add(self.now, self.state.track_id if self.state.aim else 0, x, y)
