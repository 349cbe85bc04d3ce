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

"""Trains any of the nets."""

from __future__ import annotations

from theylive_training.nets.spec import KERAS
from theylive_training.run_folder import RunFolder
from theylive_training.train.plan import Plan
from theylive_training.train.progress import say


def fit(plan: Plan) -> RunFolder:
    """Train plan.spec into plan.out, or go on there; only the framework that it needs is loaded. Raises TrainingError."""
    if plan.spec.kind.framework == KERAS:
        from theylive_training.train.mobilenetv2 import train_mobilenetv2 as train
    else:
        from theylive_training.train.yolo import train_yolo as train
    return train(plan, say)
