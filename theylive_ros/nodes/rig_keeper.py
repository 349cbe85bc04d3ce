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

"""Keeps the picture of the rig in space up to date: with the calibration's file and the camera's lens."""

from __future__ import annotations

import math
import os
from collections.abc import Callable

from sensor_msgs.msg import CameraInfo

from theylive_ros.mirrors.calibration import CalibrationError, nominal
from theylive_ros.mirrors.optics import Geometry
from theylive_ros.nodes import qos
from theylive_ros.nodes.base import ManagedNode, one_line
from theylive_ros.nodes.mirrors_calibration import CalibrationConfig, choose, path_of
from theylive_ros.viewing.rig_view import OPTICAL_FRAME, RigView

_LOOK = 2.0  # s between two looks at the file
_Lens = tuple[float, float, float, float]


class RigKeeper:
    """Hears camera_info; `on_view` hears every new RigView."""

    def __init__(self, node: ManagedNode, config: CalibrationConfig, geometry: Geometry, on_view: Callable[[RigView], None]) -> None:
        self._node, self._config, self._geometry = node, config, geometry
        self._on_view = on_view
        self._lens: _Lens | None = None
        self._frame = OPTICAL_FRAME
        self._file: tuple[int, int] | None = None
        self.state = ""
        self._read()
        self._subscription = node.create_subscription(CameraInfo, "camera_info", self._on_info, qos.IMAGE)
        self._timer = node.create_timer(_LOOK, self._look) if config.calibration else None

    @property
    def view(self) -> RigView:
        """The rig as it is known now."""
        return self._view

    def close(self) -> None:
        """Hear no more."""
        self._node.destroy_subscription(self._subscription)
        if self._timer is not None:
            self._node.destroy_timer(self._timer)
            self._timer = None

    def _look(self) -> None:
        if _mark(path_of(self._config)) != self._file:
            self._read()

    def _read(self) -> None:
        config = self._config
        self._file = _mark(path_of(config)) if config.calibration else None
        ideal = nominal(config.nominal_width, config.nominal_height, config.nominal_scale, self._geometry)
        try:
            found = choose(config, self._geometry, simulated=True)
        except CalibrationError as error:
            found = None
            self.state = f"{one_line(error)}; drawn as an ideal rig"
            self._node.get_logger().warning(self.state)
        else:
            where = f"of {found.created} in {path_of(config)}" if config.calibration and found else ""
            self.state = where or (f"there is no file {path_of(config)}; drawn as an ideal rig" if config.calibration else "an ideal rig's")
        self._calibration = found or ideal
        self._renew()

    def _renew(self) -> None:
        self._view = RigView(self._calibration, self._lens, self._frame)
        self._on_view(self._view)

    def _on_info(self, message: CameraInfo) -> None:
        fx, _, cx, _, fy, cy, *_ = (float(v) for v in message.k)
        lens = None
        if min(fx, fy, message.width, message.height) > 0 and all(map(math.isfinite, (fx, fy, cx, cy))):
            # in the calibration's pixels, whatever the size of these pictures
            x, y = self._calibration.width / message.width, self._calibration.height / message.height
            lens = fx * x, fy * y, cx * x, cy * y
        frame = message.header.frame_id or OPTICAL_FRAME
        if (lens, frame) != (self._lens, self._frame):
            self._lens, self._frame = lens, frame
            self._renew()


def _mark(path: str) -> tuple[int, int] | None:
    """What changes when a file does; None where there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
