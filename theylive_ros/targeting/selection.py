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

"""From what the detector says of a frame to the one track to aim at, and all that must never be lit."""

from __future__ import annotations

import dataclasses
import math

from theylive_ros.settings import check, setting
from theylive_ros.targeting.interface import Selector
from theylive_ros.targeting.tracker import Tracker, TrackerSettings
from theylive_ros.types import Detections, Target, Track

# A target whose centre lies within this many box sizes of a protected one is the same head seen as two, or hides behind it.
_SAME_HEAD = 0.5


@dataclasses.dataclass
class SelectionSettings(TrackerSettings):
    """Whom to aim at, whom to spare, and how heads are followed."""

    target_labels: list[str] = setting(["alien"], "labels that are aimed at")
    protected_labels: list[str] = setting(["john"], "labels that must never be lit")


class Selection:
    """Runs the tracker and asks the policy: one Target for every frame, also when nothing is to be aimed at."""

    def __init__(self, settings: SelectionSettings, selector: Selector) -> None:
        """Raises ValueError for settings that do not do, as `check_selection` does."""
        check_selection(settings)
        self.selector = selector
        self._settings = settings
        self._tracker = Tracker(settings, settings.protected_labels)

    def configure(self, settings: SelectionSettings) -> None:
        """Take other settings from the next frame on; tracks live on. Raises ValueError and keeps the old ones."""
        check_selection(settings)
        self._settings = settings
        self._tracker.settings = settings
        self._tracker.protected_labels = frozenset(settings.protected_labels)

    def reset(self) -> None:
        """Forget every track."""
        self._tracker.reset()

    def update(self, detections: Detections, stamp: float) -> Target:
        """The word on the frame captured at `stamp` (s). Raises StaleFrameError for one that is not newer than the last, ValueError for
        detections that are not finite or a policy that chooses what it was not shown."""
        followed = self._tracker.update(detections.items, stamp)
        settings = self._settings
        protected = [f.track for f in followed if f.doubtful or f.track.label in settings.protected_labels]
        protected_ids = {t.id for t in protected}
        covered = [f.track for f in followed if f.track.id not in protected_ids and any(_same_head(f.track, p) for p in protected)]
        protected += covered
        protected_ids |= {t.id for t in covered}
        free = [f.track for f in followed if f.track.id not in protected_ids]
        offered = [t for t in free if t.confirmed and t.label in settings.target_labels]
        chosen = self._choose(offered, stamp)
        return Target(
            stamp=stamp,
            width=detections.width,
            height=detections.height,
            track=chosen,
            protected=tuple(protected),
            others=tuple(t for t in free if t is not chosen),
            seen=detections.seen,
            clears_protected=detections.exhaustive and set(settings.protected_labels) <= set(detections.labels),
        )

    def _choose(self, offered: list[Track], stamp: float) -> Track | None:
        chosen = self.selector.select(tuple(offered), stamp)
        if chosen is None:
            return None
        for track in offered:
            if track.id == chosen.id:
                return track
        raise ValueError(f"policy {type(self.selector).__name__} chose track {chosen.id}, which it was not shown: mend the policy")


def check_selection(settings: SelectionSettings) -> None:
    """Raise ValueError if nothing would be aimed at, or something would be both aimed at and spared."""
    check(settings)
    if not settings.target_labels:
        raise ValueError("target_labels is empty: name at least one label to aim at, e.g. [alien]")
    both = sorted(set(settings.target_labels) & set(settings.protected_labels))
    if both:
        raise ValueError(f"{', '.join(both)} is in target_labels and in protected_labels: take it out of one of them")


def _same_head(a: Track, b: Track) -> bool:
    return math.hypot(a.x - b.x, a.y - b.y) <= _SAME_HEAD * max(a.width, a.height, b.width, b.height)
