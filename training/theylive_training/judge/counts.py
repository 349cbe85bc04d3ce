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

"""What was found, missed, confused and made up, at one score threshold."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from typing import Any

from theylive_training.judge.match import Match
from theylive_training.nets.spec import BACKGROUND
from theylive_training.pictures.picture import LABELS, Picture

CLASSES = (*LABELS, BACKGROUND)


@dataclasses.dataclass(frozen=True)
class Counts:
    """pairs: how often (what is there, what was said) of CLASSES. heads: per label, those that must be found.

    Of a detector, (john, john) and (john, alien) may both count for one John: he was named, and called an alien as well.
    """

    heads: Counter[str]
    pairs: Counter[tuple[str, str]]

    @property
    def missed(self) -> dict[str, int]:
        """Heads per label that were not found as what they are."""
        return {label: self.heads[label] - self.pairs[label, label] for label in LABELS}

    @property
    def made_up(self) -> int:
        """Heads said to be where there is none, or a second time."""
        return sum(self.pairs[BACKGROUND, label] for label in LABELS)

    @property
    def recall(self) -> float | None:
        """Share of all heads that were found as what they are."""
        return sum(self.pairs[label, label] for label in LABELS) / self.heads.total() if self.heads.total() else None

    def scores(self) -> dict[str, dict[str, float | None]]:
        """precision, recall, f1 and support of each label, their plain mean (macro) and those of all heads together (micro)."""
        found = {label: self.pairs[label, label] for label in LABELS}
        said = {label: sum(self.pairs[there, label] for there in CLASSES) for label in LABELS}
        rows = {label: _row(found[label], said[label], self.heads[label]) for label in LABELS}
        there = [rows[label] for label in LABELS if self.heads[label]]
        macro = {k: _mean([row[k] for row in there]) for k in ("precision", "recall", "f1")}
        micro = _row(sum(found.values()), sum(said.values()), self.heads.total())
        return {**rows, "macro": {**macro, "support": self.heads.total()}, "micro": micro}

    def to_json(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "heads": {label: self.heads[label] for label in LABELS},
            "missed": self.missed,
            "recall": None if self.recall is None else round(self.recall, 4),
            "john_called_alien": self.pairs["john", "alien"],
            "alien_called_john": self.pairs["alien", "john"],
            "made_up": self.made_up,
            "scores": self.scores(),
            "confusion": {
                "rows": "what is there",
                "columns": "what was said",
                "classes": list(CLASSES),
                "table": [[self.pairs[there, said] for said in CLASSES] for there in CLASSES],
            },
        }


def of_detector(matches: Sequence[Match], threshold: float) -> Counts:
    """threshold: least score that counts."""
    heads: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for m in matches:
        heads.update(h.label for h, c in zip(m.heads, m.counted, strict=True) if c)
        answered = ~m.counted
        for i, d in enumerate(m.detections):
            if d.score < threshold:
                break
            owner, other = m.owner[i, 0], m.confused_with(i)
            if owner >= 0:
                answered[owner] = True
                pairs[d.label, d.label] += bool(m.counted[owner])
            elif other >= 0:
                answered[other] = True
                pairs[m.heads[other].label, d.label] += 1
            else:
                pairs[BACKGROUND, d.label] += 1
        pairs.update((h.label, BACKGROUND) for h, a in zip(m.heads, answered, strict=True) if not a)
    return Counts(heads, pairs)


def of_classifier(answers: Sequence[tuple[Picture, str]]) -> Counts:
    """answers: pictures of one head or none, and what of CLASSES each was said to be."""
    there = [picture.boxes[0].label if picture.boxes else BACKGROUND for picture, _ in answers]
    pairs = Counter((t, said) for t, (_, said) in zip(there, answers, strict=True))
    return Counts(Counter(t for t in there if t != BACKGROUND), pairs)


def _row(found: int, said: int, heads: int) -> dict[str, float | None]:
    precision = found / said if said else None
    recall = found / heads if heads else None
    f1 = 2 * found / (said + heads) if said + heads else None
    return {"precision": _rounded(precision), "recall": _rounded(recall), "f1": _rounded(f1), "support": heads}


def _mean(values: Sequence[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return _rounded(sum(known) / len(known)) if known else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
