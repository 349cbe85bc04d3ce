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

"""Draws every scene into a film, in a thread of its own, so that no other node waits for ink."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

import numpy as np
from rclpy.node import Node
from theylive_msgs import msg

from theylive_ros.film import Film
from theylive_ros.messages import from_time
from theylive_ros.nodes.pictures import Pictures
from theylive_ros.nodes.scene_keeper import SceneKeeper
from theylive_ros.overlay import Scene

_GUARD = 0.010 / 0.785e-3  # px: the gate's default
_WAITING = 90  # frames that may wait for ink


class Projector:
    """Films what SceneKeeper hands over."""

    def __init__(self, node: Node, film: Film, words: Callable[[], str]) -> None:
        """words: the count so far."""
        self._film, self._words = film, words
        self._begin: float | None = None
        self._queue: queue.Queue[tuple[Scene, float] | None] = queue.Queue(_WAITING)
        pictures = Pictures(node, compressed=False)
        pictures.begin()
        self._keeper = SceneKeeper(node, pictures, lambda: _GUARD, self._on_scene)
        self.error: Exception | None = None
        self.left_out = 0
        self.picture: np.ndarray | None = None  # the newest one drawn
        self._thread = threading.Thread(target=self._draw, name="projector", daemon=True)
        self._thread.start()

    @property
    def armed(self) -> bool:
        """Whether the mirrors say that they are armed."""
        return self._keeper.laser is not None and self._keeper.laser.armed

    @property
    def referenced(self) -> bool:
        """Whether the mirrors say that they know their zero."""
        laser = self._keeper.laser
        return laser is not None and not {"unreferenced", "link_silent"} & set(laser.reasons)

    def close(self) -> None:
        """Draw what waits, then end the thread. Raises what drawing raised."""
        self._queue.put(None)
        self._thread.join(30)
        if self.error is not None:
            raise self.error

    def _on_scene(self, scene: Scene, target: msg.Target) -> None:
        if scene.image is None:
            return
        stamp = from_time(target.header.stamp)
        self._begin = stamp if self._begin is None else self._begin
        try:
            self._queue.put_nowait((scene, stamp - self._begin))
        except queue.Full:
            self.left_out += 1

    def _draw(self) -> None:
        while (item := self._queue.get()) is not None:
            if self.error is not None:
                continue
            try:
                self.picture = self._film.add(*item, self._words())
            except Exception as error:  # kept for the thread that waits in close()
                self.error = error
