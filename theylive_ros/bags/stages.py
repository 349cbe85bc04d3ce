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

"""Detector and selector for a replay, set as they were when the recording was made, or as a file of parameters says."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import yaml

from theylive_ros import plugins
from theylive_ros.bags.errors import BagError
from theylive_ros.detector.interface import Detector
from theylive_ros.settings import check
from theylive_ros.targeting.selection import Selection, SelectionSettings

Values = dict[str, Any]
_PLUGINS = {"detector": (plugins.DETECTORS, "yolov8"), "selector": (plugins.SELECTORS, "round_robin")}


def read_parameters(path: Path) -> dict[str, Values]:
    """The parameters of detector and selector in a ROS parameter file, names joined by dots. Raises BagError."""
    try:
        sections = yaml.safe_load(path.read_text(encoding="utf-8"))
        found: dict[str, Values] = {}
        for key, section in sections.items():
            node = str(key).rsplit("/", 1)[-1]
            if node in _PLUGINS:
                found.setdefault(node, {}).update(_flat(section["ros__parameters"]))
    except OSError as cause:
        raise BagError(f"{path} cannot be read ({cause.strerror})") from cause
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError, KeyError, TypeError) as cause:
        raise BagError(f"{path} is no file of ROS parameters: it looks like config/rig.yaml") from cause
    return found


def recorded_parameters(custom: dict[str, str]) -> dict[str, Values]:
    """The parameters that a recording tells of; empty for a recorder other than ours."""
    found = {}
    for node in _PLUGINS:
        try:
            found[node] = dict(json.loads(custom[f"parameters/{node}"]))
        except (KeyError, ValueError, TypeError):
            continue
    return found


def make_detector(values: Values) -> Detector:
    """The detector that a node with these parameters would run; not loaded yet. Raises PluginError."""
    name, settings = _plugin("detector", values)
    return plugins.create(plugins.DETECTORS, name, **settings)


def make_selection(values: Values) -> Selection:
    """Tracker and policy that a node with these parameters would run. Raises PluginError, BagError."""
    name, settings = _plugin("selector", values)
    policy = plugins.create(plugins.SELECTORS, name, **settings)
    known = {f.name for f in dataclasses.fields(SelectionSettings)}
    try:
        chosen = SelectionSettings(**{key: value for key, value in values.items() if key in known})
        check(chosen, prefix="selector: ")
        return Selection(chosen, policy)
    except ValueError as error:
        raise BagError(str(error)) from error


def _plugin(stage: str, values: Values) -> tuple[str, Values]:
    """Name and settings of a stage's plugin. Those of other plugins may stand beside them, as in a parameter file."""
    group, default = _PLUGINS[stage]
    name = str(values.get("plugin", default))
    fields = {f.name for f in dataclasses.fields(plugins.load(group, name).Config)}
    given = {key.removeprefix(f"{stage}."): value for key, value in values.items() if key.startswith(f"{stage}.")}
    return name, {key: value for key, value in given.items() if key in fields}


def _flat(values: Values, prefix: str = "") -> Values:
    flat: Values = {}
    for key, value in values.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat
