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

"""When a training has learned what it can."""

from __future__ import annotations

import math


class Patience:
    """Counts the validations since the best one. A resumed training shows it the scores of its history again."""

    def __init__(self, patience: int) -> None:
        """patience: after how many validations in a row that bring nothing better it is exhausted."""
        self._patience = patience
        self._waited = 0
        self._best = -math.inf

    def better(self, score: float) -> bool:
        """Note a validation's score (higher is better); whether it is the best so far. Equal is not better, nor is NaN.

        NaN, for a net that cannot be scored yet, is waited for without end as long as there was no score at all.
        """
        if score > self._best:
            self._best, self._waited = score, 0
            return True
        self._waited += self._best > -math.inf
        return False

    @property
    def exhausted(self) -> bool:
        """Whether the last `patience` validations brought nothing better."""
        return self._waited >= self._patience
