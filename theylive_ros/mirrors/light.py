"""The planner's hand on the light: it renews the controller's lease while the gate is open, and counts how long it shone."""

from __future__ import annotations

import math

from theylive_ros.mirrors.interface import Controller


class Light:
    """Renews or drops the lease; knows for how long the laser has shone since it last rested."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._leased_until = -math.inf
        self._last_lit = -math.inf
        self._seen = math.nan
        self.on_time = 0.0

    def count(self, now: float, reported: bool, rest: float) -> float:
        """Take in that time has passed. reported: the controller says lit; rest: a pause (s) after which counting starts anew.
        Returns the light (s) since then; while it may be on by lease or by report, it counts as on."""
        if reported or self._seen < self._leased_until:
            if self._seen == self._seen:
                self.on_time += max(now - self._seen, 0.0)
            self._last_lit = now
        elif now - self._last_lit >= rest:
            self.on_time = 0.0
        self._seen = now
        return self.on_time

    def renew(self, now: float, lease: float) -> None:
        """Light until now + lease at most."""
        self._leased_until = now + lease
        self._controller.light(lease)

    def drop(self, now: float, *, always: bool = False) -> None:
        """Dark at once, if it may be lit or `always`."""
        if always or self._leased_until > now:
            self._controller.light(0.0)
        self._leased_until = -math.inf
