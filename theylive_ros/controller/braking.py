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

"""The quickest way to rest. Pure."""

from __future__ import annotations

import math

from theylive_ros.controller.plan import FOREVER, Course, Piece, rest

State = tuple[float, float]


def braking(x: State, y: State, acceleration: float, start_us: int) -> list[Piece]:
    """Dark pieces that bring both axes from position (microsteps) and speed (microsteps/s) to rest, each as soon as it can, for good."""
    lasts = [math.ceil(abs(v) / acceleration * 1e6) for _, v in (x, y)]
    ramps = [Course(p, v, -v / (us * 1e-6) if us else 0.0, 0.0) for (p, v), us in zip((x, y), lasts, strict=True)]
    ends = [ramp.at(us * 1e-6)[0] for ramp, us in zip(ramps, lasts, strict=True)]
    pieces, at_us = [], 0
    for stop_us in sorted({*lasts} - {0}):
        courses = [
            Course(*ramp.at(at_us * 1e-6), ramp.a, 0.0) if at_us < us else Course(end, 0.0, 0.0, 0.0)
            for ramp, us, end in zip(ramps, lasts, ends, strict=True)
        ]
        pieces.append(Piece(start_us + at_us, start_us + stop_us, (courses[0], courses[1]), False))
        at_us = stop_us
    return [*pieces, rest(start_us + at_us, FOREVER, (ends[0], ends[1]), False)]
