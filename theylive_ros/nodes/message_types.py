"""Message classes by the name of their type."""

from __future__ import annotations

import importlib

from theylive_ros.bags.errors import BagError


def message_class(name: str) -> type:
    """The class of `pkg/msg/Name`. Raises BagError where its package is not installed."""
    package, _, rest = name.partition("/")
    kind, _, short = rest.partition("/")
    try:
        return getattr(importlib.import_module(f"{package}.{kind}"), short)
    except (ImportError, AttributeError, ValueError) as cause:
        raise BagError(f"message type {name} is not installed here: install package {package}, or leave its topics out") from cause
