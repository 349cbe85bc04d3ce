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

"""Commissioning: the mode for calibration, jogging and clicked points, in which somebody orders mirror angles and light one by one.

It is apart from targeting: armed never in both. An order lasts 0.3 s, so that whoever gives it must go on giving it; the light is on at
low duty, only while the mirrors stand where they were ordered, and only while the detector sees the whole picture free of protected
heads, for without a calibration nobody knows where the spot will be. Pure.
"""

from __future__ import annotations

import dataclasses

from theylive_ros.mirrors.clock import Clocks
from theylive_ros.mirrors.gate import REASONS, GateSettings, clocks_failing, controller_failing, is_fresh
from theylive_ros.mirrors.interface import ControllerStatus
from theylive_ros.types import Target

ORDER_LASTS = 0.3  # s
DUTY, WINDOW = 0.4, 2.0  # share of light, and the time (s) over which it is taken
BURST = 0.1  # s of it that must be left before the light comes on again: shorter flashes light no frame wholly
TIMEOUT = 300.0  # s after which the mode ends, unless asked for again
# What is not looked at along the picture's edges (px) may be due to how a picture is made to fit the network.
_EDGE = 1.0


@dataclasses.dataclass(frozen=True)
class Order:
    """Given at `time` (monotonic, s): go to `goal` (microsteps) and, once there, shine or not."""

    time: float
    goal: tuple[int, int]
    light: bool

    def lasts(self, now: float) -> bool:
        """Whether it still counts."""
        return 0.0 <= now - self.time <= ORDER_LASTS


@dataclasses.dataclass(frozen=True)
class Situation:
    """All that decides about light in this mode.

    now: monotonic clock (s), as every stamp here. target: the selector's newest word. order: the last one, None before the first.
    settled: the axes stand at its goal. used: light (s) within the last `WINDOW`. shining: it is on, or may be.
    """

    now: float
    status: ControllerStatus | None
    clocks: Clocks
    target: Target | None
    order: Order | None
    on_plan: bool
    slewing: bool
    settled: bool
    used: float
    shining: bool


def failing(situation: Situation, settings: GateSettings) -> tuple[str, ...]:
    """Every condition that fails, by its name in `gate.REASONS` and in that order; empty while the laser may shine."""
    order = situation.order
    checks = {
        "off_plan": not situation.on_plan,
        "no_order": order is None or not order.lasts(situation.now) or not order.light,
        "slewing": situation.slewing,
        "not_settled": order is not None and not situation.settled,
        "duty": not situation.used + (settings.lease if situation.shining else BURST) <= DUTY * WINDOW,
    }
    failed = {name for name, fails in checks.items() if fails}
    failed |= set(controller_failing(situation.status, situation.now, settings)) | clocks_failing(situation.clocks)
    failed |= _view(situation.target, situation.now, situation.clocks.doubt, settings)
    return tuple(reason for reason in REASONS if reason in failed)


def _view(target: Target | None, now: float, doubt: float, settings: GateSettings) -> set[str]:
    if target is None:
        return {"view_unseen"}
    seen = target.seen
    whole = seen.x_min <= _EDGE and seen.y_min <= _EDGE and seen.x_max >= target.width - _EDGE and seen.y_max >= target.height - _EDGE
    checks = {
        "cannot_clear_protected": not (target.clears_protected or settings.allow_unclearing_detector),
        "view_unseen": not (whole and is_fresh(target, now, doubt, settings)),
        "protected_in_view": bool(target.protected),
    }
    return {name for name, fails in checks.items() if fails}
