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

"""Constant-velocity Kalman filter of a point in the picture, both axes at once."""

from __future__ import annotations

# How long a head's acceleration is taken to last (s): turns a standard deviation of acceleration into white noise on the velocity.
_CORRELATION = 0.1


class PointFilter:
    """Position and velocity of one point, updated by measured positions.

    The axes are decoupled and share their noises, so one 2x2 covariance serves both: pp (px^2), pv (px^2/s), vv (px^2/s^2).
    Process noise is continuous white noise on the acceleration (Bar-Shalom, Li, Kirubarajan: Estimation with Applications to
    Tracking and Navigation, 2001, eq. 6.2.2-4), so that the growth over a time does not depend on the number of frames in it.
    """

    __slots__ = ("pp", "pv", "vv", "vx", "vy", "x", "y")

    def __init__(self, x: float, y: float, noise: float, speed: float) -> None:
        """Start at a measured x, y (px). noise: its standard deviation (px); speed: that of the unknown velocity per axis (px/s)."""
        self.restart(x, y, noise, speed)

    def restart(self, x: float, y: float, noise: float, speed: float) -> None:
        """Forget the past: the point is where it was just measured and its velocity is unknown."""
        self.x, self.y, self.vx, self.vy = x, y, 0.0, 0.0
        self.pp, self.pv, self.vv = noise * noise, 0.0, speed * speed

    def predict(self, dt: float, acceleration: float) -> None:
        """Move on by dt (s); acceleration: standard deviation (px/s^2) of what the point does unasked."""
        q = acceleration * acceleration * _CORRELATION
        self.x += dt * self.vx
        self.y += dt * self.vy
        self.pp += dt * (2 * self.pv + dt * (self.vv + q * dt / 3))
        self.pv += dt * (self.vv + q * dt / 2)
        self.vv += q * dt

    def innovation_variance(self, noise: float) -> float:
        """Variance per axis (px^2) of measured minus predicted position."""
        return self.pp + noise * noise

    def correct(self, x: float, y: float, noise: float) -> None:
        """Take in a measured position (px) with its standard deviation per axis."""
        s = self.innovation_variance(noise)
        gain_p, gain_v = self.pp / s, self.pv / s
        dx, dy = x - self.x, y - self.y
        self.x += gain_p * dx
        self.y += gain_p * dy
        self.vx += gain_v * dx
        self.vy += gain_v * dy
        self.vv -= gain_v * self.pv
        self.pp *= 1 - gain_p
        self.pv *= 1 - gain_p

    def covariance(self) -> tuple[float, ...]:
        """Of (x, y, vx, vy), row-major, 16 values."""
        pp, pv, vv = self.pp, self.pv, self.vv
        return (pp, 0.0, pv, 0.0, 0.0, pp, 0.0, pv, pv, 0.0, vv, 0.0, 0.0, pv, 0.0, vv)
