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
