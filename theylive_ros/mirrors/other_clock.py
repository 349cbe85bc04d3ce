"""What is known of the clock that stamps the pictures, where the camera may run on another machine than the mirrors.

The mirrors ask the camera's node for the time. It answers after the question was sent and before the answer came, however long each was
under way: so every answer bounds the difference of the two clocks from both sides, and many together bound it closely. Pure.
"""

from __future__ import annotations

from theylive_ros.mirrors.clock import DRIFT, Clocks, ClockSettings

# Silence (s) after which what was told counts for nothing: the camera may by now be another one.
_FORGOTTEN = 10.0


class OtherClock:
    """Bounds the difference: the camera's clock less this machine's (s). One thread may hear while others ask what is known."""

    def __init__(self, settings: ClockSettings | None = None) -> None:
        self.settings = settings or ClockSettings()
        self._known: tuple[float, float, float] | None = None  # least and greatest difference, and when that was so

    def hear(self, asked: float, told: float, heard: float, now: float) -> None:
        """Take in an answer: this machine's clock when the question was sent and when the answer came, the camera's in between (s of ROS
        time each); now: monotonic (s). One that came before it was asked for, or holds no number, is left out."""
        if not asked <= heard or not abs(told) < float("inf"):
            return
        slack = DRIFT * (heard - asked)
        low, high = told - heard - slack, told - asked + slack
        if (before := self.bounds(now)) is not None and max(low, before[0]) <= min(high, before[1]):
            low, high = max(low, before[0]), min(high, before[1])
        # else one of the clocks has jumped: what was known before is no longer so
        self._known = low, high, now

    def bounds(self, now: float) -> tuple[float, float] | None:
        """Least and greatest difference (s) at a moment (monotonic, s); None while nothing is known."""
        known = self._known
        if known is None or not 0.0 <= now - known[2] <= _FORGOTTEN:
            return None
        slack = DRIFT * (now - known[2])
        return known[0] - slack, known[1] + slack

    def clocks(self, now: float, *, sane: bool) -> Clocks:
        """What the gate is told. sane: what the ClockWatch says."""
        bounds = self.bounds(now)
        if bounds is None:
            return Clocks(sane=sane, told=self.settings.camera_here)
        low, high = bounds
        least = max(low, -high, 0.0)
        return Clocks(sane=sane, agree=least <= self.settings.difference, doubt=max(-low, high))
