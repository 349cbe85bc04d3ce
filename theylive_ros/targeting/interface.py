"""What a selection policy is. Register the class under the entry point group `theylive_ros.selectors`."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from typing import Any, ClassVar

from theylive_ros.types import Track


class Selector(abc.ABC):
    """Chooses one track to aim at. It is only ever shown confirmed tracks of target labels: no policy can choose John."""

    Config: ClassVar[type]

    def __init__(self, config: Any) -> None:
        """Keeps the config (an instance of `Config`) and starts without a memory."""
        self.config = config

    @abc.abstractmethod
    def select(self, tracks: Sequence[Track], now: float) -> Track | None:
        """The track to aim at in the frame captured at `now` (s), or None. Called once per frame, in order."""
