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

"""Reads files that a person may have damaged: whatever has another form than it should becomes one line with its cure."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from theylive_training.errors import TrainingError

Value = TypeVar("Value")


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Within it, what Python raises over a value of the wrong form becomes a TrainingError about `path`."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as cause:
        words = f"{cause} is missing" if isinstance(cause, KeyError) else str(cause).splitlines()[0] if str(cause) else "wrong form"
        raise TrainingError(f"{path} is damaged ({words}): make it again with the command that wrote it") from cause


def number(value: Any) -> float | None:
    """A number; None for null, and for what is infinite. Raises TypeError for anything else."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{value!r:.40} stands where a number should")
    return value if math.isfinite(value) else None


def count(value: Any) -> int:
    """A whole number. Raises TypeError."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{value!r:.40} stands where a whole number should")
    return value


def text(value: Any) -> str:
    """Words. Raises TypeError."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} stands where words should")
    return value


def table(value: Any) -> dict[str, Any]:
    """An object. Raises TypeError."""
    if not isinstance(value, dict):
        raise TypeError(f"{value!r:.40} stands where an object should")
    return value


def rows(value: Any) -> list[Any]:
    """A list. Raises TypeError."""
    if not isinstance(value, list):
        raise TypeError(f"{value!r:.40} stands where a list should")
    return value


def each(read: Callable[[Any], Value], values: Any) -> tuple[Value, ...]:
    """Every item of a list, read. Raises what `read` does, and TypeError for no list."""
    return tuple(read(value) for value in rows(values))


def mapped(read: Callable[[Any], Value], values: Any) -> dict[str, Value]:
    """Every value of an object, read. Raises what `read` does, and TypeError for no object."""
    return {key: read(value) for key, value in table(values).items()}
