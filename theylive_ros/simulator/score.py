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

"""The judge: hears what is true and where the light was, and says what was hit, how soon, and how well.

- A **shot** is light without a pause of more than `shot_gap`, on one aim: where the aim leaps by more than `shot_leap`, the next begins.
- A shot is a **hit** when its light was within an alien's hit radius (`hit_share` of the side of its box, about the box's centre) for
  at least `hit_time` in all. An alien is hit when all the light on it comes to `hit_time`.
- A **john hit** is a stretch of light with the spot anywhere inside a John's box, however short. A John who leaves between two frames
  counts as there until the second.
- An alien is **shootable** while its box is wholly in the picture, was so for `confirm`, no other head lies over its middle, and no
  John's box is within `guard` of its centre. It was **due** once its shootable time, each moment divided by the number of aliens then in
  the picture, came to more than `fair_share` (1 s times the aliens present). Due and not hit is **missed**.
- **Time to target** runs from the first moment with the alien's whole box in the picture to the first light within its hit radius;
  the `clear` one from the first moment with no John or other head in the way either.
- **Spot to aim** and **pointing error** (spot to the centre of the nearest alien) are taken at every lit sample. **Stray** light is
  on no alien's box.
"""

from __future__ import annotations

import dataclasses
import math
from array import array
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from theylive_ros.simulator.truth import LitSample, TrueHead

_WHOLE = 0.99  # share of a box inside the picture that passes for all of it


@dataclasses.dataclass(frozen=True)
class Rules:
    """By what is judged; see the module's text."""

    target_labels: tuple[str, ...] = ("alien",)
    protected_labels: tuple[str, ...] = ("john",)
    hit_share: float = 0.25
    hit_time: float = 0.02  # s
    guard: float = 0.02  # m: the gate's 10 mm, and what it adds for uncertainty and speed
    confirm: float = 0.1  # s
    fair_share: float = 1.0  # s
    shot_gap: float = 0.06  # s
    shot_leap: float = 0.015  # m
    sample_time: float = 0.001  # s that one lit sample stands for


@dataclasses.dataclass
class AlienRecord:
    """What became of one alien; times in s, NaN where it never happened."""

    id: int
    appeared_at: float
    whole_at: float = math.nan
    clear_at: float = math.nan
    shootable: float = 0.0
    share: float = 0.0
    first_lit_at: float = math.nan
    lit: float = 0.0
    last_seen: float = math.nan


