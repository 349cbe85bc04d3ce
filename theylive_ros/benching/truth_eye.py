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

"""A detector that knows the truth of the simulated board, and errs as it is told to; for rigs in lock-step."""

from __future__ import annotations

import dataclasses
import math
import random

from theylive_ros.simulator.world import World
from theylive_ros.types import Detection, Detections, Region

LABELS = ("alien", "john")


@dataclasses.dataclass
class TruthEye:
    """Called as an `Eye` of `theylive_ros.lockstep`. Heads less than half in the picture or with another over their middle are unseen.

    noise: standard deviation of a box's centre per axis (px), size_noise: of its side (px). missed, flipped: chances that a head is not
    reported, or by the other label. ghosts: mean number of heads a frame that are not there. blind_to: labels never reported.
    silent: says nothing at all.
    """

    noise: float = 0.7
    size_noise: float = 0.7
    missed: float = 0.0
    flipped: float = 0.0
    ghosts: float = 0.0
    seed: int = 0
    blind_to: tuple[str, ...] = ()
    silent: bool = False
    exhaustive: bool = True
    frames: int = 0

    def __post_init__(self) -> None:
        """The same seed errs in the same way."""
        self._chance = random.Random(self.seed)

    def __call__(self, world: World, spot: tuple[float, float] | None) -> Detections | None:
        """What is said of the board now; None: nothing."""
        self.frames += 1
        if self.silent:
            return None
        settings = world.camera.settings
        items = []
        heads = world.heads()
        for i, head in enumerate(heads):
            hidden = any(math.hypot(o.x - head.x, o.y - head.y) < 0.45 * o.width for o in heads[i + 1 :])
            lost = self._chance.random() < self.missed
            wrong = self._chance.random() < self.flipped
            dx, dy, dw = (self._chance.gauss(0, s) for s in (self.noise, self.noise, self.size_noise))
            if head.visible < 0.5 or hidden or lost or head.label in self.blind_to:
                continue
            label = next(name for name in LABELS if name != head.label) if wrong else head.label
            items.append(Detection(label, 0.6 if wrong else 0.9, head.x + dx, head.y + dy, head.width + dw, head.height + dw))
        if self._chance.random() < self.ghosts:
            x, y = self._chance.uniform(0, settings.width), self._chance.uniform(0, settings.height)
            items.append(Detection(self._chance.choice(LABELS), 0.55, x, y, 64.0, 64.0))
        region = Region(0.0, 0.0, float(settings.width), float(settings.height))
        return Detections(tuple(items), settings.width, settings.height, region, LABELS, self.exhaustive, 0.0)
