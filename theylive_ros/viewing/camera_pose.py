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

"""Where the camera stands, as the map from its pixels to the board tells."""

from __future__ import annotations

import numpy as np

from theylive_ros.mirrors import plane
from theylive_ros.mirrors.calibration import Calibration
from theylive_ros.viewing.poses import pose


def camera_on_board(calibration: Calibration, lens: tuple[float, float, float, float] | None) -> np.ndarray:
    """The camera's optical frame in the board's frame (x right, y down, z away from the rig), as a pose.

    lens: fx, fy, cx, cy of a pinhole camera (px). None where nobody knows: then the camera is taken to look with square pixels from where
    a pixel in its picture's middle shows as much of the board as the calibration says, as far away as mirror 2.

    The inverse homography is s K [r1 r2 t] (Zhang, A Flexible New Technique for Camera Calibration, 2000); r1 and r2 are made orthonormal.
    """
    c = calibration
    if lens is None:
        cx, cy = c.width / 2, c.height / 2
        focal = c.geometry.board_distance / c.metres_per_pixel(cx, cy)
        lens = (focal, focal, cx, cy)
    fx, fy, cx, cy = lens
    to_picture = np.reshape(plane.inverse(c.to_board), (3, 3))
    rays = np.linalg.inv([[fx, 0, cx], [0, fy, cy], [0, 0, 1]]) @ to_picture
    rays *= np.sign(rays[2, 2]) * 2 / (np.linalg.norm(rays[:, 0]) + np.linalg.norm(rays[:, 1]))
    u, _, vt = np.linalg.svd(np.column_stack([rays[:, 0], rays[:, 1], np.cross(rays[:, 0], rays[:, 1])]))
    turn = u @ np.diag([1.0, 1.0, np.linalg.det(u @ vt)]) @ vt
    return pose(-turn.T @ rays[:, 2], turn.T)
