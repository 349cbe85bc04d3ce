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

"""Divides what was found in a folder and puts it into the form of the split file, with a table for a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from theylive_training.data import division, split_file, time_division
from theylive_training.data.digest import sha256
from theylive_training.data.labelled import Survey


def split(found: Survey, given: split_file.Given) -> dict[str, Any]:
    """The content of the split file. Of pictures with the same content the first is taken. Raises TrainingError."""
    first: dict[str, int] = {}
    twins = []
    for i, file in enumerate(found.files):
        digest = sha256(file.path)
        if digest in first:
            twins.append((i, digest))
        else:
            first[digest] = i
    files, digests = [found.files[i] for i in first.values()], list(first)
    if given.gap is None:
        divided = division.at_random(files, digests, given.shares, given.seed)
    else:
        divided = time_division.by_time(files, given.shares, given.seed, given.gap)
    table = split_file.to_json(found.root, files, digests, divided, given)
    for i, digest in twins:
        name, twin = (found.files[k].path.relative_to(found.root).as_posix() for k in (i, first[digest]))
        table["dropped"].append({"path": name, "sha256": digest, "why": f"the same picture as {twin}"})
    return table


def in_words(table: Mapping[str, Any]) -> str:
    """What a person wants to know of a split."""
    counts = table["counts"]
    columns = ("pictures", *division.CLASSES)
    lines = [f"{'':9}" + "".join(f"{c:>12}" for c in columns) + (f"{'sittings':>12}" if "groups" in table else "")]
    totals = {c: max(sum(counts[part][c] for part in counts), 1) for c in columns}
    for part, row in counts.items():
        cells = [f"{row[c]} ({row[c] / totals[c]:.0%})" for c in columns]
        if "groups" in table:
            cells.append(str(sum(group["part"] == part for group in table["groups"])))
        lines.append(f"{part:9}" + "".join(f"{cell:>12}" for cell in cells))
    for why in dict.fromkeys(_kind(row["why"]) for row in table["dropped"]):
        lines.append(f"dropped: {sum(_kind(row['why']) == why for row in table['dropped'])}, {why}")
    return "\n".join(lines)


def _kind(why: str) -> str:
    return "the same picture as another" if why.startswith("the same picture") else why
