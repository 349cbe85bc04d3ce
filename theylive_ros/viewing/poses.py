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

"""Poses as 4x4 matrices: they map a point of the child's frame to the parent's, (R | place; 0 0 0 1)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

# The axes of an optical frame (z forward, x right, y down; REP 103) as columns in a body's frame (x forward, y left, z up).
OPTICAL = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])


def pose(place: ArrayLike = (0.0, 0.0, 0.0), turn: ArrayLike | None = None) -> np.ndarray:
    """A pose of a place (3,) in m and a rotation matrix (3, 3)."""
    matrix = np.eye(4)
    matrix[:3, 3] = place
    if turn is not None:
        matrix[:3, :3] = turn
    return matrix


def about_z(angle: float) -> np.ndarray:
    """The pose of a right-handed turn about z by an angle (rad)."""
    c, s = math.cos(angle), math.sin(angle)
    return pose(turn=[[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def inverse(matrix: np.ndarray) -> np.ndarray:
    """The pose of the parent in the child's frame."""
    turn = matrix[:3, :3].T
    return pose(-turn @ matrix[:3, 3], turn)


def of(place: ArrayLike, quaternion: ArrayLike) -> np.ndarray:
    """A pose of a place (m) and a quaternion x, y, z, w of any length but 0. Raises ValueError for one that is no rotation."""
    x, y, z, w = (float(v) for v in np.asarray(quaternion, float))
    n = x * x + y * y + z * z + w * w
    if not (0.0 < n < math.inf and np.isfinite(np.asarray(place, float)).all()):
        raise ValueError("no pose")
    s = 2.0 / n
    return pose(
        place,
        [
            [1 - s * (y * y + z * z), s * (x * y - z * w), s * (x * z + y * w)],
            [s * (x * y + z * w), 1 - s * (x * x + z * z), s * (y * z - x * w)],
            [s * (x * z - y * w), s * (y * z + x * w), 1 - s * (x * x + y * y)],
        ],
    )


def quaternion(matrix: np.ndarray) -> tuple[float, float, float, float]:
    """The turn of a pose as x, y, z, w of length 1, w not negative."""
    m = matrix[:3, :3]
    # the largest of the four squares is far from 0, so that the root loses nothing (Shepperd's method)
    squares = np.array([1 + m[0, 0] - m[1, 1] - m[2, 2], 1 - m[0, 0] + m[1, 1] - m[2, 2], 1 - m[0, 0] - m[1, 1] + m[2, 2], 1 + m.trace()])
    largest = int(squares.argmax())
    rows = [
        (squares[0], m[1, 0] + m[0, 1], m[0, 2] + m[2, 0], m[2, 1] - m[1, 2]),
        (m[1, 0] + m[0, 1], squares[1], m[2, 1] + m[1, 2], m[0, 2] - m[2, 0]),
        (m[0, 2] + m[2, 0], m[2, 1] + m[1, 2], squares[2], m[1, 0] - m[0, 1]),
        (m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1], squares[3]),
    ]
    q = np.array(rows[largest]) / (2 * math.sqrt(squares[largest]))
    q = q if q[3] >= 0 else -q
    return float(q[0]), float(q[1]), float(q[2]), float(q[3])


def roll_pitch_yaw(matrix: np.ndarray) -> tuple[float, float, float]:
    """The turn of a pose as a URDF has it (rad): roll about x, then pitch about y, then yaw about z, all fixed axes."""
    m = matrix[:3, :3]
    pitch = math.atan2(-m[2, 0], math.hypot(m[0, 0], m[1, 0]))
    if math.hypot(m[0, 0], m[1, 0]) < 1e-9:  # x points along z: roll and yaw are one turn, told as yaw
        return 0.0, pitch, math.atan2(-m[0, 1], m[1, 1])
    return math.atan2(m[2, 1], m[2, 2]), pitch, math.atan2(m[1, 0], m[0, 0])
