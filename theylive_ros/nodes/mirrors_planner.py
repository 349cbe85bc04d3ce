"""The mirrors' planner and its link to the controller, shared between the thread that ticks and the services."""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Callable
from typing import Any

from theylive_ros.controller.link import Link
from theylive_ros.mirrors.calibration import Calibration
from theylive_ros.mirrors.pointer import Pointer, PointerState
from theylive_ros.nodes.controller_link import ControllerChoice

_PATIENCE = 0.3  # s


class Planner:
    """One thread at a time may touch pointer and link; every method takes care of that by itself."""

    def __init__(self, controller: ControllerChoice) -> None:
        self.link: Link | None = None
        self.pointer: Pointer | None = None
        self.calibration: Calibration | None = None
        self._controller = controller
        self._lock = threading.Lock()
        self._tuned: dict[str, Any] = {}  # what the planner goes by, also one that is made anew

    def connect(self) -> None:
        """Reach the controller anew, with a planner that knows nothing yet. Raises OSError in one line."""
        link = self._controller.open()
        with self._lock:
            self.link, self.pointer = link, Pointer(self.calibration, link, **self._tuned)

    def close(self) -> None:
        """Let the controller go, which makes it dark by itself too. Safe to call twice."""
        with self._lock:
            if self.link is not None:
                self.link.close()
            self.link = self.pointer = None

    def drop_link(self) -> None:
        """The controller is gone: close what is left of the link, so that the planner hears nothing and moves nothing."""
        with self._lock:
            if self.link is not None:
                self.link.close()

    def tune(self, name: str, value: object) -> None:
        """Take other settings (`motion`, `gate`, `aim`), now and for every planner made anew. Raises ValueError."""
        with self._lock:
            if self.pointer is not None:
                self.pointer.configure(**{name: value})
            self._tuned[name] = value

    def hear_controller(self) -> None:
        """Wait a little for its word where this process, not the controller, has been late."""
        patience = time.monotonic() + _PATIENCE
        while time.monotonic() < patience:
            with self._lock:
                if self.link is None:
                    return
                self.link.pump()
                if self.link.status() is not None:
                    return
            time.sleep(0.005)

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
        """Hear the controller, then take one step of the planner. Its state, and what went wrong with the controller since the last one."""
        with self._lock:
            now = time.monotonic()
            self.link.pump(now)
            return step(self.pointer, now), self.link.take_errors()
