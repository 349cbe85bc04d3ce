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

"""The whole stack on the simulated rig in virtual time: no ROS, no threads, no waiting; the same seed gives the same shots.

What the nodes do over topics is done here by plain calls, with a latency of one's choosing between a frame and what is said of it.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import math
from collections.abc import Callable

import numpy as np

from theylive_ros.controller.config import ExecutorSettings
from theylive_ros.controller.executor import Executor, play
from theylive_ros.controller.lines.sim import SimLines
from theylive_ros.controller.link import Link
from theylive_ros.controller.stream import StreamClosedError
from theylive_ros.controller.transports import LoopbackTransport
from theylive_ros.mirrors.calibration import Calibration, nominal
from theylive_ros.mirrors.clock import ClockWatch, on_monotonic
from theylive_ros.mirrors.gate import GateSettings
from theylive_ros.mirrors.motion import MotionSettings
from theylive_ros.mirrors.optics import Geometry
from theylive_ros.mirrors.other_clock import OtherClock
from theylive_ros.mirrors.pointer import Pointer, PointerState
from theylive_ros.mirrors.trim import TrimSettings
from theylive_ros.simulator.aim_log import AimLog
from theylive_ros.simulator.beam import BeamSettings
from theylive_ros.simulator.lit import LitPlaces
from theylive_ros.simulator.scenario import Scenario
from theylive_ros.simulator.score import Score
from theylive_ros.simulator.world import World
from theylive_ros.targeting.interface import Selector
from theylive_ros.targeting.selection import Selection, SelectionSettings
from theylive_ros.targeting.tracker import StaleFrameError
from theylive_ros.types import Detections, SpotSeen, Target

TICK = 0.005  # s between two looks of the planner, as the mirrors node has it
_QUESTIONS = 50  # ticks between two questions for the time of the camera's clock
_STARTING = 10.0  # s within which the axes must have found their reference

Spot = tuple[float, float]
# What is said of the board at this moment: given the world and the lit spot (px, None when dark). None: nothing, the frame is lost.
Eye = Callable[[World, Spot | None], Detections | None]
# Where the laser is seen at this moment: given the world, the lit spot (px, None when dark), and where it should be (px, None if nowhere).
# None: no word.
SpotEye = Callable[[World, Spot | None, Spot | None], SpotSeen | None]


def camera_eye(detect: Callable[[np.ndarray], Detections]) -> Eye:
    """The camera's picture of the board, shown to a detector's `detect`."""
    return lambda world, spot: detect(world.frame(spot))


class LockStep:
    """One rig. Homed when made, and armed if it is calibrated; time stands still until `run`.

    Everything may be meddled with from `on_tick`: `lines.stop_pressed`, `lines.broken`, `transport.close()`, `transport.cut`, `latency`,
    `clock_offset`, `camera_ahead`, `stall`, `kill_planner`, `kill_controller`.
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
        lines: SimLines | None = None,
        beam: BeamSettings | None = None,
        calibrated: bool = True,
        calibration: Calibration | None = None,
        spot_eye: SpotEye | None = None,
        executor: ExecutorSettings | None = None,
        motion: MotionSettings | None = None,
        gate: GateSettings | None = None,
        trim: TrimSettings | None = None,
        selection: SelectionSettings | None = None,
    ) -> None:
        """rate: frames per second. latency: from a frame's capture until what is said of it is heard (s). beam: how the rig is truly
        mounted. calibration: what is known of that, None for the ideal rig's; calibrated: False for a rig of which nothing is known.
        spot_eye: closes the loop; without it the loop is open."""
        self.world = World(scenario, seed)
        self.latency = latency
        self.clock_offset = 0.0  # ROS time minus monotonic (s)
        self.camera_ahead = 0.0  # the camera's clock minus ROS time (s), as if it ran on another machine
        self.lines = lines or SimLines(SimLines.Config())
        camera = self.world.camera
        self.geometry = Geometry()
        size = camera.settings
        ideal = nominal(size.width, size.height, size.mm_per_px / 1000, self.geometry)
        reach = executor or ExecutorSettings()
        self.limits = (reach.low_x, reach.high_x), (reach.low_y, reach.high_y)
        self.calibration = (calibration or ideal) if calibrated else None
        self.score = Score(camera.settings.mm_per_px)
        self.state: PointerState | None = None
        self.eye, self.spot_eye = eye, spot_eye
        self.on_picture: Callable[[np.ndarray, float], None] | None = None  # told of every picture (BGR) and its stamp, once it is heard
        self._executor_settings = executor
        self._motion, self._gate, self._trim = motion, gate, trim
        self._selection_settings, self._selector = selection or SelectionSettings(), selector
        self._frame_us = 1e6 / rate
        self._lit = LitPlaces(self.lines, self.geometry, camera, beam)
        self._us = 0
        self._stalled_until_us = 0.0
        self._tick_us = round(TICK * 1e6)
        self.start_controller()
        self.start_planner()
        self._home()
        self._begin_us, self._frames = self._us, 0
        self.begin = self.now  # the world's time 0
        self._lit.until(self._us)

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
        self._stalled_until_us = self._us + seconds * 1e6

    def kill_planner(self) -> None:
        """The planner's process ends between two instructions; its stream is closed. `start_planner` brings another."""
        self.transport.close()
        self._stalled_until_us = math.inf

    def kill_controller(self) -> None:
        """The controller's process ends between two instructions; its wires fall to rest. `start_controller` brings another."""
        play(self.executor, self._us)
        self.transport.die()
        self.lines.close()

    def start_controller(self) -> None:
        """A new controller takes the wires; it knows nothing of the mirrors. The planner must be started anew, too."""
        self.executor = Executor(self.lines, self._executor_settings)
        self.executor.open(self._us)

    def start_planner(self) -> None:
        """A new planner and a new selector connect to the controller; disarmed."""
        self.transport = Cable(self.executor, lambda: self.now)
        self.link = Link(self.transport, lambda: self.now)
        self.pointer = Pointer(
            self.calibration,
            self.link,
            geometry=self.geometry,
            limits=self.limits,
            motion=self._motion,
            gate=self._gate,
            trim=self._trim,
        )
        self.selection = Selection(self._selection_settings, self._selector)
        self._clocks, self._camera_clock, self._ticks = ClockWatch(), OtherClock(), 0
        self._aims = AimLog()
        self._targets: collections.deque[tuple[float, Target]] = collections.deque()
        self._spots: collections.deque[tuple[float, SpotSeen]] = collections.deque()
        self._pictures: collections.deque[tuple[float, np.ndarray, float]] = collections.deque()
        self._stalled_until_us = 0.0
        self._tick()

    def _home(self) -> None:
        """Home, and arm if there is a calibration, as a person would."""
        self.pointer.home(self.now)
        while not self.state.referenced or self.link.status().moving:
            if self.now > _STARTING:
                raise RuntimeError(f"not homed within {_STARTING} s: {self.state.reasons}")
            self._us += self._tick_us
            self._tick()
        if self.calibration is not None:
            self.pointer.arm(self.now)

    def _next_frame_us(self) -> int:
        return self._begin_us + round(self._frames * self._frame_us)

    def _frame(self) -> None:
        self._frames += 1
        if not self.transport.dead:
            play(self.executor, self._us)
        self.world.at(self.now - self.begin)
        samples = [s._replace(aim_x=x, aim_y=y) for s in self._lit.until(self._us) for x, y in [self._aims.at(s.t)]]
        heads = [h._replace(appeared_at=h.appeared_at + self.begin) for h in self.world.heads()]
        self.score.feed(self.now, heads, samples)
        spot = self._lit.spot() if self._lit.shining else None
        stamp, heard = self.now + self.clock_offset + self.camera_ahead, self.now + self.latency
        found = self.eye(self.world, spot)
        if found is not None:
            with contextlib.suppress(StaleFrameError):
                self._targets.append((heard, self.selection.update(found, stamp)))
        seen = self.spot_eye(self.world, spot, self.state.spot) if self.spot_eye is not None else None
        if seen is not None:
            self._spots.append((heard, dataclasses.replace(seen, stamp=stamp)))
        if self.on_picture is not None:
            self._pictures.append((heard, self.world.frame(spot), self.now))

    def _tick(self) -> None:
        now, ros_now = self.now, self.now + self.clock_offset
        self.link.pump(now)
        if self._ticks % _QUESTIONS == 0:
            self._camera_clock.hear("camera", ros_now, ros_now + self.camera_ahead, ros_now, now)
        self._ticks += 1
        while self._targets and self._targets[0][0] <= now:
            target = self._targets.popleft()[1]
            stamp = self._clocks.stamp(target.stamp, ros_now, now)
            if stamp is not None:
                self.pointer.on_target(on_monotonic(target, stamp), now)
        while self._spots and self._spots[0][0] <= now:
            seen = self._spots.popleft()[1]
            stamp = self._clocks.stamp(seen.stamp, ros_now, now)
            if stamp is not None:
                self.pointer.on_spot(dataclasses.replace(seen, stamp=stamp), now)
        while self._pictures and self._pictures[0][0] <= now:
            _, picture, taken = self._pictures.popleft()
            if self.on_picture is not None:
                self.on_picture(picture, taken)
        self.state = self.pointer.tick(now, clocks=self._camera_clock.clocks(now, sane=self._clocks.observe(ros_now, now)))
        x, y = self.state.aim or (math.nan, math.nan)
        self._aims.add(now, self.state.track_id if self.state.aim else 0, x, y)


class Cable(LoopbackTransport):
    """Between planner and controller. `cut`: nothing comes through any more, and nobody is told. `dead`: the controller's process is."""

    def __init__(self, executor: Executor, clock: Callable[[], float]) -> None:
        super().__init__(executor, clock)
        self.cut = self.dead = False

    def die(self) -> None:
        """The controller's process has ended: nothing is played any more, and the stream says so."""
        self.dead = True

    def send(self, data: bytes) -> None:
        """Lost where the cable is cut."""
        self._check()
        if self.cut:
            self.advance()
        else:
            super().send(data)

    def receive(self) -> bytes:
        """Nothing where the cable is cut."""
        self._check()
        answers = super().receive()
        return b"" if self.cut else answers

    def close(self) -> None:
        """Nobody hears it where the cable is cut or the controller's process has ended."""
        if not (self.cut or self.dead):
            super().close()

    def _check(self) -> None:
        if self.dead:
            raise StreamClosedError("the controller's process has ended")
