"""Policy: the target that the detector is surest of."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from theylive_ros.settings import setting
from theylive_ros.targeting.hold import Hold, fresh
from theylive_ros.targeting.interface import Selector
from theylive_ros.types import Track


class HighestScoreSelector(Selector):
    """Takes the highest score and stays with it until another is clearly surer."""

    @dataclasses.dataclass
    class Config:
        """Settings of the policy."""

        margin: float = setting(0.15, "by how much another target's score must be higher than the current one's", low=0.0, high=1.0)
        patience: float = setting(0.3, "for how long it must be so", unit="s", low=0.0)
        stale: float = setting(0.1, "a target unseen for longer is passed over while another is seen", unit="s", low=0.0)

    def __init__(self, config: HighestScoreSelector.Config) -> None:
        super().__init__(config)
        self._hold = Hold()

    def select(self, tracks: Sequence[Track], now: float) -> Track | None:
        """See the interface."""
        c = self.config
        return self._hold.choose(fresh(tracks, now, c.stale), lambda t: -t.score, now, c.margin, c.patience)
