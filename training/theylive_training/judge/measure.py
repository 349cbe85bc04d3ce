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

"""All that is measured of a model on a set of pictures."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from theylive_ros.types import Detection
from theylive_training.judge import average_precision, counts, match
from theylive_training.judge.average_precision import AveragePrecision
from theylive_training.judge.centres import CentreErrors
from theylive_training.judge.counts import Counts
from theylive_training.judge.match import Match
from theylive_training.judge.predictor import Predictor
from theylive_training.judge.reliability import Reliability, reliability
from theylive_training.nets.spec import BACKGROUND
from theylive_training.pictures.picture import LABELS, Picture

STRICT = 0.65  # a score at which the heads of the validation pictures should still be found


class Sighting(NamedTuple):
    """A picture, and what a model sees in it, best score first."""

    picture: Picture
    found: Sequence[Detection]


@dataclasses.dataclass(frozen=True, eq=False)
class Measures:
    """A model on a set. exhaustive: a detector; else a classifier, of which only pictures with one head or none were asked.

    threshold: least score that counts; strict: the same counts at STRICT. precision: None for a classifier, and without any head.
    accuracy: share of pictures that were called what they are, of a classifier. centres: per label, of the heads found at the threshold.
    """

    exhaustive: bool
    threshold: float
    pictures: int
    counts: Counts
    strict: Counts
    precision: AveragePrecision | None
    centres: dict[str, CentreErrors]
    reliability: Reliability
    accuracy: float | None

    def to_json(self) -> dict[str, Any]:
        """As it stands in metrics.json and in a manifest. Lengths in px of the pictures and in mm on the rig's board."""
        told: dict[str, Any] = {
            "exhaustive": self.exhaustive,
            "threshold": self.threshold,
            "pictures": self.pictures,
            **self.counts.to_json(),
            "missed_at_strict": {"threshold": STRICT, **self.strict.missed},
            "accuracy": _rounded(self.accuracy),
        }
        if self.precision is not None:
            told |= {"map50": _rounded(self.precision.map50), "map75": _rounded(self.precision.map75)}
            told |= {"map50_95": _rounded(self.precision.map50_95), "ap_method": average_precision.METHOD}
            told["ap50_95"] = {label: _rounded(float(c.average.mean())) for label, c in self.precision.curves.items()}
            told["precision_at_recall_0_to_1"] = {
                label: [round(float(v), 4) for v in c.envelope] for label, c in self.precision.curves.items()
            }
        for unit in ("px", "mm"):
            told[f"centre_error_{unit}"] = {label: errors.to_json(unit) for label, errors in self.centres.items()}
        return {**told, "reliability": self.reliability.to_json()}


def look(predictor: Predictor, pictures: Sequence[Picture], advance: Callable[[], object] = lambda: None) -> list[Sighting]:
    """What a model sees; of a classifier only the pictures that it is made for, with one head or none. advance: called after each."""
    sightings = []
    for picture in pictures:
        if predictor.exhaustive or len(picture.boxes) < 2:
            sightings.append(Sighting(picture, predictor.detect(picture.image)))
        advance()
    return sightings


def measure(predictor: Predictor, pictures: Sequence[Picture], threshold: float) -> Measures:
    """Look and measure. The predictor's floor must lie well below the threshold, or the average precision is cut short."""
    return of_sightings(look(predictor, pictures), threshold, predictor.exhaustive)


def of_sightings(sightings: Sequence[Sighting], threshold: float, exhaustive: bool) -> Measures:
    """Measure what was seen."""
    return _detector(sightings, threshold) if exhaustive else _classifier(sightings, threshold)


def said_of(sighting: Sighting, threshold: float) -> str:
    """What a classifier calls a picture."""
    return next((d.label for d in sighting.found if d.score >= threshold), BACKGROUND)


def _detector(sightings: Sequence[Sighting], threshold: float) -> Measures:
    matches = [match.match(s.picture, s.found) for s in sightings]
    return Measures(
        exhaustive=True,
        threshold=threshold,
        pictures=len(sightings),
        counts=counts.of_detector(matches, threshold),
        strict=counts.of_detector(matches, STRICT),
        precision=average_precision.average_precision(matches),
        centres={label: CentreErrors(_offsets(matches, label, threshold)) for label in LABELS},
        reliability=reliability(
            np.array([d.score for m in matches for d in m.detections]),
            np.array([owner[0] >= 0 for m in matches for owner in m.owner], bool),
        ),
        accuracy=None,
    )


def _classifier(sightings: Sequence[Sighting], threshold: float) -> Measures:
    answers = [(s.picture, said_of(s, threshold)) for s in sightings]
    of = counts.of_classifier(answers)
    right = [bool(p.boxes) and p.boxes[0].label == said for p, said in answers]
    offsets: dict[str, list[tuple[float, float]]] = {label: [] for label in LABELS}
    for s, named in zip(sightings, right, strict=True):
        if named:
            head, seen = s.picture.boxes[0], s.found[0]
            offsets[head.label].append((seen.x - head.x, seen.y - head.y))
    named_heads = [(d.score, bool(s.picture.boxes) and s.picture.boxes[0].label == d.label) for s in sightings for d in s.found]
    return Measures(
        exhaustive=False,
        threshold=threshold,
        pictures=len(sightings),
        counts=of,
        strict=counts.of_classifier([(s.picture, said_of(s, STRICT)) for s in sightings]),
        precision=None,
        centres={label: CentreErrors(np.array(o).reshape(-1, 2)) for label, o in offsets.items()},
        reliability=reliability(np.array([score for score, _ in named_heads]), np.array([r for _, r in named_heads], bool)),
        accuracy=sum(of.pairs[c, c] for c in counts.CLASSES) / len(sightings) if sightings else None,
    )


def _offsets(matches: Sequence[Match], label: str, threshold: float) -> np.ndarray:
    rows = []
    for m in matches:
        for d, owner in zip(m.detections, m.owner[:, 0], strict=True):
            if d.label == label and d.score >= threshold and owner >= 0 and m.counted[owner]:
                rows.append((d.x - m.heads[owner].x, d.y - m.heads[owner].y))
    return np.array(rows).reshape(-1, 2)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
