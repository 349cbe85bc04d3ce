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
