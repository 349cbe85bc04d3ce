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

"""The mirrors' planner and its link to the controller, shared between the thread that ticks and the services."""

from __future__ import annotations

import dataclasses
import select
import threading
import time
from collections.abc import Callable
from typing import Any

from theylive_ros.controller.link import Link
from theylive_ros.controller.messages import Welcome
from theylive_ros.mirrors.calibration import Calibration
from theylive_ros.mirrors.motion import MotionSettings
from theylive_ros.mirrors.optics import Geometry
from theylive_ros.mirrors.pointer import Pointer, PointerState
from theylive_ros.nodes.controller_link import ControllerChoice
from theylive_ros.settings import setting

GREETING = 1.0  # s that a controller may take to say what it is
_PATIENCE = 0.3  # s

Limits = tuple[tuple[int, int], tuple[int, int]]


class UnfitError(Exception):
    """Controller and settings do not go together: nothing may move. One line with the cause and the cure."""


@dataclasses.dataclass(frozen=True)
class SoftLimits:
    """Where the axes may be sent in commissioning mode; a calibration has limits of its own for the rest."""

    low_x: int = setting(-150, "Lowest position of axis x", unit="microsteps", low=-1_000_000, high=0, read_only=True)
    high_x: int = setting(150, "Highest position of axis x", unit="microsteps", low=0, high=1_000_000, read_only=True)
    low_y: int = setting(-150, "Lowest position of axis y", unit="microsteps", low=-1_000_000, high=0, read_only=True)
    high_y: int = setting(150, "Highest position of axis y", unit="microsteps", low=0, high=1_000_000, read_only=True)

    @property
    def of_axes(self) -> Limits:
        """Lowest and highest position of x and of y."""
        return (self.low_x, self.high_x), (self.low_y, self.high_y)


class Planner:
    """One thread at a time may touch pointer and link; every method takes care of that by itself.

    link, pointer: None unless connected. calibration: None for a rig that has none yet. geometry: what commissioning goes by.
    """

    def __init__(self, controller: ControllerChoice, geometry: Geometry, limits: Limits) -> None:
        """limits: where the axes may be sent in commissioning mode."""
        self.link: Link | None = None
        self.pointer: Pointer | None = None
        self.calibration: Calibration | None = None
        self._controller = controller
        self.geometry, self._limits = geometry, limits
        self._lock = threading.Lock()
        self._tuned: dict[str, Any] = {}  # what the planner goes by, also one that is made anew
        self._welcome: Welcome | None = None  # that the settings were held against

    def connect(self) -> None:
        """Reach the controller anew, with a planner that knows nothing yet. Raises OSError."""
        link = self._controller.open()
        pointer = Pointer(self.calibration, link, geometry=self.geometry, limits=self._limits, **self._tuned)
        with self._lock:
            self.link, self.pointer, self._welcome = link, pointer, None

    def greet(self) -> None:
        """Wait a little for the controller's first word, and hold the settings against it. Raises UnfitError."""
        # Most answer at once, so that what does not fit is told when the node is configured. One that is late is looked at when it comes.
        self._pump_until(lambda: self.greeted, GREETING)
        self._compare()

    @property
    def greeted(self) -> bool:
        """Whether the controller has said what it is, or is gone."""
        link = self.link
        return link is None or link.welcome is not None or link.closed

    def close(self) -> None:
        """Let the controller go, which makes it dark by itself too. Safe to call twice."""
        self.drop_link()
        with self._lock:
            self.link = self.pointer = None

    def drop_link(self) -> None:
        """Hear nothing and move nothing from now on; the controller goes dark."""
        with self._lock:
            if self.link is not None:
                self.link.close()

    def tune(self, name: str, value: object) -> None:
        """Take other settings (`motion`, `aim`, `gate`, `trim`), now and for every planner made anew. Raises ValueError."""
        with self._lock:
            welcome = self.link.welcome if self.link is not None else None
            if isinstance(value, MotionSettings) and welcome is not None and (words := _too_fast(value, welcome)):
                raise ValueError(words)
            if self.pointer is not None:
                self.pointer.configure(**{name: value})
            self._tuned[name] = value

    def load(self, calibration: Calibration) -> None:
        """Go by another calibration from now on, dark and disarmed. Raises UnfitError, and keeps the old one, for one beyond the
        controller's range."""
        with self._lock:
            welcome = self.link.welcome if self.link is not None else None
            if welcome is not None and (words := _too_far("the calibration's limits", calibration.limits, welcome)):
                raise UnfitError(words)
            if self.pointer is not None:
                self.pointer.disarm(time.monotonic())
                self.pointer.configure(calibration=calibration)
            self.calibration = calibration

    def hear_controller(self) -> None:
        """Wait a little for its word where this process, not the controller, has been late."""
        self._pump_until(lambda: self.link.status() is not None, _PATIENCE)

    def do(self, action: Callable[[Pointer, float], None]) -> None:
        """Have something done by the planner, if there is one. Raises what the action raises."""
        with self._lock:
            if self.pointer is not None:
                action(self.pointer, time.monotonic())

    def listen(self, seconds: float) -> None:
        """Wait for the controller's next word, at most this long."""
        if select.select([self.link.fileno()], [], [], seconds)[0]:
            with self._lock:
                self.link.pump()

    def tick(self, step: Callable[[Pointer, float], PointerState]) -> tuple[PointerState, list[str]]:
        """Hear the controller, then take one step of the planner. Its state, and what went wrong with the controller since the last one.
        Raises UnfitError before the first step with a controller that the settings do not suit."""
        with self._lock:
            self.link.pump()
        self._compare()
        with self._lock:
            return step(self.pointer, time.monotonic()), self.link.take_errors()

    def _pump_until(self, holds: Callable[[], bool], patience: float) -> None:
        end = time.monotonic() + patience
        while time.monotonic() < end:
            with self._lock:
                if self.link is None:
                    return
                self.link.pump()
                if holds():
                    return
            time.sleep(0.005)

    def _compare(self) -> None:
        """Hold the settings against what the controller says of itself, once for each greeting."""
        with self._lock:
            welcome = self.link.welcome
            if self.link.closed or welcome is None or welcome is self._welcome:
                return
            words = [_too_fast(self._tuned.get("motion", MotionSettings()), welcome), _too_far("limits", self._limits, welcome)]
            if self.calibration is not None:
                words.append(_too_far("the calibration's limits", self.calibration.limits, welcome))
            if any(words):
                raise UnfitError("; ".join(filter(None, words)))
            self._welcome = welcome


def _too_fast(motion: MotionSettings, welcome: Welcome) -> str:
    if motion.max_speed <= welcome.max_rate:
        return ""
    return f"motion.max_speed is {motion.max_speed:g}, the controller's max_rate {welcome.max_rate} microsteps/s: lower the first"


def _too_far(what: str, limits: Limits, welcome: Welcome) -> str:
    ranges = (welcome.low_x, welcome.high_x), (welcome.low_y, welcome.high_y)
    for axis, (low, high), (least, most) in zip("xy", limits, ranges, strict=True):
        if low < least or high > most:
            return (
                f"{what} of axis {axis} are {low} to {high}, the controller's soft range is {least} to {most} microsteps:"
                f" narrow the first, or widen controller.low_{axis} and high_{axis} where the rig allows it"
            )
    return ""
