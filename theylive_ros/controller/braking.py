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
