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

"""Where the simulated rig's beam truly comes out in the picture: mirrors, a board and a camera that are mounted as people mount things.

The picture itself stays as the scenario draws it. What is crooked is the way from the motors into it: the motors' zero, the board's
tilt, the camera's place, its roll and its lens. Nobody but the simulator knows these; a calibration has to find them out.
"""

from __future__ import annotations

import dataclasses
import math

from theylive_ros.mirrors.optics import Geometry, OpticsError
from theylive_ros.settings import setting
from theylive_ros.simulator.camera import SimCamera

# The beam behind mirror 2 is a straight line; a second board this much nearer tells its direction (share of the board's distance).
_NEARER = 0.5


@dataclasses.dataclass(frozen=True)
class BeamSettings:
    """How the simulated rig is mounted. All zero: as its geometry says, the camera straight above the beam at rest."""

    rest_x: float = setting(0.0, "position of axis x at which mirror 1 truly stands at 45 degrees", unit="microsteps", low=-200, high=200)
    rest_y: float = setting(0.0, "position of axis y at which mirror 2 truly stands at 45 degrees", unit="microsteps", low=-200, high=200)
    tilt_x_deg: float = setting(0.0, "turn of the board about the x axis: its lower edge comes nearer", unit="deg", low=-30, high=30)
    tilt_y_deg: float = setting(0.0, "turn of the board about the y axis: its right edge goes away", unit="deg", low=-30, high=30)
    camera_x_mm: float = setting(0.0, "the camera looks at a place so far right of the beam at rest", unit="mm", low=-300, high=300)
    camera_y_mm: float = setting(0.0, "the camera looks at a place so far below the beam at rest", unit="mm", low=-300, high=300)
    camera_yaw_deg: float = setting(0.0, "the camera looks at the board from the right", unit="deg", low=-30, high=30)
    camera_roll_deg: float = setting(0.0, "turn of the camera about its line of sight, clockwise", unit="deg", low=-180, high=180)
    distortion: float = setting(0.0, "share by which the lens draws the picture's corners inwards", low=-0.1, high=0.1)


# What a rig looks like that was screwed together by hand, and whose motors' zero is where the switches happen to be.
CROOKED = BeamSettings(
    rest_x=9.0,
    rest_y=-6.0,
    tilt_x_deg=4.0,
    tilt_y_deg=-6.0,
    camera_x_mm=14.0,
    camera_y_mm=-9.0,
    camera_yaw_deg=5.0,
    camera_roll_deg=3.0,
    distortion=0.02,
)
PRESETS = {"ideal": BeamSettings(), "crooked": CROOKED}


class Beam:
    """The true way from microsteps to pixels."""

    def __init__(self, geometry: Geometry, camera: SimCamera, settings: BeamSettings | None = None) -> None:
        """geometry: the rig's measures as they are meant to be; settings: how it is really mounted."""
        self._settings = s = settings or BeamSettings()
        self._camera = camera
        self._true = dataclasses.replace(geometry, rest_x=geometry.rest_x + s.rest_x, rest_y=geometry.rest_y + s.rest_y)
        self._near = dataclasses.replace(self._true, board_distance=geometry.board_distance * (1 - _NEARER))
        size = camera.settings
        self._corner = math.hypot(size.width, size.height) / 2 * size.mm_per_px / 1000  # from the middle of the picture (m on the board)

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Where the spot of a beam with the motors at these microsteps stands in the picture (px); infinities where none does."""
        try:
            u, v = self._seen(*self._on_board(x, y))
        except (OpticsError, ZeroDivisionError):  # the beam does not reach the board: out of every picture
            return math.inf, math.inf
        return self._camera.to_px(u, v)

    def _on_board(self, x: float, y: float) -> tuple[float, float]:
        """The spot (m) along the tilted board's own right and down."""
        s, d = self._settings, self._true.board_distance
        angles = self._true.angles((x, y))
        fx, fy = self._true.board_point(angles)
        nx, ny = self._near.board_point(angles)
        # the line (fx, fy, d) + k (fx - nx, fy - ny, d / 2) and the plane through (0, 0, d) across `normal`
        way = (fx - nx, fy - ny, d * _NEARER)
        right = _turned((1.0, 0.0, 0.0), s.tilt_x_deg, s.tilt_y_deg)
        down = _turned((0.0, 1.0, 0.0), s.tilt_x_deg, s.tilt_y_deg)
        normal = _turned((0.0, 0.0, 1.0), s.tilt_x_deg, s.tilt_y_deg)
        k = -(normal[0] * fx + normal[1] * fy) / _dot(normal, way)
        if not k * _NEARER > -1:
            raise OpticsError("the board is behind the mirrors")
        hit = (fx + k * way[0], fy + k * way[1], k * way[2])
        return _dot(hit, right), _dot(hit, down)

    def _seen(self, u: float, v: float) -> tuple[float, float]:
        """Where the camera shows a point of the board: m from the picture's middle at the picture's nominal scale."""
        s, d = self._settings, self._true.board_distance
        u, v = u - s.camera_x_mm / 1000, v - s.camera_y_mm / 1000
        # a camera as far from the board as the mirrors, which looks at its place from the side
        yaw, roll = math.radians(s.camera_yaw_deg), math.radians(s.camera_roll_deg)
        depth = d - u * math.sin(yaw)
        if depth <= 0:
            raise OpticsError("behind the camera")
        u, v = d * u * math.cos(yaw) / depth, d * v / depth
        u, v = u * math.cos(roll) + v * math.sin(roll), v * math.cos(roll) - u * math.sin(roll)
        shrunk = 1 - s.distortion * (u * u + v * v) / self._corner**2
        return u * shrunk, v * shrunk


def _turned(v: tuple[float, float, float], about_x_deg: float, about_y_deg: float) -> tuple[float, float, float]:
    """A direction turned about x, then about y."""
    x, y, z = v
    a, b = math.radians(about_x_deg), math.radians(about_y_deg)
    y, z = y * math.cos(a) - z * math.sin(a), y * math.sin(a) + z * math.cos(a)
    return x * math.cos(b) + z * math.sin(b), y, z * math.cos(b) - x * math.sin(b)


def _dot(a: tuple[float, float, float], b: tuple[float, float, float]) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
