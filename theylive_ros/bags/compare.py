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

"""How far two runs over the same frames agree, in detections and in targets."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from theylive_ros.types import Detection, Detections, Target, Track

# How long (s) filters that began earlier than the recording need until what they remember of it no longer shows.
_WARM_UP = 2.0


@dataclasses.dataclass(frozen=True)
class Tolerance:
    """What counts as the same: px for every coordinate, score in 0..1."""

    px: float = 0.01
    score: float = 0.001


@dataclasses.dataclass
class Tally:
    """The comparison of one kind of word.

    worst_px, worst_score: the greatest difference between what belongs together. first: stamp (ns) of the first frame that differs, None
    for none; reason: why it does.
    """

    compared: int = 0
    differing: int = 0
    worst_px: float = 0.0
    worst_score: float = 0.0
    first: int | None = None
    reason: str = ""

    def add(self, stamp: int, difference: Difference) -> None:
        """Count one frame."""
        self.compared += 1
        self.worst_px, self.worst_score = max(self.worst_px, difference.px), max(self.worst_score, difference.score)
        if difference.reason:
            self.differing += 1
            if self.first is None:
                self.first, self.reason = stamp, difference.reason


@dataclasses.dataclass(frozen=True)
class Difference:
    """Between two words on one frame; no reason: they are the same within the tolerance."""

    px: float
    score: float
    reason: str = ""


class Comparison:
    """Takes frame after frame, in order.

    A selector has a memory. Where the other run began before its first frame here, its tracks are compared only after a while, and what it
    chose only once neither of the two knows a head from before.
    """

    def __init__(self, tolerance: Tolerance | None = None) -> None:
        self.tolerance = tolerance or Tolerance()
        self.detections, self.tracks, self.choices = Tally(), Tally(), Tally()
        self.begin_anew()

    def begin_anew(self) -> None:
        """Our selector begins with the next target, and so may the other one, which then counts its tracks from 1 again."""
        self._begin: float | None = None
        self._in_step = False
        self._ids: dict[int, int] = {}
        self._ids_back: dict[int, int] = {}

    def add(self, stamp: int, ours: Detections | None, theirs: Detections | None) -> None:
        """Detections of the frame captured at `stamp` (ns); None where there is no word."""
        if ours is not None and theirs is not None:
            self.detections.add(stamp, between(ours.items, theirs.items, self.tolerance))

    def add_target(self, stamp: int, ours: Target | None, theirs: Target | None) -> None:
        """Targets of that frame."""
        if ours is None or theirs is None:
            return
        our_tracks, their_tracks = _tracks(ours), _tracks(theirs)
        if self._begin is None:
            self._begin = theirs.stamp
        self._in_step = self._in_step or all(_is_new(track, theirs.stamp) for track in (*our_tracks, *their_tracks))
        if self._in_step or theirs.stamp - self._begin >= _WARM_UP:
            difference = between(our_tracks, their_tracks, self.tolerance)
            if not difference.reason:
                difference = dataclasses.replace(difference, reason=self._spared(ours, theirs))
            self.tracks.add(stamp, difference)
        if self._in_step:
            self.choices.add(stamp, Difference(0.0, 0.0, self._choice(ours, theirs)))

    @property
    def compared(self) -> bool:
        """Anything was there on both sides."""
        return any(tally.compared for tally in (self.detections, self.tracks, self.choices))

    @property
    def same(self) -> bool:
        """Nothing differs."""
        return not (self.detections.differing or self.tracks.differing or self.choices.differing)

    def report(self) -> dict[str, Any]:
        """All of it, for a machine."""
        return {
            "compared": self.compared,
            "same": self.same,
            "tolerance_px": self.tolerance.px,
            "tolerance_score": self.tolerance.score,
            **{name: dataclasses.asdict(getattr(self, name)) for name in ("detections", "tracks", "choices")},
        }

    @staticmethod
    def _spared(ours: Target, theirs: Target) -> str:
        ours_labels, theirs_labels = (sorted(t.label for t in target.protected) for target in (ours, theirs))
        if ours_labels != theirs_labels:
            return f"protected are {ours_labels or 'none'} instead of {theirs_labels or 'none'}"
        if ours.clears_protected != theirs.clears_protected:
            return f"clears_protected is {ours.clears_protected} instead of {theirs.clears_protected}"
        return ""

    def _choice(self, ours: Target, theirs: Target) -> str:
        """The same head, by its place and by its number: numbers only ever count up, so those of two runs belong together one by one."""
        a, b = ours.track, theirs.track
        if a is None or b is None:
            same = a is b
        else:
            one_by_one = self._ids.setdefault(a.id, b.id) == b.id and self._ids_back.setdefault(b.id, a.id) == a.id
            same = one_by_one and not between([a], [b], self.tolerance).reason
        return "" if same else f"the target is {_words(a)} instead of {_words(b)}"


def between(ours: Sequence[Detection | Track], theirs: Sequence[Detection | Track], tolerance: Tolerance) -> Difference:
    """Compare heads of one frame, each with the nearest of its label."""
    if len(ours) != len(theirs):
        return Difference(0.0, 0.0, f"{_count(ours)} instead of {_count(theirs)}")
    left = list(theirs)
    px = score = 0.0
    for a in ours:
        same = [b for b in left if b.label == a.label]
        if not same:
            return Difference(px, score, f"{_count(ours)} instead of {_count(theirs)}")
        b = min(same, key=lambda b: math.hypot(a.x - b.x, a.y - b.y))
        left.remove(b)
        px = max(px, *(abs(getattr(a, name) - getattr(b, name)) for name in ("x", "y", "width", "height")))
        score = max(score, abs(a.score - b.score))
    if px > tolerance.px:
        return Difference(px, score, f"{px:.3g} px apart")
    if score > tolerance.score:
        return Difference(px, score, f"scores {score:.3g} apart")
    return Difference(px, score)


def _tracks(target: Target) -> list[Track]:
    chosen = [target.track] if target.track is not None else []
    return [*chosen, *target.protected, *target.others]


def _is_new(track: Track, now: float) -> bool:
    """Whether it has been seen in this frame alone: then place and speed (x and vx) are not correlated yet."""
    return track.last_seen == now and track.covariance[2] == 0.0


def _count(heads: Sequence[Detection | Track]) -> str:
    labels = sorted(h.label for h in heads)
    return ", ".join(f"{labels.count(label)} {label}" for label in dict.fromkeys(labels)) or "no head"


def _words(track: Track | None) -> str:
    return "none" if track is None else f"{track.label} {track.id} at ({track.x:.1f}, {track.y:.1f})"