class Score:
    """Fed with every frame in order; `report()` at any time. Memory grows by 8 bytes per lit sample only."""

    def __init__(self, mm_per_px: float, rules: Rules | None = None) -> None:
        self.rules = rules or Rules()
        self._mm = mm_per_px
        self.aliens: dict[int, AlienRecord] = {}
        self.frames = self.shots = self.hits = self.john_hits = 0
        self._start = self._t = math.nan
        self._before: dict[int, TrueHead] = {}
        self._left: list[TrueHead] = []
        self._lit = self._stray = self._on_john = self._john_stretch = self._john_longest = 0.0
        self._last: LitSample | None = None
        self._last_on_john = -math.inf
        self._shot_light: dict[int, float] = {}
        self._shot_is_hit = False
        self._to_aim, self._to_head = array("f"), array("f")

    def feed(self, t: float, heads: Sequence[TrueHead], lit: Iterable[LitSample] = (), aim: tuple[float, float] | None = None) -> None:
        """One frame. t: s; heads: the truth at t; lit: all lit samples since the frame before, in order; aim: px, where they have none."""
        present = {h.id for h in heads}
        self._left = [h for h in self._before.values() if h.id not in present]
        for sample in lit:
            known = not (math.isnan(sample.aim_x) or math.isnan(sample.aim_y))
            self._light(sample if known or aim is None else sample._replace(aim_x=aim[0], aim_y=aim[1]), t, heads)
        passed = t - self._t if self.frames else 0.0
        self._present(t, passed, heads)
        self.frames += 1
        self._start = t if math.isnan(self._start) else self._start
        self._t = t
        self._before = {h.id: h for h in heads}

    def report(self) -> dict[str, Any]:
        """Everything as plain numbers, lists and dicts, fit for JSON; None where nothing was measured."""
        seconds = self._t - self._start if self.frames > 1 else 0.0
        records = list(self.aliens.values())
        due = [r for r in records if r.share > self.rules.fair_share]
        missed = [r for r in due if not self._is_hit(r)]
        return {
            "seconds": round(seconds, 3),
            "frames": self.frames,
            "fps": round((self.frames - 1) / seconds, 2) if seconds > 0 else None,
            "shots": self.shots,
            "hits": self.hits,
            "john_hits": self.john_hits,
            "john_lit_s": round(self._on_john, 4),
            "john_longest_s": round(self._john_longest, 4),
            "lit_s": round(self._lit, 3),
            "stray_lit_s": round(self._stray, 3),
            "aliens_seen": len(records),
            "aliens_due": len(due),
            "aliens_hit": sum(self._is_hit(r) for r in records),
            "aliens_missed": len(missed),
            "time_to_target_s": spread(r.first_lit_at - r.whole_at for r in records),
            "time_to_clear_target_s": spread(r.first_lit_at - r.clear_at for r in records),
            "spot_to_aim_mm": spread(self._to_aim),
            "pointing_error_mm": spread(self._to_head),
            "missed": [_plain(r) for r in missed],
            "aliens": [{**_plain(r), "due": r.share > self.rules.fair_share, "hit": self._is_hit(r)} for r in records],
            "rules": dataclasses.asdict(self.rules),
        }

    def _is_hit(self, record: AlienRecord) -> bool:
        return record.lit >= self.rules.hit_time - 1e-9

    def _present(self, t: float, passed: float, heads: Sequence[TrueHead]) -> None:
        aliens = [h for h in heads if h.label in self.rules.target_labels and h.visible > 0]
        for h in aliens:
            born = t if math.isnan(h.appeared_at) else min(t, h.appeared_at)
            r = self.aliens.setdefault(h.id, AlienRecord(h.id, born))
            r.last_seen = t
            if h.visible < _WHOLE:
                continue
            if math.isnan(r.whole_at):
                # one that popped up since the frame before was whole from its birth on
                r.whole_at = born if h.id not in self._before else t
            if self._obstructed(h, heads):
                continue
            if math.isnan(r.clear_at):
                r.clear_at = r.whole_at if h.id not in self._before else t
            if t - r.whole_at >= self.rules.confirm:
                r.shootable += passed
                r.share += passed / len(aliens)

    def _obstructed(self, alien: TrueHead, heads: Sequence[TrueHead]) -> bool:
        above = False
        guard = self.rules.guard * 1000 / self._mm
        for h in heads:
            if h.id == alien.id:
                above = True
            elif h.label in self.rules.protected_labels:
                gap_x, gap_y = max(0.0, abs(h.x - alien.x) - h.width / 2), max(0.0, abs(h.y - alien.y) - h.height / 2)
                if math.hypot(gap_x, gap_y) <= guard:
                    return True
            elif above and math.hypot(h.x - alien.x, h.y - alien.y) < 0.5 * h.width:
                return True
        return False

    def _light(self, s: LitSample, t: float, heads: Sequence[TrueHead]) -> None:
        rules, step = self.rules, self.rules.sample_time
        self._lit += step
        self._shoot(s)
        there = [h for h in (self._then(h, s.t, t) for h in heads) if h is not None]
        # One who has left since the frame before may still have been there when it shone.
        left = [h for h in self._left if h.label in rules.protected_labels]
        left = [h._replace(x=h.x + h.vx * (s.t - self._t), y=h.y + h.vy * (s.t - self._t)) for h in left]
        if any(h.label in rules.protected_labels and h.covers(s.x, s.y) for h in (*there, *left)):
            if s.t - self._last_on_john > 2.5 * step:
                self.john_hits += 1
                self._john_stretch = 0.0
            self._last_on_john = s.t
            self._on_john += step
            self._john_stretch += step
            self._john_longest = max(self._john_longest, self._john_stretch)
        aliens = [h for h in there if h.label in rules.target_labels]
        if not any(h.covers(s.x, s.y) for h in aliens):
            self._stray += step
        if not math.isnan(s.aim_x):
            self._to_aim.append(math.hypot(s.x - s.aim_x, s.y - s.aim_y) * self._mm)
        if aliens:
            self._to_head.append(min(math.hypot(s.x - h.x, s.y - h.y) for h in aliens) * self._mm)
        for h in aliens:
            if math.hypot(s.x - h.x, s.y - h.y) <= rules.hit_share * max(h.width, h.height):
                self._strike(h, s)

    def _strike(self, h: TrueHead, s: LitSample) -> None:
        born = s.t if math.isnan(h.appeared_at) else h.appeared_at
        r = self.aliens.setdefault(h.id, AlienRecord(h.id, born))
        if math.isnan(r.whole_at) and h.visible >= _WHOLE:
            r.whole_at = born
        if math.isnan(r.clear_at):
            r.clear_at = r.whole_at
        if math.isnan(r.first_lit_at):
            r.first_lit_at = s.t
        r.lit += self.rules.sample_time
        self._shot_light[h.id] = self._shot_light.get(h.id, 0.0) + self.rules.sample_time
        if not self._shot_is_hit and self._shot_light[h.id] >= self.rules.hit_time - 1e-9:
            self._shot_is_hit = True
            self.hits += 1

    def _shoot(self, s: LitSample) -> None:
        """Begin a new shot, or go on with the present one."""
        last, self._last = self._last, s
        if last is not None and s.t - last.t <= self.rules.shot_gap:
            leap = math.hypot(s.aim_x - last.aim_x, s.aim_y - last.aim_y) * self._mm / 1000
            if not leap > self.rules.shot_leap:  # also without an aim
                return
        self.shots += 1
        self._shot_light = {}
        self._shot_is_hit = False

    def _then(self, h: TrueHead, when: float, t: float) -> TrueHead | None:
        """The head at a moment between the frame before and this one, None if it was not there yet."""
        if h.appeared_at > when:
            return None
        old = self._before.get(h.id)
        if old is None or t <= self._t:
            return h._replace(x=h.x - h.vx * (t - when), y=h.y - h.vy * (t - when))
        u = min(1.0, max(0.0, (when - self._t) / (t - self._t)))
        return h._replace(x=old.x + (h.x - old.x) * u, y=old.y + (h.y - old.y) * u)


def spread(values: Iterable[float]) -> dict[str, float | None]:
    """Median, 95th percentile and maximum of the values that are numbers; None where there is none."""
    numbers = np.asarray(values if isinstance(values, array) else list(values), float)
    numbers = numbers[np.isfinite(numbers)]
    if numbers.size == 0:
        return {"p50": None, "p95": None, "max": None}
    p50, p95, most = np.percentile(numbers, [50, 95, 100])
    return {"p50": round(float(p50), 4), "p95": round(float(p95), 4), "max": round(float(most), 4)}


def _plain(record: AlienRecord) -> dict[str, Any]:
    return {k: (None if v != v else round(v, 4)) for k, v in dataclasses.asdict(record).items()}
