"""Fields of the controller's and the lines' config dataclasses. Standard library only."""

from __future__ import annotations

import dataclasses
from typing import Any


def setting(
    default: Any,
    description: str,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    """A read-only setting with its description, unit, and inclusive range or allowed words."""
    metadata = {"description": description, "unit": unit, "low": low, "high": high, "choices": choices, "read_only": True}
    return dataclasses.field(default=default, metadata=metadata)
