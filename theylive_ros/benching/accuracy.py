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

"""How near the spot comes to its aim and to the head it shines on: a crooked rig that has calibrated itself, in lock-step, its loop open or
closed, with the detector that is shipped on the camera's pictures."""

from __future__ import annotations

import dataclasses
import random
from typing import Any

from theylive_ros import plugins
from theylive_ros.benching.calibrating import Calibrated, calibrate, map_errors
from theylive_ros.benching.camera_spot import CameraSpot
from theylive_ros.benching.faulty_lines import FaultyLines
from theylive_ros.benching.figures import Figure
from theylive_ros.benching.truth_eye import TruthEye
from theylive_ros.calibrator.fit import FitSettings
from theylive_ros.lockstep import LockStep, camera_eye
from theylive_ros.mirrors.calibration import Calibration
from theylive_ros.simulator.beam import CROOKED, Beam
from theylive_ros.simulator.scenario import parse_scenario
from theylive_ros.simulator.score import spread

# An alien who stands in the way of the sweep, too.
CALIBRATING = {"actors": [{"label": "alien", "look": 4, "path": {"kind": "static", "at_mm": [-50, 30]}}]}
_PLACES = random.Random(3)
# Aliens all over the picture, one after the other.
STATIC = {
    "actors": [
        {"label": "alien", "look": n, "appear_s": 0.6 * n, "stay_s": 0.55, "path": {"kind": "static", "at_mm": at}}
        for n, at in enumerate([_PLACES.uniform(-85, 85), _PLACES.uniform(-55, 55)] for _ in range(30))
    ]
}
SPEED = 100.0  # mm/s
MOVING = {
    "actors": [
        {"label": "alien", "look": 4, "path": {"kind": "waypoints", "points_mm": points, "speed_mm_s": [SPEED], "after": "back"}}
        for points in ([[-80, -45], [80, -35]], [[80, 45], [-80, 50]])
    ]
}
SECONDS = 18.0


@dataclasses.dataclass(frozen=True)
class Pointed:
    """Spreads (mm) of spot to aim and spot to the head's centre; light in all (s)."""

    spot_to_aim: dict[str, float | None]
    spot_to_head: dict[str, float | None]
    lit: float


def calibrated(seed: int = 1) -> tuple[Calibrated, dict[str, float | None]]:
    """A crooked rig calibrates itself from nothing. Also the spread (mm) of the map's true errors over the whole field of aim."""
    rig = _rig(CALIBRATING, TruthEye(seed=seed), seed, calibrated=False)
    made = calibrate(rig)
    beam = Beam(rig.geometry, rig.world.camera, CROOKED)
    return made, spread(map_errors(made.calibration, beam, rig.world.camera.settings.mm_per_px))


def pointed(scenario: dict[str, Any], calibration: Calibration, *, closed: bool, lost: int = 0, seed: int = 2, model: str = "") -> Pointed:
    """Shoot for SECONDS with a calibrated crooked rig, its loop closed or open. lost: so many steps are lost on each axis in the beginning,
    within what the closed loop puts up with."""
    detector = plugins.create(plugins.DETECTORS, "yolov8", model=model, device="cpu")
    detector.load()
    try:
        spot_eye = CameraSpot() if closed else None
        rig = _rig(scenario, camera_eye(detector.detect), seed, calibration=calibration, spot_eye=spot_eye, lines=(lines := FaultyLines()))
        lines.to_lose = [lost, -lost]
        report = rig.run(SECONDS).report()
    finally:
        detector.close()
    return Pointed(report["spot_to_aim_mm"], report["pointing_error_mm"], report["lit_s"])


def figures_of_calibration(made: Calibrated, truth: dict[str, float | None]) -> list[Figure]:
    """Against the goals."""
    c = made.calibration
    return [
        Figure("calibration from nothing, simulated time", made.seconds, "s", at_most=60.0),
        Figure("calibration: share of light, over all of it", made.lit / made.seconds, "", at_most=0.4),
        Figure("calibration: places seen and fitted", len(c.points), "", at_least=FitSettings().min_points),
        Figure("calibration: cross-validated residual, RMS", c.rms_px, "px", at_most=0.5),
        Figure("calibration: cross-validated residual, p95", 1e3 * c.p95_m, "mm", at_most=0.8),
        Figure("calibration: true error over the whole field, p95", _number(truth["p95"]), "mm", at_most=0.8),
    ]


def figures_of_pointing(name: str, found: Pointed, to_aim: float, to_head: float) -> list[Figure]:
    """Against goals (mm) for the 95th percentiles."""
    return [
        Figure(f"{name}: spot to aim, p95", _number(found.spot_to_aim["p95"]), "mm", at_most=to_aim),
        Figure(f"{name}: spot to head's centre, p95", _number(found.spot_to_head["p95"]), "mm", at_most=to_head),
        Figure(f"{name}: light", found.lit, "s", at_least=SECONDS / 4),
    ]


def _rig(scenario: dict[str, Any], eye: Any, seed: int, **more: Any) -> LockStep:
    selector = plugins.create(plugins.SELECTORS, "nearest")
    return LockStep(parse_scenario(scenario), eye, selector, seed=seed, beam=CROOKED, **more)


def _number(value: float | None) -> float:
    return float("nan") if value is None else value
