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

"""What run.json tells of a training, whatever the net: at its beginning, and when it is done."""

from __future__ import annotations

import dataclasses
from typing import Any

from theylive_training.data import dataset
from theylive_training.pictures.pool import Material, Pool
from theylive_training.run_folder import RunFolder
from theylive_training.train.claim import identity
from theylive_training.train.history import History
from theylive_training.train.material import inputs
from theylive_training.train.plan import Plan, versions


def at_first(
    plan: Plan, data: dataset.Dataset | None, start: RunFolder | None, given: Material, pool: Pool, machine: str
) -> dict[str, Any]:
    """What it is of. given: what the pictures of `pool` were made of; machine: what it runs on, in words."""
    return {
        "spec": dataclasses.asdict(plan.spec),
        "plan": identity(plan, data, start),
        "made_with": plan.command,
        **({"began_with": start.facts()} if start else {}),
        **({"trunk_began_with": plan.weights.name} if plan.weights else {}),
        "schedule": dataclasses.asdict(plan.schedule),
        "pictures": {"pool": pool.kinds, **inputs(data, given)},
        "versions": versions(),
        "machine": machine,
    }


def at_last(history: History, parameters: int, seconds: float) -> dict[str, Any]:
    """What came of it. seconds: that the pictures took, before the first epoch."""
    best = history.best
    return {
        "parameters": parameters,
        "minutes": round((seconds + sum(e.seconds for e in history.epochs)) / 60, 1),
        "epochs": {"done": len(history.epochs), "best": best.number if best else None},
        "validation": best.scores if best else None,
        "verdict": history.verdict(),
    }
