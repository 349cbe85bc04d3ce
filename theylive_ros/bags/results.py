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

"""What a replay gave, frame by frame, in a form that two runs can be compared by, to the bit."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import Any

from theylive_ros.types import Detection, Detections, Region, Target, Track

Row = dict[str, Any]


class Digest:
    """One number for all results: equal if and only if every value of every frame is."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, row: Row) -> None:
        """Take in one frame."""
        self._hash.update(json.dumps(row, sort_keys=True).encode() + b"\n")

    @property
    def text(self) -> str:
        """In hexadecimal."""
        return self._hash.hexdigest()


def to_row(stamp: int, detections: Detections | None, target: Target | None) -> Row:
    """One frame; how long it took is no result."""
    found = None
    if detections is not None:
        found = dataclasses.asdict(detections)
        del found["inference_time"]
    return {"stamp": stamp, "detections": found, "target": dataclasses.asdict(target) if target is not None else None}


def from_row(row: Row) -> tuple[int, Detections | None, Target | None]:
    """The way back. Raises KeyError, TypeError, ValueError for what is no such row."""
    found, target = row["detections"], row["target"]
    detections = found and Detections(
        **{
            **found,
            "items": tuple(Detection(**item) for item in found["items"]),
            "seen": Region(**found["seen"]),
            "labels": tuple(found["labels"]),
            "inference_time": 0.0,
        }
    )
    said = target and Target(
        **{
            **target,
            "track": _to_track(target["track"]) if target["track"] else None,
            "protected": tuple(map(_to_track, target["protected"])),
            "others": tuple(map(_to_track, target["others"])),
            "seen": Region(**target["seen"]),
        }
    )
    return int(row["stamp"]), detections or None, said or None


def _to_track(values: Row) -> Track:
    return Track(**{**values, "covariance": tuple(values["covariance"])})
