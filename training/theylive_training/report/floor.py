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

"""The models' centre errors on real pictures beside the goal, and beside the floor that the labels' own noise sets."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from theylive_training.judge.exam import VALIDATION
from theylive_training.report.data_check import DataCheck, Floor
from theylive_training.report.figures import Centres
from theylive_training.report.goals import Goal, goal
from theylive_training.report.models import Group, Model

_WHOSE = {True: "goal", False: "goal, one head a frame"}
_AIR = 1.08  # the scale's length as a multiple of the longest bar
_LONGEST = 12.0  # px; a bar that would be longer ends there, or one bad model would flatten all others


@dataclasses.dataclass(frozen=True)
class Row:
    """A bar: p50 and p95 in px. above: by how much p50 is above the floor's; john: the other label's errors; None: not known."""

    name: str
    p50: float
    p95: float
    above: float | None
    map50_95: float | None
    john: Centres | None
    goal: Goal


@dataclasses.dataclass(frozen=True)
class Comparison:
    """name: the group's. aliens, johns: the floor, None where it was not measured; of: whose labels it is of. goals: by whose they are.

    reach: px, of the scale's end."""

    name: str
    aliens: Floor | None
    johns: Floor | None
    of: str
    goals: dict[str, Goal]
    rows: tuple[Row, ...]
    reach: float

    @property
    def measured(self) -> bool:
        """Whether there is a floor to compare with."""
        return self.aliens is not None and self.aliens.p50 is not None and self.aliens.p95 is not None


def comparisons(groups: Sequence[Group], check: DataCheck | None) -> list[Comparison]:
    """One of each group in which a model was judged by real heads; their scales are alike."""
    found = [c for group in groups if (c := _comparison(group, check))]
    reach = max((c.reach for c in found), default=0.0)
    return [dataclasses.replace(c, reach=reach) for c in found]


def _comparison(group: Group, check: DataCheck | None) -> Comparison | None:
    models, evaluation = group.models, group.evaluation
    judged = [m for m in models if VALIDATION in m.sets and m.sets[VALIDATION].alien]
    if not judged:
        return None
    first = judged[0]
    heads = first.sets[VALIDATION].heads
    part = evaluation.part if first.judged and evaluation else first.run.verified.part if first.run and first.run.verified else None
    of, floors = check.floors_of(part, heads) if check else ("", {})
    aliens = floors.get("alien")
    rows = tuple(_row(m, aliens) for m in judged)
    goals = {_WHOSE[exhaustive]: goal(exhaustive) for exhaustive in (True, False) if any(m.exhaustive == exhaustive for m in judged)}
    lengths = [v or 0.0 for r in rows for v in (r.p95, r.goal.p50, r.goal.p95)] + [(aliens.p95 or 0.0) if aliens else 0.0]
    return Comparison(group.name, aliens, floors.get("john"), of, goals, rows, _AIR * min(max(lengths), _LONGEST))


def _row(model: Model, floor: Floor | None) -> Row:
    figures = model.sets[VALIDATION]
    alien = figures.alien
    above = None if floor is None or floor.p50 is None else alien.p50 - floor.p50
    return Row(model.name, alien.p50, alien.p95, above, figures.map50_95, figures.centres.get("john"), goal(figures.exhaustive))
