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

"""The laser's line in the executor's hand: lit by lease, within the budget, kept alive by edges where its wiring wants them."""

from __future__ import annotations

from theylive_ros.controller.check import RefusedError
from theylive_ros.controller.config import ExecutorSettings
from theylive_ros.controller.light_budget import LightBudget
from theylive_ros.controller.plan import FOREVER
from theylive_ros.controller.wires import Wires


class Lamp:
    """lit: as far as the lines obey. due_us: when `tick` wants to be called."""

    def __init__(self, wires: Wires, settings: ExecutorSettings) -> None:
        self.lit = False
        self.due_us = FOREVER
        self._wires, self._settings = wires, settings
        self._budget = LightBudget(settings)
        self._until_us = 0
        self._edge_us = FOREVER  # when a lit line wants its next edge

    def shine(self, until_us: int, now_us: int) -> None:
        """Lit until then, a lease and the budget at most. RefusedError `rest`, and dark, where the budget is spent."""
        left_us, why = self._budget.left(now_us)
        if left_us <= 0:
            self.off(now_us)
            raise RefusedError("rest", why)
        self._until_us = min(until_us, now_us + min(self._settings.max_lease_us, left_us))
        if not self.lit and self._wires.light(True, now_us):
            self.lit = True
            self._budget.switched(True, now_us)
            period_us = self._wires.lines.retrigger_us
            self._edge_us = now_us + period_us if period_us else FOREVER
        self._plan()

    def tick(self, now_us: int) -> None:
        """Dark where the lease is over; otherwise an edge where one is due."""
        if now_us >= self._until_us:
            self.off(now_us)
        elif now_us >= self._edge_us:
            self._edge_us = now_us + self._wires.lines.retrigger_us
            self._wires.retrigger(now_us)
        self._plan()

    def off(self, now_us: int) -> bool:
        """Dark at once. Whether it was lit."""
        was, self.lit = self.lit, False
        if was:
            self._wires.light(False, now_us)
            self._budget.switched(False, now_us)
        self._plan()
        return was

    def _plan(self) -> None:
        self.due_us = min(self._until_us, self._edge_us) if self.lit else FOREVER
