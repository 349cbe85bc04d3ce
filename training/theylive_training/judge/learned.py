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

"""Whether a model has learned from the pictures that it is judged on: its manifest says by a hash which those were."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theylive_training.data.dataset import Dataset, hash_files


def doubt(training: dict[str, Any], part: str, divisions: Sequence[Dataset]) -> str | None:
    """What is wrong with judging a model on a part of divisions[0], in words; None where nothing is.

    training: of its manifest, or its run's facts. divisions: all known ways in which the set is divided, the one in use first.
    """
    pictures = training.get("pictures")
    if not isinstance(pictures, dict) or not ("real" in pictures or "sha256_of_sorted_sha256s" in pictures):
        return "what it has learned from is not known: its manifest does not say"
    learned = pictures.get("sha256_of_sorted_sha256s")
    if not learned:
        return None  # drawn pictures alone
    judged = set(getattr(divisions[0], part).paths)
    for division in divisions:
        if hash_files(division.train.paths) == learned:
            known = len(judged & set(division.train.paths))
            return f"it has learned from {known} of the {len(judged)} pictures that it is judged on: they flatter it" if known else None
    name = f" (split {pictures['split']})" if pictures.get("split") else ""
    return f"it has learned from other pictures, or by another division of them{name}: some that it is judged on may be among those"
