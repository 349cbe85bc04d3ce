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
