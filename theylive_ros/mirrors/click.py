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

"""Where the mirrors must turn for the beam to go through a point in space that somebody has clicked. Pure."""

from __future__ import annotations

import math

from theylive_ros.mirrors.calibration import Calibration
from theylive_ros.mirrors.optics import Geometry, OpticsError, Vector
from theylive_ros.mirrors.plane import Point

_NEAR = 0.02  # m in front of mirror 2: closer, the rig itself was clicked


class ClickError(ValueError):
    """The beam is not sent there; one line with the cause and the cure."""


def angles_through(point: Vector, geometry: Geometry, calibration: Calibration | None) -> Point:
    """Turns of the mirrors (rad, as joint_states counts them) that send the beam from mirror 2 through a point (m, in the optics' frame).

    What counts is where the line from mirror 2 through the point meets the board, so that a head in front of the board may be clicked
    as well. Raises ClickError for a point behind the mirrors and, with a calibration, outside its field of aim.
    """
    x, y, z = point
    if not (all(map(math.isfinite, point)) and z >= _NEAR):
        raise ClickError(f"({x:.3g}, {y:.3g}, {z:.3g}) m is not in front of the mirrors: click on the board")
    x, y = x * geometry.board_distance / z, y * geometry.board_distance / z
    try:
        if calibration is None:
            return geometry.mirror_angles((x, y))
        if not calibration.inside_field(*calibration.board_to_pixel(x, y)):
            raise ClickError(f"({x:.3g}, {y:.3g}) m of the board is outside the field of aim: click inside it")
        return geometry.angles(calibration.board_to_steps(x, y))
    except OpticsError as error:
        raise ClickError(f"{error}: click on the board") from error
