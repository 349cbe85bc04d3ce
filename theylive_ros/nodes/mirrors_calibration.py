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

"""Which calibration the mirrors node goes by: a file, the ideal rig's, or none."""

from __future__ import annotations

import dataclasses
import os

from theylive_ros.mirrors.calibration import Calibration, CalibrationError, nominal
from theylive_ros.mirrors.calibration_file import load
from theylive_ros.mirrors.optics import Geometry
from theylive_ros.settings import setting


@dataclasses.dataclass(frozen=True)
class CalibrationConfig:
    """Parameters of the mirrors node about its calibration."""

    calibration: str = setting(
        "", "Calibration file; empty: none, or with simulated lines the ideal rig of the nominal_ and geometry. parameters", read_only=True
    )
    nominal_width: int = setting(320, "Width of the pictures of the ideal rig", unit="px", low=1, high=10000, read_only=True)
    nominal_height: int = setting(240, "Height of the pictures of the ideal rig", unit="px", low=1, high=10000, read_only=True)
    nominal_scale: float = setting(0.785e-3, "Size of a pixel on the board of the ideal rig", unit="m", low=1e-6, high=1.0, read_only=True)


def choose(config: CalibrationConfig, geometry: Geometry, simulated: bool) -> Calibration | None:
    """What to begin with; None for a rig that has none yet. Raises CalibrationError for a file that is there and cannot be used."""
    if config.calibration:
        return read(config, geometry) if os.path.lexists(path_of(config)) else None
    return nominal(config.nominal_width, config.nominal_height, config.nominal_scale, geometry) if simulated else None


def read(config: CalibrationConfig, geometry: Geometry) -> Calibration:
    """The calibration in the file. Raises CalibrationError, also for one that was made with another geometry."""
    if not config.calibration:
        raise CalibrationError("the parameter `calibration` names no file, so there is none to read; set it and start anew")
    calibration = load(path_of(config))
    for field in dataclasses.fields(geometry):
        made, now = getattr(calibration.geometry, field.name), getattr(geometry, field.name)
        if made != now:
            raise CalibrationError(
                f"calibration {path_of(config)} was made with geometry.{field.name} {made}, the parameter is {now};"
                " set it right, or calibrate again"
            )
    return calibration


def path_of(config: CalibrationConfig) -> str:
    """The file, with ~ for the home folder."""
    return os.path.expanduser(config.calibration)
