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

"""The rig in space: its frames, as its geometry and its calibration put them, and the way of the beam.

Frames (REP 103 and 105): `base_link` is the root, at the pivot of mirror 2, x towards the board, y left, z up. `board` lies on the board
where the beam at rest meets it, x right, y down, z away from the rig, so that its x and y are the calibration's metres.
`laser_link` has x along the beam. `mirror_1_link` and `mirror_2_link` have x out of the mirror's face and turn about their z, by the
joints `mirror_1_joint` and `mirror_2_joint`. `camera_link` looks along x; the camera's optical frame is its child.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from theylive_ros.mirrors.calibration import Calibration
from theylive_ros.mirrors.optics import Geometry, OpticsError
from theylive_ros.mirrors.plane import Point
from theylive_ros.viewing.camera_pose import camera_on_board
from theylive_ros.viewing.poses import OPTICAL, about_z, inverse, pose

BASE, BOARD, OPTICAL_FRAME = "base_link", "board", "camera_optical_frame"
MIRRORS = ("mirror_1_joint", "mirror_2_joint")
LASER_AHEAD = 0.03  # m from the laser's mouth to mirror 1: for the eye, no light depends on it
_HALF = math.sqrt(0.5)


@dataclasses.dataclass(frozen=True)
class Joint:
    """What holds the frame `child` in the frame `parent`: its pose, and whether it turns about its own z from there."""

    name: str
    parent: str
    child: str
    pose: np.ndarray
    turns: bool = False

    def at(self, angle: float) -> np.ndarray:
        """The child's pose in its parent at an angle of the joint (rad), of which one that does not turn knows nothing."""
        return self.pose @ about_z(angle) if self.turns else self.pose


class RigView:
    """A rig with this calibration. lens: fx, fy, cx, cy of its camera (px), None where nobody knows; frame: the camera's optical one."""

    def __init__(self, calibration: Calibration, lens: tuple[float, float, float, float] | None = None, frame: str = OPTICAL_FRAME) -> None:
        self.calibration = c = calibration
        g = c.geometry
        self._optics = dataclasses.replace(g, rest_x=g.rest_x + c.rest[0], rest_y=g.rest_y + c.rest[1])
        # joint_states counts from the rest that is configured, the light knows the true one
        self.offset = self._optics.angles(g.steps((0.0, 0.0)))
        board = pose((g.board_distance, 0.0, 0.0), OPTICAL)
        body = pose(turn=OPTICAL)
        camera = board @ camera_on_board(c, lens) @ inverse(body)
        first, second = _mirror((0.0, _HALF, -_HALF), (1.0, 0.0, 0.0)), _mirror((_HALF, 0.0, _HALF), (0.0, -1.0, 0.0))
        self.joints = (
            Joint("board_joint", BASE, BOARD, board),
            Joint("laser_joint", BASE, "laser_link", pose((0.0, LASER_AHEAD, g.mirror_distance), [[0, 1, 0], [-1, 0, 0], [0, 0, 1]])),
            Joint(MIRRORS[0], BASE, "mirror_1_link", pose((0.0, 0.0, g.mirror_distance)) @ first @ about_z(self.offset[0]), True),
            Joint(MIRRORS[1], BASE, "mirror_2_link", second @ about_z(self.offset[1]), True),
            Joint("camera_joint", BASE, "camera_link", camera),
            Joint("camera_optical_joint", "camera_link", frame, body),
        )

    @property
    def geometry(self) -> Geometry:
        """As configured."""
        return self.calibration.geometry

    def beam(self, angles: Point) -> list[tuple[float, float, float]]:
        """The way of the light in `base_link` (m) with the mirrors at these angles of joint_states (rad): laser, mirror 1, mirror 2, board.
        Raises OpticsError where no light reaches the board."""
        true = angles[0] + self.offset[0], angles[1] + self.offset[1]
        first, second, (x, y, z) = self._optics.beam(true)
        start = first[0] - LASER_AHEAD, first[1], first[2]
        # there the calibration shifts it to where it was seen
        end = (*self.calibration.correction.undo(x, y), z)
        return [in_base(point) for point in (start, first, second, end)]

    def on_board(self, x: float, y: float) -> Point | None:
        """The point of the board (m, in `board`) that is seen at a pixel; None where none is."""
        if not (math.isfinite(x) and math.isfinite(y)):
            return None
        try:
            return self.calibration.pixel_to_board(x, y)
        except OpticsError:
            return None

    def outline(self) -> list[Point]:
        """The corners of the picture on the board (m, in `board`)."""
        w, h = self.calibration.width, self.calibration.height
        return [self.calibration.pixel_to_board(x, y) for x, y in ((0, 0), (w, 0), (w, h), (0, h))]

    def field(self) -> list[Point]:
        """The corners of the field of aim on the board (m, in `board`)."""
        return [self.calibration.pixel_to_board(x, y) for x, y in self.calibration.field]


def in_base(point: tuple[float, float, float]) -> tuple[float, float, float]:
    """A point of the optics' frame (x right, y down, z forward) in `base_link`."""
    x, y, z = point
    return z, -x, -y


def in_optics(point: tuple[float, float, float]) -> tuple[float, float, float]:
    """A point of `base_link` in the optics' frame."""
    x, y, z = point
    return -y, -z, x


def _mirror(face: tuple[float, float, float], axis: tuple[float, float, float]) -> np.ndarray:
    return pose(turn=np.column_stack([face, np.cross(axis, face), axis]))
