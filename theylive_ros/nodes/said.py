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

"""What a person says on a command line or to a launch file in the words of the rig, told to the nodes that it is for."""

from __future__ import annotations

import dataclasses
from typing import Any

from theylive_ros import plugins

# What a camera plugin may call the thing that it opens.
_SOURCES = ("path", "device", "source", "url")


class SaidError(Exception):
    """Words that cannot be; one line with the cure."""


def said(
    *, camera: str | None, source: str | None, scenario: str | None, model: str | None, device: str | None
) -> dict[str, dict[str, Any]]:
    """Node -> parameter -> value, where None says nothing. Raises SaidError, PluginError."""
    tells: dict[str, dict[str, Any]] = {
        "camera": {"plugin": camera},
        "simulator": {"scenario": scenario},
        "detector": {"detector.model": model, "detector.device": device},
    }
    if source:
        plugin = camera or "v4l2"
        tells["camera"] = {"plugin": plugin, f"camera.{source_setting(plugin)}": source}
    if camera and not plugins.load(plugins.CAMERAS, camera).live:
        tells["mirrors"] = {"plugin": "sim", "calibration": ""}  # what was recorded must never move a real laser
    return tells


def source_setting(camera: str) -> str:
    """The name of a camera plugin's setting that says what it opens. Raises PluginError, SaidError."""
    known = [field.name for field in dataclasses.fields(plugins.load(plugins.CAMERAS, camera).Config)]
    for name in _SOURCES:
        if name in known:
            return name
    raise SaidError(
        f"camera {camera} has none of the settings {', '.join(_SOURCES)}: give its own as --ros-args -p camera:camera.NAME:=..."
    )
