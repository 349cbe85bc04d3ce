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

"""What was measured of a model on one set of pictures, as a page tells it."""

from __future__ import annotations

import dataclasses
from typing import Any

from theylive_training.pictures.picture import LABELS
from theylive_training.report.reading import count, mapped, number, table


@dataclasses.dataclass(frozen=True)
class Centres:
    """How far found centres are from the labelled ones: p50, p95 and the largest, px of the picture and mm on the rig's board."""

    p50: float
    p95: float
    largest: float
    p50_mm: float
    p95_mm: float


@dataclasses.dataclass(frozen=True)
class Figures:
    """See judge.measure.Measures. None: a net of its kind has no such figure, or there was nothing to measure it by."""

    exhaustive: bool
    pictures: int
    heads: dict[str, int]
    missed: int
    made_up: int
    john_called_alien: int
    recall: float | None
    accuracy: float | None
    map50: float | None
    map75: float | None
    map50_95: float | None
    ece: float | None
    centres: dict[str, Centres]

    @property
    def head_count(self) -> int:
        """Heads of all labels."""
        return sum(self.heads.values())

    @property
    def alien(self) -> Centres | None:
        """Of the aliens, on which the beam is put."""
        return self.centres.get("alien")


def read_figures(told: Any) -> Figures:
    """From what Measures.to_json() wrote. Raises KeyError and TypeError for anything else."""
    told = table(told)
    return Figures(
        exhaustive=bool(told["exhaustive"]),
        pictures=count(told["pictures"]),
        heads=mapped(count, told["heads"]),
        missed=sum(mapped(count, told["missed"]).values()),
        made_up=count(told["made_up"]),
        john_called_alien=count(told["john_called_alien"]),
        recall=number(told["recall"]),
        accuracy=number(told["accuracy"]),
        map50=number(told.get("map50")),
        map75=number(told.get("map75")),
        map50_95=number(told.get("map50_95")),
        ece=number(table(told["reliability"])["ece"]),
        centres=_centres(told),
    )


def _centres(told: dict[str, Any]) -> dict[str, Centres]:
    px, mm = table(told["centre_error_px"]), table(told["centre_error_mm"])
    found = {}
    for label in LABELS:
        if px[label] is not None:
            values = (px[label]["p50"], px[label]["p95"], px[label]["max"], mm[label]["p50"], mm[label]["p95"])
            found[label] = Centres(*(_needed(v) for v in values))
    return found


def _needed(value: Any) -> float:
    found = number(value)
    if found is None:
        raise TypeError("a centre error is not a number")
    return found
