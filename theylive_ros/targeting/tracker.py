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

"""Follows heads over frames: which detection is which head, how it moves, what it is, and whether that is in doubt."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Sequence
from typing import NamedTuple

import lap
import numpy as np

from theylive_ros.settings import check, setting
from theylive_ros.targeting.belief import LabelBelief
from theylive_ros.targeting.kalman import PointFilter
from theylive_ros.types import Detection, Track

# Squared Mahalanobis distance within which 99.9 % of the true pairs lie (chi-square, 2 degrees of freedom).
_GATE = 13.8
# What leaving a track and a detection apart costs, in the same unit: more than any likely pair, less than two unlikely ones.
_APART = 20.0
# A sudden move keeps its identity up to this many box sizes from where the head was expected ...
_RESCUE = 0.5
# ... and a detection with another label continues a track up to this many.
_OTHER_LABEL = 0.35
_OTHER_LABEL_COST = 4.0
# A track that is not yet confirmed is dropped when it is missed this often in a row.
_TENTATIVE_MISSES = 2
# After a longer silence (s), or a stamp that goes back by more, nothing that was known is still true.
_LONGEST_GAP = 1.0
# No picture is this large (px).
_FAR = 1e6
# Box sizes follow the detections with this time constant (s).
_SIZE_TIME = 0.15


@dataclasses.dataclass
class TrackerSettings:
    """How heads are followed."""

    confirm_hits: int = setting(3, "detections after which a track is believed", low=1, high=100)
    coast: float = setting(0.3, "how long a track lives on without a detection", unit="s", low=0.0, high=1.0)
    protected_coast: float = setting(0.5, "the same for a track with a protected label", unit="s", low=0.0, high=5.0)
    measurement_noise: float = setting(1.5, "standard deviation of a detected centre per axis", unit="px", low=0.01, high=100.0)
    acceleration: float = setting(400.0, "standard deviation of a head's acceleration per axis", unit="px/s^2", low=0.0, high=1e5)
    speed: float = setting(150.0, "standard deviation of a new head's speed per axis", unit="px/s", low=0.0, high=1e4)
    label_memory: float = setting(
        0.5, "how long a detection with another, or a protected, label is remembered", unit="s", low=0.01, high=10.0
    )


class StaleFrameError(ValueError):
    """A frame that is not newer than the one before it; it was not used."""


class Followed(NamedTuple):
    """A track, and whether its label is in doubt: a toss-up, just changed, or a protected label seen on it lately."""

    track: Track
    doubtful: bool


class Tracker:
    """Multi-object tracker: one constant-velocity Kalman filter per head, optimal assignment, labels as a matter of belief."""

    def __init__(self, settings: TrackerSettings, protected_labels: Collection[str] = ()) -> None:
        """`settings` and `protected_labels` may be replaced between frames; tracks live on."""
        check(settings)
        self.settings = settings
        self.protected_labels = frozenset(protected_labels)
        self._heads: list[_Head] = []
        self._last_id = 0
        self._stamp = -math.inf

    def reset(self) -> None:
        """Forget every track; ids are not used again."""
        self._heads = []
        self._stamp = -math.inf

    def update(self, detections: Sequence[Detection], stamp: float) -> list[Followed]:
        """All tracks, oldest first, in the frame captured at `stamp` (s).

        Raises StaleFrameError, and ValueError for what cannot be a head.
        """
        for d in detections:
            if not (all(abs(v) < _FAR for v in (d.x, d.y, d.width, d.height)) and math.isfinite(d.score)):
                raise ValueError(f"a detection of {d.label} has values that are not finite, or too great: mend the detector ({d})")
        if abs(stamp - self._stamp) > _LONGEST_GAP:
            self.reset()
        elif not stamp > self._stamp:
            raise StaleFrameError(f"frame at {stamp:.6f} s is not newer than the last one at {self._stamp:.6f} s: skipped")
        else:
            for head in self._heads:
                head.filter.predict(stamp - self._stamp, self.settings.acceleration)
        self._stamp = stamp
        self._match(detections)
        self._heads = [head for head in self._heads if self._lives(head)]
        return [self._followed(head) for head in self._heads]

    def _match(self, detections: Sequence[Detection]) -> None:
        heads = self._heads
        free = list(range(len(detections)))
        waiting = list(range(len(heads)))
        # First by likelihood; then, among what is left over, by mere distance: a head that moves as no filter foresaw is still that head.
        for cost_of, apart, surprised in ((self._unlikelihood, _APART, False), (self._distance, 2.0, True)):
            pairs = _assign([[cost_of(heads[i], detections[j]) for j in free] for i in waiting], apart)
            for row, column in pairs:
                self._hit(heads[waiting[row]], detections[free[column]], surprised)
            rows, columns = {r for r, _ in pairs}, {c for _, c in pairs}
            waiting = [i for k, i in enumerate(waiting) if k not in rows]
            free = [j for k, j in enumerate(free) if k not in columns]
        for i in waiting:
            heads[i].misses += 1
        for j in free:
            self._last_id += 1
            heads.append(_Head(self._last_id, detections[j], self._stamp, self.settings))

    def _unlikelihood(self, head: _Head, d: Detection) -> float:
        """-2 log likelihood of the pair but for a constant; inf outside the gate."""
        noise = self.settings.measurement_noise
        variance = head.filter.innovation_variance(noise)
        distance2 = head.distance2(d)
        if distance2 > _GATE * variance:
            return math.inf
        cost = distance2 / variance + 2 * math.log(variance / (noise * noise))
        if d.label == head.label:
            return cost
        return cost + _OTHER_LABEL_COST if distance2 <= (_OTHER_LABEL * head.size) ** 2 else math.inf

    def _distance(self, head: _Head, d: Detection) -> float:
        """Squared distance relative to what is allowed; inf from there on, so that a box without a size is no trouble."""
        same = d.label == head.label
        distance2 = head.distance2(d)
        if not distance2 < ((_RESCUE if same else _OTHER_LABEL) * head.size) ** 2:
            return math.inf
        return distance2 / (_RESCUE * head.size) ** 2 + (0.0 if same else 0.5)

    def _hit(self, head: _Head, d: Detection, surprised: bool) -> None:
        settings = self.settings
        if surprised:
            head.filter.restart(d.x, d.y, settings.measurement_noise, settings.speed)
        else:
            head.filter.correct(d.x, d.y, settings.measurement_noise)
        part = 1 - math.exp(-(self._stamp - head.last_seen) / _SIZE_TIME)
        head.width += part * (d.width - head.width)
        head.height += part * (d.height - head.height)
        head.belief.add(d.label, d.score, self._stamp, settings.label_memory)
        head.label = head.belief.label()
        head.score = d.score
        head.last_seen = self._stamp
        head.hits += 1
        head.misses = 0

    def _lives(self, head: _Head) -> bool:
        unseen = self._stamp - head.last_seen
        if self._is_protected(head):
            return unseen <= self.settings.protected_coast
        return unseen <= self.settings.coast and (self._is_confirmed(head) or head.misses < _TENTATIVE_MISSES)

    def _is_confirmed(self, head: _Head) -> bool:
        return head.hits >= self.settings.confirm_hits

    def _is_protected(self, head: _Head) -> bool:
        return head.label in self.protected_labels or self._is_doubtful(head)

    def _is_doubtful(self, head: _Head) -> bool:
        recent = head.last_seen - self.settings.label_memory
        return head.belief.contested() or any(head.belief.last(label) >= recent for label in self.protected_labels)

    def _followed(self, head: _Head) -> Followed:
        f = head.filter
        track = Track(
            id=head.id,
            label=head.label,
            score=head.score,
            x=f.x,
            y=f.y,
            width=head.width,
            height=head.height,
            vx=f.vx,
            vy=f.vy,
            covariance=f.covariance(),
            confirmed=self._is_confirmed(head),
            last_seen=head.last_seen,
        )
        return Followed(track, self._is_doubtful(head))


class _Head:
    """What is known of one head."""

    __slots__ = ("belief", "filter", "height", "hits", "id", "label", "last_seen", "misses", "score", "width")

    def __init__(self, identity: int, d: Detection, stamp: float, settings: TrackerSettings) -> None:
        self.id = identity
        self.filter = PointFilter(d.x, d.y, settings.measurement_noise, settings.speed)
        self.belief = LabelBelief()
        self.belief.add(d.label, d.score, stamp, settings.label_memory)
        self.label, self.score, self.width, self.height = d.label, d.score, d.width, d.height
        self.last_seen = stamp
        self.hits = 1
        self.misses = 0

    @property
    def size(self) -> float:
        """The longer side of the box (px)."""
        return max(self.width, self.height)

    def distance2(self, d: Detection) -> float:
        """Squared distance (px^2) of a detection from where the head is expected."""
        return (d.x - self.filter.x) ** 2 + (d.y - self.filter.y) ** 2


def _assign(costs: list[list[float]], apart: float) -> list[tuple[int, int]]:
    """Pairs (row, column) that make the sum of their costs, plus `apart` for each pair not made, least. inf: never."""
    if not costs or not costs[0]:
        return []
    matrix = np.minimum(np.asarray(costs, dtype=np.float64), 1e6)
    columns = lap.lapjv(matrix, extend_cost=True, cost_limit=apart)[1]
    return [(row, int(column)) for row, column in enumerate(columns) if column >= 0 and costs[row][column] < math.inf]
