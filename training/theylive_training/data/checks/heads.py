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

"""Labels against the heads themselves, each laid onto the mean head of its class: how far clicks scatter, missed clicks, wrong classes."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from theylive_training.data import label_noise
from theylive_training.data.checks.finding import ERROR, WARNING, Finding, any_of
from theylive_training.data.label_noise import Noise, Patch, UnmeasurableError

_MISSED = 4.0  # standard deviations from where people click: 3 of 10,000 by chance
_HARMLESS = 0.05  # of a box: a smaller miss is not worth labelling again
_RAYLEIGH = 1.1774  # the median of a scatter's length, in its standard deviations along one axis
_OTHER = 0.15  # by which a head must resemble another class's mean more than its own


@dataclasses.dataclass(frozen=True)
class Clicks:
    """What the heads say of their labels. noise: of each class that allows it; unmeasured: of each other class why not."""

    noise: dict[str, Noise]
    unmeasured: dict[str, str]
    findings: tuple[Finding, ...]


def compare(patches: Sequence[Patch], box: float, label_order: Sequence[str], step: Callable[[], object], threads: int = 2) -> Clicks:
    """Measure each class; `step` is called when one is done. box: the usual side of a box (px)."""
    groups: dict[str, list[Patch]] = defaultdict(list)
    for patch in patches:
        groups[patch.label].append(patch)
    noise, unmeasured = {}, {}
    for label in label_order:
        try:
            noise[label] = label_noise.measure(groups[label], box, threads)
        except UnmeasurableError as why:
            unmeasured[label] = str(why) if groups[label] else f"no {label} head lies wholly in its picture"
        step()
    return Clicks(noise, unmeasured, (*_missed(noise), *_wrong_class(groups, noise)))


def _missed(noise: dict[str, Noise]) -> list[Finding]:
    found = []
    for label, n in noise.items():
        limit = max(_MISSED * n.p50 / _RAYLEIGH, _HARMLESS * n.box)
        length = n.lengths
        order = [i for i in np.argsort(-length) if length[i] > limit]
        found += any_of(
            (n.names[i] for i in order),
            "missed-click",
            WARNING,
            label,
            len(n.names),
            f"labels lie more than {limit:.1f} px from where the others were clicked on the same head (up to {n.largest:.1f} px)",
            "label these pictures again",
        )
    return found


def _wrong_class(groups: dict[str, list[Patch]], noise: dict[str, Noise]) -> list[Finding]:
    wrong = []
    for label in noise if len(noise) > 1 else ():
        greys = [p.grey.astype(np.float32) for p in groups[label]]
        alike = {other: label_noise.likeness(n.mean_head, greys) for other, n in noise.items()}
        others = np.max([v for other, v in alike.items() if other != label], axis=0)
        wrong += [groups[label][i].name for i in np.flatnonzero(others > alike[label] + _OTHER)]
    of = sum(len(groups[label]) for label in noise)
    detail = "heads look like the mean head of another class than their label's"
    return any_of(wrong, "wrong-class", ERROR, "", of, detail, "look at these pictures and correct the class")
