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

"""A look at what a net will really learn from: pictures of every kind after all that chance does to them, with their labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from theylive_training.data import dataset
from theylive_training.nets.spec import KERAS
from theylive_training.pictures.pool import make_pool
from theylive_training.pictures.sheet import save_sheet
from theylive_training.pictures.single import make_single_pool
from theylive_training.train.chance import chanced, tinted
from theylive_training.train.material import Report, gather
from theylive_training.train.plan import Plan
from theylive_training.train.progress import say

_PICTURES = 400  # enough for some of each kind


def save_preview(plan: Plan, path: Path, report: Report = say) -> None:
    """Write a sheet of the pictures as a batch holds them; plan.out is not touched. Raises TrainingError."""
    data = dataset.load(plan.data, plan.split) if plan.data else None
    make = make_single_pool if plan.spec.kind.framework == KERAS else make_pool
    pool = make(gather(data, report), min(plan.pictures, _PICTURES), plan.spec.side, plan.schedule.seed)
    turned, tints = chanced(pool.pictures, np.random.default_rng(plan.schedule.seed))
    save_sheet([tinted(p, t) for p, t in zip(turned, tints, strict=True)], pool.kinds, path)
    report(f"what {plan.spec.net} will learn from, with the labels as they come into its batches: {path}")
