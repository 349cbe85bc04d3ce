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
