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

"""Where the simulated laser has truly been: the motors' log, sampled and traced through the optics into the picture."""

from __future__ import annotations

from collections.abc import Sequence

from theylive_ros.controller.lines.rig import Change, Rig
from theylive_ros.mirrors.optics import Geometry
from theylive_ros.simulator.beam import Beam, BeamSettings
from theylive_ros.simulator.camera import SimCamera
from theylive_ros.simulator.truth import LitSample

SAMPLE_US = 1000  # one sample stands for this long


class LitPlaces:
    """Reads the log of `lines`. Times are the executor's clock."""

    def __init__(self, lines: Rig, geometry: Geometry, camera: SimCamera, beam: BeamSettings | None = None) -> None:
        """beam: how the rig is really mounted, as its geometry says if None."""
        self._lines = lines
        self._beam = Beam(geometry, camera, beam)
        self._next_us = 0
        self.shining = False

    def until(self, now_us: int) -> list[LitSample]:
        """Every lit place since the last call, one for each millisecond and one for each place, however short; t in s. Afterwards
        `shining` says whether it is lit now."""
        changes = [c for c in self._lines.drain() if c.time_us <= now_us]
        samples = [s for c, end_us in _spans(changes, now_us) if c.lit for s in self._samples(c, end_us)]
        self.shining = self._lines.lit
        return samples

    def spot(self) -> tuple[float, float]:
        """Where the beam meets the board now, lit or not (px)."""
        return self._beam.place(*self._lines.position)

    def _samples(self, change: Change, end_us: int) -> list[LitSample]:
        x, y = self._beam.place(change.x, change.y)
        # A place that was left before a sample was due still counts: that may be the very place that must not be lit.
        times = list(range(max(change.time_us, self._next_us), end_us, SAMPLE_US)) or [change.time_us]
        self._next_us = times[-1] + SAMPLE_US
        return [LitSample(t * 1e-6, x, y) for t in times]


def _spans(changes: Sequence[Change], now_us: int) -> list[tuple[Change, int]]:
    ends = [c.time_us for c in changes[1:]] + [now_us]
    return list(zip(changes, ends, strict=True))
