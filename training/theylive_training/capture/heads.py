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

"""Heads of the picture in hand: those a person clicked, and those a model proposes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

NEAR = 24.0  # px: a click this close to a head is about that head
_SAME = 3.0  # px by which what a model proposes may move between two pictures of the same scene


class Head(NamedTuple):
    """A head. x, y: its centre (px of what is saved); proposed: by a model, not yet touched by the person."""

    class_id: int
    x: float
    y: float
    proposed: bool = False


def near(heads: Sequence[Head], x: float, y: float) -> int:
    """Which head a click is about, -1 for none."""
    distances = [(math.hypot(h.x - x, h.y - y), i) for i, h in enumerate(heads)]
    distance, index = min(distances, default=(math.inf, -1))
    return index if distance <= NEAR else -1


def alike(seen: Sequence[Head], found: Sequence[Head]) -> bool:
    """Whether two sets of proposals are the same heads at the same places."""
    left = list(seen)
    for head in found:
        twin = next((h for h in left if h.class_id == head.class_id and math.hypot(h.x - head.x, h.y - head.y) <= _SAME), None)
        if twin is None:
            return False
        left.remove(twin)
    return not left
