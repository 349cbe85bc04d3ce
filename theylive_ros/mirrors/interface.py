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

"""What the planner of the mirrors asks of a controller. `theylive_ros.controller.link.Link` keeps it; so does a test's stand-in."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Protocol

from theylive_ros.types import Segment


@dataclasses.dataclass(frozen=True)
class ControllerStatus:
    """What the controller last said of itself.

    time: local monotonic clock (s) at which it was true. position: microsteps from the reference, pulses counted. moving: a plan is
    being played. lit: the laser line is on. referenced: the zero of both axes is known. lag: time (s) by which the running plan is
    behind its schedule after late wake-ups. fault: empty, or what latched the controller dark until `reset`. count_error: microsteps
    by which each axis' position is off at most since the reference was found; none where every pulse is counted as it is made.
    """

    time: float
    position: tuple[int, int]
    moving: bool
    lit: bool
    referenced: bool
    lag: float
    has_laser: bool
    limit_x: bool
    limit_y: bool
    stop: bool
    fault: str
    count_error: tuple[int, int] = (0, 0)


class Controller(Protocol):
    """The planner's side of a controller. No call waits; answers arrive with the next status."""

    @property
    def has_limits(self) -> bool:
        """Whether the rig has limit switches, so that `home` can find the reference; False while that is not known."""

    def status(self) -> ControllerStatus | None:
        """The newest status, None while the link is down or silent for too long."""

    def move(self, segments: Sequence[Segment], start: float, *, lit: bool) -> None:
        """Play segments from `start` (local monotonic s), dropping what was planned beyond it. The first must continue the running plan,
        the last must end at rest. lit: whether the laser may stay on during it; a slew (lit=False) is dark from the moment it is heard."""

    def light(self, seconds: float) -> None:
        """Renew the lease: lit for `seconds` from now at most, then dark. 0: dark at once."""

    def stop(self) -> None:
        """Dark and motionless at once, without a ramp; the reference is lost until `home`."""

    def brake(self) -> None:
        """Dark at once, and to rest as quickly as the motors can follow; the reference stays."""

    def home(self) -> None:
        """Find the reference (dark); afterwards the position is 0, 0."""

    def reference(self) -> None:
        """The mirrors stand at 0, 0 now: somebody has set them by hand, as a rig without limit switches needs."""

    def reset(self) -> None:
        """Clear a latched fault whose cause is gone. Does not restore the reference."""
