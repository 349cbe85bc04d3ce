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

"""Whether a model may leave its run's folder: what its manifest must say, and that `verify` passed for exactly these bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from theylive_ros.detector.manifest import Manifest


def missing(told: Manifest) -> list[str]:
    """What a manifest lacks, in words for a person; nothing where the model may be shipped."""
    facts = told.training
    lacks = []
    tensors = [told.input.tensor, *(o.tensor for o in told.outputs)]
    if any(t.dtype == "float32" or not t.scale > 0 for t in tensors):
        lacks.append("int8 input and outputs with scales")
    lacks += [words for words, value in _facts(facts).items() if value in (None, "", [], {})]
    return [*lacks, *_verify(facts.get("verify"), told.sha256)]


def _facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "the hash of its data": _within(facts, "pictures", "sha256_of_sorted_sha256s"),
        "its seed": _within(facts, "schedule", "seed"),
        "versions": facts.get("versions"),
        "metrics": facts.get("metrics"),
        "its licence": _within(facts, "licence", "model"),
        "the licence of its data": _within(facts, "licence", "data"),
    }


def _verify(found: Any, sha256: str) -> list[str]:
    if not isinstance(found, Mapping) or "passed" not in found:
        return ["a passed verify"]
    if found.get("sha256") != sha256:
        return ["a verify of these bytes (others were verified)"]
    if found["passed"] is not True:
        failed = found.get("failed")
        return [f"a passed verify (it failed: {'; '.join(map(str, failed)) if failed else 'run it again'})"]
    if not _within(found, "data", "sha256_of_sorted_sha256s"):
        return ["a verify on real pictures (it was done on drawn ones)"]
    doubt = _within(found, "data", "doubt")
    return [f"a verify on pictures that it has not learned from ({doubt})"] if doubt else []


def _within(facts: Any, *names: str) -> Any:
    for name in names:
        facts = facts.get(name) if isinstance(facts, Mapping) else None
    return facts
