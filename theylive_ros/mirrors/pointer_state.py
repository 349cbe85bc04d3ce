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

"""What the planner says: what became of one tick, and why something that was asked for is refused."""

from __future__ import annotations

import dataclasses
from typing import Literal

from theylive_ros.mirrors.plane import Point

_CURES = {
    "link_silent": "the controller is silent: see that it runs and that its cable is in",
    "controller_fault": "the controller has a fault ({fault}): mend its cause, then reset",
    "stop_input": "the stop switch is pressed: release it",
    "limit_input": "a limit switch is pressed: home the axes",
    "no_laser_line": "no laser line is wired: name one in the controller's settings",
    "unreferenced": "the zero of the axes is unknown: home them",
    "missed_steps": "the spot is seen where the count of steps does not put it: home the axes, and calibrate if that does not mend it",
    "uncalibrated": "there is no map from the picture to the mirrors: calibrate",
    "cannot_clear_protected": "the detector cannot tell that no protected head is there: use one that reports every head, or allow it by"
    " allow_unclearing_detector",
    "armed": "the rig is armed: disarm it first",
    "commissioning": "the rig is in commissioning mode: end that first",
    "not_commissioning": "angles are ordered in commissioning mode only: begin it first",
    "outside_limits": "the angles are beyond the soft limits: order smaller ones",
}


class PointerError(Exception):
    """What was asked for is refused; `reason` names the condition as the gate does, the message the cause and the cure."""

    def __init__(self, reason: str, fault: str = "") -> None:
        super().__init__(f"{reason}: {_CURES[reason].format(fault=fault)}")
        self.reason = reason


@dataclasses.dataclass(frozen=True)
class PointerState:
    """What became of one tick.

    time: of the tick; stamp: capture of the frame behind the aim (NaN if none), both monotonic (s). mode: what the mirrors do.
    calibrated: there is a map from the picture to the mirrors. track_id: 0 for none. aim: where the beam should meet the board now (in
    commissioning where it was ordered), spot: where it does by the count of steps and the trim (px), None without one. error: their
    distance on the board (m), NaN if unknown. lag: how far the spot trails the aim along the target's motion (m), NaN for a target at
    rest. settled: error within tolerance and no slew under way. armed, referenced, lit (as the controller reports), open (the lease was
    renewed). reasons: all that closes the gate. angles (rad), rates (rad/s): of mirrors 1 and 2 by the count of steps; in
    commissioning by the geometry that orders go by. trim: by how much the seen spot corrects the map, at the spot (px). missed_steps: by
    how many microsteps each axis is off, as the seen spot tells; 0 within its noise. count_error: by how many each axis' count may be off
    at most, as the controller says of itself. latency: from capture to the tick that first heard of
    it (s). fault: the controller's. disarmed_by: the condition that last disarmed the rig or ended commissioning.
    """

    time: float
    stamp: float
    mode: Literal["targeting", "commissioning"]
    calibrated: bool
    track_id: int
    aim: Point | None
    spot: Point | None
    error: float
    lag: float
    settled: bool
    referenced: bool
    armed: bool
    open: bool
    lit: bool
    reasons: tuple[str, ...]
    angles: Point
    rates: Point
    trim: Point
    missed_steps: tuple[int, int]
    count_error: tuple[int, int]
    latency: float
    fault: str
    disarmed_by: str
