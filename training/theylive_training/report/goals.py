"""What a model should reach, beside what the labels themselves allow."""

from __future__ import annotations

import dataclasses

from theylive_training.judge.exam import VALIDATION
from theylive_training.judge.limits import CLASSIFIER, DETECTOR


@dataclasses.dataclass(frozen=True)
class Goal:
    """Of real pictures: the aliens' centre errors (px) at most, mAP50-95 at least. None: nothing is asked."""

    p50: float | None
    p95: float | None
    map50_95: float | None


def goal(exhaustive: bool) -> Goal:
    """Of a detector, or of a net that tells one head a frame."""
    bounds = {limit.words: limit.bound for limit in (DETECTOR if exhaustive else CLASSIFIER)[VALIDATION]}
    return Goal(bounds.get("aliens' centres p50 (px)"), bounds.get("aliens' centres p95 (px)"), bounds.get("mAP50-95"))
