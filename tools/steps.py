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

"""The steps that make an environment: what each depends on, and how it is seen that this has changed."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Step:
    """One thing to do: redone when `inputs` (files, folders, plain words) differ, and every step after it with it."""

    name: str
    says: str
    inputs: tuple[Path | str, ...]
    action: Callable[[], None]


def digests(steps: list[Step]) -> dict[str, str]:
    """A word for each step, by its name, that changes with the step's own inputs and with those of the steps before it."""
    words: dict[str, str] = {}
    running = hashlib.sha256()
    for step in steps:
        for item in step.inputs:
            running.update(f"\0{item}\0".encode())
            if isinstance(item, Path):
                for path in sorted(item.rglob("*")) if item.is_dir() else [item]:
                    running.update(f"\0{path}\0".encode() + path.read_bytes() if path.is_file() else b"")
        words[step.name] = running.hexdigest()
    return words
