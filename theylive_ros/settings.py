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

"""Settings of plugins and nodes: dataclass fields that carry what a ROS parameter descriptor needs.

A config is a plain dataclass. Its fields are `bool`, `int`, `float`, `str` or `list` of one of them (`list[str]`), each made
with `setting()`. The nodes declare ROS parameters from them, the command line checks values against them.
"""

from __future__ import annotations

import dataclasses
import typing
from typing import Any


def setting(
    default: Any,
    description: str,
    *,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    read_only: bool = False,
) -> Any:
    """A dataclass field with its description, unit, inclusive range (or allowed words), and whether it may change at run time."""
    metadata = {"description": description, "unit": unit, "low": low, "high": high, "choices": choices, "read_only": read_only}
    if isinstance(default, list):
        return dataclasses.field(default_factory=lambda: list(default), metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def setting_type(config: type, name: str) -> Any:
    """The declared type of one field of a config dataclass (`float`, `list[str]`, ...)."""
    return typing.get_type_hints(config)[name]


def check(config: Any, prefix: str = "") -> None:
    """Raise ValueError naming the first field of a config instance that is of the wrong type or out of range, and what it accepts."""
    for field in dataclasses.fields(config):
        check_value(type(config), field.name, getattr(config, field.name), prefix)


def check_value(config: type, name: str, value: Any, prefix: str = "") -> None:
    """Raise ValueError if `value` would not do for the field `name` of the config dataclass."""
    field = next(f for f in dataclasses.fields(config) if f.name == name)
    accepts = _accepts(config, field)
    if not _fits(setting_type(config, name), value):
        raise ValueError(f"{prefix}{name} is {value!r}; it must be {accepts}")
    low, high, choices = (field.metadata.get(k) for k in ("low", "high", "choices"))
    for item in value if isinstance(value, (list, tuple)) else [value]:
        if choices and item not in choices:
            raise ValueError(f"{prefix}{name} is {item!r}; it must be {accepts}")
        # `not low <= item` also catches a NaN
        if (low is not None and not low <= item) or (high is not None and not item <= high):
            raise ValueError(f"{prefix}{name} is {item}; it must be {accepts}")


def _accepts(config: type, field: dataclasses.Field[Any]) -> str:
    declared = setting_type(config, field.name)
    text = getattr(declared, "__name__", str(declared)) if typing.get_origin(declared) is None else str(declared)
    low, high, choices, unit = (field.metadata.get(k) for k in ("low", "high", "choices", "unit"))
    if choices:
        return "one of " + ", ".join(choices)
    if low is not None and high is not None:
        text += f" from {low} to {high}"
    elif low is not None:
        text += f" of at least {low}"
    elif high is not None:
        text += f" of at most {high}"
    return f"{text} {unit}".rstrip()


def _fits(declared: Any, value: Any) -> bool:
    if typing.get_origin(declared) is list:
        (item,) = typing.get_args(declared)
        return isinstance(value, (list, tuple)) and all(_fits(item, v) for v in value)
    if declared is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if declared is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, declared)
