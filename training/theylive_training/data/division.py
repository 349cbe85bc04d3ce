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

"""A data set divided into train, val and test, by chance or by time.

By time is what tells how a net does on a day that it has not seen; by chance flatters, because pictures of one burst stand on both sides.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence

from theylive_training.data.find import PARTS
from theylive_training.data.labelled import LabelledFile
from theylive_training.pictures.picture import LABELS

BACKGROUND = "background"
CLASSES = (*LABELS, BACKGROUND)


@dataclasses.dataclass(frozen=True)
class Group:
    """Pictures that stay together. part: where they are. first, last: indices into the pictures, in order of capture."""

    part: str
    first: int
    last: int


@dataclasses.dataclass(frozen=True)
class Division:
    """parts: of each picture its part, "" where it is on none. why: of those that are on none, the reason. groups: () if by chance."""

    parts: tuple[str, ...]
    why: Mapping[int, str]
    groups: tuple[Group, ...] = ()


def shows(file: LabelledFile) -> tuple[str, ...]:
    """The classes in a picture, background where there is no head."""
    return tuple(label for label in LABELS if any(b.label == label for b in file.boxes)) or (BACKGROUND,)


def counts(files: Sequence[LabelledFile], parts: Sequence[str]) -> dict[str, dict[str, int]]:
    """Of each part how many pictures it has, and how many of them show each class."""
    table = {part: Counter[str]() for part in PARTS}
    for file, part in zip(files, parts, strict=True):
        if part:
            table[part].update(["pictures", *shows(file)])
    return {part: {key: table[part][key] for key in ("pictures", *CLASSES)} for part in PARTS}


def at_random(files: Sequence[LabelledFile], digests: Sequence[str], shares: Mapping[str, float], seed: int) -> Division:
    """Each class by itself in the given shares (of PARTS, together 1), by chance. digests: the pictures' SHA-256.

    The place of a picture follows from its content and the seed, so a set that grows keeps nearly all pictures where they were.
    """
    parts = [""] * len(files)
    of_kind: dict[tuple[str, ...], list[int]] = {}
    for i, file in enumerate(files):
        of_kind.setdefault(shows(file), []).append(i)
    for members in of_kind.values():
        members.sort(key=lambda i: hashlib.sha256(f"{seed} {digests[i]}".encode()).digest())
        first = 0
        for part, size in _sizes(len(members), shares).items():
            for i in members[first : first + size]:
                parts[i] = part
            first += size
    return Division(tuple(parts), {})


def _sizes(total: int, shares: Mapping[str, float]) -> dict[str, int]:
    """Whole numbers that add up to `total`, each as close to its share as can be."""
    sizes = {part: int(total * share + 1e-9) for part, share in shares.items()}
    rest = sorted(shares, key=lambda part: sizes[part] - total * shares[part])
    for part in rest[: total - sum(sizes.values())]:
        sizes[part] += 1
    return sizes
