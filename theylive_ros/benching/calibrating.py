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

"""Calibration in lock-step: what the calibrator node does over topics, done by plain calls on a simulated rig."""

from __future__ import annotations

import dataclasses
import math

from theylive_ros.benching.figures import BenchError
from theylive_ros.calibrator.blink import Blink
from theylive_ros.calibrator.fit import fit_sweep
from theylive_ros.calibrator.sweep import Sweep
from theylive_ros.lockstep import TICK, LockStep
from theylive_ros.mirrors.calibration import Calibration
from theylive_ros.simulator.beam import Beam

_PATIENCE = 300.0  # s of the rig's time


@dataclasses.dataclass(frozen=True)
class Calibrated:
    """calibration: what came of it. seconds: how long it took, in the rig's time. lit: light in all (s)."""

    calibration: Calibration
    seconds: float
    lit: float


def calibrate(rig: LockStep) -> Calibrated:
    """Calibrate a rig from nothing in commissioning mode, and arm it with the result. Raises SweepError, FitError or BenchError."""
    size = rig.world.camera.settings
    sweep = Sweep(rig.geometry, size.width, size.height, rig.limits)
    blink = Blink(rig.geometry.microstep)
    begin, lit = rig.now, 0.0
    rig.pointer.disarm(rig.now)
    rig.pointer.commission(rig.now)
    rig.on_picture = blink.on_frame
    looks = sweep.looks()
    blink.begin(next(looks), rig.now)
    try:
        while rig.now < begin + _PATIENCE:
            rig.run(TICK)
            lit += TICK * rig.state.lit
            blink.on_mirrors(rig.state.angles, rig.link.status().moving, rig.link.status().time)
            blink.on_laser(rig.state.lit, rig.link.status().time, rig.state.reasons)
            order = blink.order(rig.now)
            rig.pointer.order(order.angles, order.light, rig.now)
            if blink.sighting is not None:
                blink.begin(looks.send(blink.sighting), rig.now)
    except StopIteration as end:
        calibration = fit_sweep(end.value.pairs, end.value.again, rig.geometry, size.width, size.height)
    else:
        raise BenchError(f"the calibration was not over within {_PATIENCE:.0f} s: {sweep.feedback}")
    finally:
        rig.on_picture = None
        rig.pointer.decommission(rig.now)
    seconds = rig.now - begin
    rig.calibration = calibration
    rig.pointer.configure(calibration=calibration)
    rig.pointer.arm(rig.now)
    return Calibrated(calibration, seconds, lit)


def map_errors(calibration: Calibration, beam: Beam, mm_per_px: float, pitch: float = 8.0) -> list[float]:
    """How far (mm on the board) the calibrated map puts the spot from where the beam truly is, on a grid over the whole field of aim."""
    errors = []
    for row in range(int(calibration.height / pitch)):
        for column in range(int(calibration.width / pitch)):
            x, y = (column + 0.5) * pitch, (row + 0.5) * pitch
            if calibration.inside_field(x, y):
                errors.append(mm_per_px * math.dist((x, y), beam.place(*calibration.pixel_to_steps(x, y))))
    return errors
