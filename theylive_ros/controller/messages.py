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

"""What planner and controller say to each other, as values. How it travels: protocol.py and docs/controller.md.

Only integers: microseconds, whole microsteps, and milli-microsteps (1e-3) where parts of a microstep matter.
"""

from __future__ import annotations

from typing import NamedTuple

VERSION = 3
MAX_SEGMENTS = 32  # in one MOVE
MILLI = 1000  # milli-microsteps in a microstep
UNKNOWN = -1  # `to` of what answers no line in particular


class WireSegment(NamedTuple):
    """A stretch of constant jerk: duration in us; p in milli-microsteps, v per s, a per s^2, j per s^3, as `types.Segment`."""

    duration_us: int
    px: int
    vx: int
    ax: int
    jx: int
    py: int
    vy: int
    ay: int
    jy: int


# What the planner says.


class Hello(NamedTuple):
    """The first line of a planner: starts the numbering anew and puts the light out. Answered by Welcome."""

    version: int


class Move(NamedTuple):
    """Play segments from `start_us` (controller's clock, schedule without lag), dropping what was planned beyond it."""

    lit: bool
    start_us: int
    segments: tuple[WireSegment, ...]


class Light(NamedTuple):
    """Renew the lease: lit until `until_us` (controller's clock) at most; 0: dark at once.

    A moment, not a duration: what lay unread on its way has expired when it is read.
    """

    until_us: int


class Stop(NamedTuple):
    """Dark and motionless at once; the reference is lost. Obeyed whatever its number."""


class Brake(NamedTuple):
    """Dark at once, and to rest as quickly as the motors can follow: the reference stays. Obeyed whatever its number."""


class Home(NamedTuple):
    """Find the limit switches, then go to 0, 0; always dark."""


class Reference(NamedTuple):
    """The mirrors stand at 0, 0 now: somebody has set them by hand."""


class Reset(NamedTuple):
    """Clear a latched fault whose cause is gone."""


class Query(NamedTuple):
    """Ask for a Report."""


class Bye(NamedTuple):
    """The planner leaves: dark at once."""


# What the controller says. `to` is the number of the line that it answers, UNKNOWN if none.


class Welcome(NamedTuple):
    """Answers Hello. max_rate: microsteps/s, whole. low_x ... high_y: the soft range, microsteps, that no MOVE may leave."""

    to: int
    version: int
    has_laser: bool
    has_limits: bool
    max_rate: int
    max_lease_us: int
    low_x: int
    high_x: int
    low_y: int
    high_y: int


class Report(NamedTuple):
    """The controller's state; as an answer it also says that the line was accepted.

    time_us: its clock. x, y: microsteps. lag_us: by how much the plan is played late. pulses_x, pulses_y: all pulses made since the
    start, both directions. error_x, error_y: microsteps by which x, y are off at most, since they were last set by HOME or REFERENCE; 0
    where every pulse is counted as it is made. fault: empty, or one word for the cause; text: the cause and its cure.
    """

    to: int
    time_us: int
    x: int
    y: int
    moving: bool
    lit: bool
    referenced: bool
    has_laser: bool
    limit_x: bool
    limit_y: bool
    stop: bool
    lag_us: int
    pulses_x: int
    pulses_y: int
    error_x: int
    error_y: int
    fault: str = ""
    text: str = ""


class Refusal(NamedTuple):
    """The line was not obeyed; nothing has changed, except that the light may be out."""

    to: int
    code: str
    text: str


class Notice(NamedTuple):
    """Said unasked, the moment it happens: a fault (its word), `homed`, `light` (put out for a reason other than its lease)."""

    code: str
    text: str


Message = Hello | Move | Light | Stop | Brake | Home | Reference | Reset | Query | Bye | Welcome | Report | Refusal | Notice
