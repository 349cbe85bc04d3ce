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

"""A planner as a process of its own, in real time: simulated board and camera, detector, selection, pointer, and a controller's process.

What the nodes do over topics is done by plain calls, so that the times are those of the pipeline, not of one middleware or another.
"""

from __future__ import annotations

import contextlib
import dataclasses
import select
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from theylive_ros import plugins
from theylive_ros.benching.truth_eye import TruthEye
from theylive_ros.controller.link import Link
from theylive_ros.controller.transports import ProcessTransport
from theylive_ros.mirrors.calibration import nominal
from theylive_ros.mirrors.clock import Clocks
from theylive_ros.mirrors.plane import Point
from theylive_ros.mirrors.pointer import Pointer, PointerError
from theylive_ros.simulator.scenario import parse_scenario
from theylive_ros.simulator.world import World
from theylive_ros.targeting.selection import Selection, SelectionSettings
from theylive_ros.types import Detections, Target

TICK = 0.005  # s between two looks of the planner, as the mirrors node has it
FRAME = 1 / 30  # s between two frames
LINES = "theylive_ros.benching.recorded_lines:RecordedLines"


@dataclasses.dataclass(frozen=True)
class RigOrder:
    """What is to be played.

    scenario: plain data as in YAML. seed: of the world. model: detector's model file or name, None for a detector that knows the truth.
    lines: values of the lines' config. priority: SCHED_FIFO priority of the controller's process, 0 for none.
    """

    scenario: dict[str, Any]
    seed: int
    model: str | None
    lines: dict[str, Any]
    priority: int = 50


class Seen(NamedTuple):
    """A frame captured at `stamp` was heard of by the planner at `heard` (monotonic s)."""

    stamp: float
    heard: float


def play(order: RigOrder, pipe: Connection) -> None:
    """Run until the pipe says anything or closes. Tells (monotonic time of the world's 0) when armed, at the end the list of `Seen`."""
    link = Link(ProcessTransport(LINES, {"lines": order.lines, "process": {"priority": order.priority}}))
    camera = _Camera(order)
    try:
        pipe.send(_run(order, link, camera, pipe))
    finally:
        camera.close()
        link.close()


def _run(order: RigOrder, link: Link, camera: _Camera, pipe: Connection) -> list[Seen]:
    settings = camera.world.camera.settings
    pointer = Pointer(nominal(settings.width, settings.height, settings.mm_per_px / 1000), link)
    seen: list[Seen] = []
    begun = False
    tick = time.monotonic()
    while not pipe.poll():
        now = time.monotonic()
        link.pump(now)
        target = camera.take()
        if target is not None:
            pointer.on_target(target, now)
            seen.append(Seen(target.stamp, now))
        state = pointer.tick(now, clocks=Clocks())
        camera.spot = state.spot if state.lit else None
        if not state.armed:
            _recover(link, pointer, now)
        elif not begun:
            begun = True
            pipe.send(camera.begin())
        tick = max(tick + TICK, now)
        _listen(link, tick)
    return seen


def _recover(link: Link, pointer: Pointer, now: float) -> None:
    """What a person would do after a stop, as soon as it can be done."""
    status = link.status()
    if status is None or status.stop:
        return
    with contextlib.suppress(PointerError):
        if status.fault:
            pointer.reset(now)
        elif not status.referenced:
            pointer.reference(now)
        else:
            pointer.arm(now)


def _listen(link: Link, until: float) -> None:
    """Hear the controller until it is time for the next tick."""
    while (left := until - time.monotonic()) > 0:
        if link.closed:
            time.sleep(left)
        elif select.select([link.fileno()], [], [], left)[0]:
            link.pump()


class _Camera:
    """Takes a picture of the board every FRAME and has it looked at, in a thread of its own; keeps the newest word on it."""

    def __init__(self, order: RigOrder) -> None:
        self.world = World(parse_scenario(order.scenario), order.seed)
        self._selection = Selection(SelectionSettings(), plugins.create(plugins.SELECTORS, "nearest"))
        self._detector: Any = None
        self.spot: Point | None = None  # where the light is (px), None when dark
        truth = TruthEye(seed=order.seed)
        self._see: Callable[[], Detections | None] = lambda: truth(self.world, None)
        if order.model is not None:
            self._detector = plugins.create(plugins.DETECTORS, "yolov8", model=order.model)
            self._detector.load()
            self._detector.detect(self.world.frame())  # the first call is slow
            self._see = lambda: self._detector.detect(self.world.frame(self.spot))
        self._newest: Target | None = None
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="camera", daemon=True)

    def begin(self) -> float:
        """Let the board's time begin; returns when that is (monotonic s)."""
        self._begin = time.monotonic()
        self._thread.start()
        return self._begin

    def take(self) -> Target | None:
        """The newest word that was not yet taken."""
        with self._lock:
            target, self._newest = self._newest, None
        return target

    def close(self) -> None:
        """End the thread."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._detector is not None:
            self._detector.close()

    def _work(self) -> None:
        number = 0
        while not self._stop.wait(max(0.0, self._begin + number * FRAME - time.monotonic())):
            # A real camera's picture is of the moment at which it was due, however late somebody comes to look at it.
            number = max(number, int((time.monotonic() - self._begin) / FRAME))
            self.world.at(number * FRAME)
            stamp = self._begin + number * FRAME
            found = self._see()
            if found is not None:
                target = self._selection.update(found, stamp)
                with self._lock:
                    self._newest = target
            number += 1
