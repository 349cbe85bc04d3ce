"""What the aim was at any moment, from what was said of it now and then."""

from __future__ import annotations

import collections
import math
from typing import NamedTuple


class Said(NamedTuple):
    """At time t (s) the aim was at x, y (px) on a track; track_id 0: no aim."""

    t: float
    track_id: int
    x: float
    y: float


class AimLog:
    """Keeps the last few hundred statements."""

    def __init__(self) -> None:
        self._said: collections.deque[Said] = collections.deque(maxlen=512)

    def add(self, t: float, track_id: int, x: float, y: float) -> None:
        """Take in a statement; times ascend."""
        self._said.append(Said(t, track_id, x, y))

    def at(self, t: float) -> tuple[float, float]:
        """The aim (px) at time t (s), interpolated between what was said of the same track before and after; NaN if there was none."""
        before = after = None
        for said in reversed(self._said):
            if said.t <= t:
                before = said
                break
            after = said
        if before is None or before.track_id == 0:
            return math.nan, math.nan
        if after is None or after.track_id != before.track_id:
            return before.x, before.y
        u = (t - before.t) / (after.t - before.t)
        return before.x + u * (after.x - before.x), before.y + u * (after.y - before.y)
