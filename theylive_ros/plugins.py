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

"""Finds plugins through Python entry points, so that another distribution adds a camera or a detector by being installed."""

from __future__ import annotations

import dataclasses
import logging
from importlib.metadata import EntryPoint, entry_points
from typing import Any

CAMERAS = "theylive_ros.cameras"
DETECTORS = "theylive_ros.detectors"
SELECTORS = "theylive_ros.selectors"
LINES = "theylive_ros.lines"

_log = logging.getLogger(__name__)


class PluginError(Exception):
    """A plugin is not there, does not import, or does not keep the contract; the message names the cause and the cure."""


def names(group: str) -> list[str]:
    """Names of all installed plugins of a group, sorted."""
    return sorted({e.name for e in entry_points(group=group)})


def find(group: str, name: str) -> EntryPoint:
    """The entry point of a plugin; PluginError lists those that exist. Of two with one name the first found is taken, and said."""
    found = {e.value: e for e in entry_points(group=group) if e.name == name}
    if not found:
        there = ", ".join(names(group)) or "none: is theylive_ros installed (pip install . or colcon build)?"
        raise PluginError(f"no plugin {name!r} in group {group}; installed: {there}")
    first, *rest = found.values()
    if rest:
        others = ", ".join(e.value for e in rest)
        _log.warning("plugin %s of %s comes from several places, %s is used; also: %s", name, group, first.value, others)
    return first


def load(group: str, name: str) -> type:
    """The plugin's class. It has an attribute `Config`, a dataclass made of `settings.setting` fields, and is built as `cls(config)`."""
    entry = find(group, name)
    try:
        plugin = entry.load()
    except Exception as cause:  # whatever a stranger's module raises on import
        raise PluginError(f"plugin {name!r} of {group} ({entry.value}) does not import: {type(cause).__name__}: {cause}") from cause
    if not (isinstance(plugin, type) and dataclasses.is_dataclass(getattr(plugin, "Config", None))):
        raise PluginError(f"plugin {name!r} of {group} ({entry.value}) must be a class with a dataclass named Config in it")
    return plugin


def load_all(group: str) -> tuple[dict[str, type], dict[str, PluginError]]:
    """Every plugin of a group that imports, and the error of each that does not."""
    good: dict[str, type] = {}
    bad: dict[str, PluginError] = {}
    for name in names(group):
        try:
            good[name] = load(group, name)
        except PluginError as error:
            bad[name] = error
    return good, bad


def create(group: str, name: str, **values: Any) -> Any:
    """Load a plugin and build it with its default config changed by `values`; PluginError for an unknown or unfit value."""
    from theylive_ros.settings import check

    plugin = load(group, name)
    known = [f.name for f in dataclasses.fields(plugin.Config)]
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise PluginError(f"{name} has no setting {', '.join(unknown)}; it has: {', '.join(known)}")
    config = plugin.Config(**values)
    try:
        check(config, prefix=f"{name}: ")
    except ValueError as error:
        raise PluginError(str(error)) from error
    return plugin(config)
