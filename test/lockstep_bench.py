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

"""Rigs in lock-step for tests, and what their light truly did."""

from __future__ import annotations

import math
from typing import NamedTuple

from theylive_ros import plugins
from theylive_ros.benching.truth_eye import TruthEye
from theylive_ros.lockstep import TICK, LockStep
from theylive_ros.simulator.scenario import load_scenario, parse_scenario
from theylive_ros.simulator.score import Score
from theylive_ros.simulator.world import World

MM_PER_PX = 0.785
PERIOD = 1 / 30
LATENCY = 0.012
# What happens on the board is known after the next frame, its way through detector and selector, and the planner's next look; the
# order to go dark is obeyed at once.
REACTION = PERIOD + LATENCY + TICK


class Lit(NamedTuple):
    """One millisecond of light: when (s of the scenario), and how far (mm) from each head's box, by label; 0: inside."""

    t: float
    gaps: tuple[tuple[str, float], ...]


class RecordingScore(Score):
    """Keeps every lit sample."""

    def __init__(self):
        super().__init__(MM_PER_PX)
        self.samples = []

    def feed(self, t, heads, lit=(), aim=None):
        lit = list(lit)
        self.samples += lit
        super().feed(t, heads, lit, aim)


def rig(scenario, eye=None, *, policy="round_robin", **settings) -> LockStep:
    """scenario: a name, or plain data as in YAML. eye: by default one that knows the truth, with the noise of a good detector."""
    made = load_scenario(scenario) if isinstance(scenario, str) else parse_scenario(scenario)
    rig = LockStep(made, eye or TruthEye(), plugins.create(plugins.SELECTORS, policy), **settings)
    rig.score = RecordingScore()
    return rig


def light(rig) -> list[Lit]:
    """Every millisecond of light so far, against heads that are where they truly were at that very time."""
    world = World(rig.world.scenario, rig.world.seed)
    told = []
    for sample in rig.score.samples:
        world.at(sample.t - rig.begin)
        told.append(Lit(sample.t - rig.begin, tuple((h.label, _gap(h, sample)) for h in world.heads())))
    return told


def nearest(lit, label="john") -> float:
    """Least distance (mm) of any light from a head with this label."""
    return min((gap for moment in lit for name, gap in moment.gaps if name == label), default=math.inf)


def last_light(rig) -> float:
    """When it last shone (s of the scenario), minus infinity if never."""
    return max((s.t - rig.begin for s in rig.score.samples), default=-math.inf)


def static(label, x, y, **more):
    """A head of a scenario that stays at x, y (mm from the board's middle)."""
    return {"label": label, "path": {"kind": "static", "at_mm": [x, y]}, **more}


def walker(label, points, speed, **more):
    """A head that goes from point to point (mm) at a speed (mm/s)."""
    return {"label": label, "path": {"kind": "waypoints", "points_mm": points, "speed_mm_s": speed}, **more}


def _gap(head, sample):
    aside = max(0.0, abs(sample.x - head.x) - head.width / 2), max(0.0, abs(sample.y - head.y) - head.height / 2)
    return math.hypot(*aside) * MM_PER_PX
