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

"""A camera by its name and the settings of a command line, and how its frames come."""

from __future__ import annotations

import dataclasses
import enum
import typing
from collections.abc import Sequence
from typing import Any

from theylive_ros import plugins
from theylive_ros.camera.interface import Camera
from theylive_ros.settings import check, setting_type
from theylive_training.capture.simulator import SimulatorCamera
from theylive_training.errors import TrainingError

SIMULATOR = "simulator"
_SETTLE = 1.0  # s
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


class Flow(enum.Enum):
    """How frames come. LIVE: whether anybody looks or not; PLAYED: not while one is in hand; STEPPED: one at a time, when asked for."""

    LIVE = enum.auto()
    PLAYED = enum.auto()
    STEPPED = enum.auto()


# Of the plugins that play files, and what suits them here: every picture once; any other plugin is a live camera.
_FLOWS = {"video": Flow.PLAYED, "images": Flow.STEPPED}
_WISHES: dict[str, dict[str, Any]] = {
    "video": {"loop": False},
    "images": {"loop": False, "rate": 0.0, "jpeg": True},
    "v4l2": {"jpeg": True},
}


@dataclasses.dataclass(frozen=True)
class Source:
    """A camera that is not open yet. settle: how long after it was opened its exposure and colours are right (s)."""

    name: str
    camera: Camera
    flow: Flow
    settle: float = 0.0


def names() -> list[str]:
    """All cameras that there are."""
    return sorted([*plugins.names(plugins.CAMERAS), SIMULATOR])


def make(name: str, words: Sequence[str]) -> Source:
    """The camera called `name` with settings such as 'device=/dev/video2'. Raises TrainingError, PluginError."""
    if name not in names():
        raise TrainingError(f"there is no camera {name!r}: --camera is one of {', '.join(names())}")
    plugin = SimulatorCamera if name == SIMULATOR else plugins.load(plugins.CAMERAS, name)
    given = settings(plugin.Config, name, words)
    wished = dict(_WISHES.get(name, {}))
    if given.get("fourcc", "MJPG") != "MJPG":
        wished.pop("jpeg", None)  # there is no JPEG to pass on
    try:
        config = plugin.Config(**{**wished, **given})
        check(config, prefix=f"--set of {name}: ")
    except ValueError as cause:
        raise TrainingError(str(cause)) from cause
    flow = _FLOWS.get(name, Flow.LIVE)
    return Source(name, plugin(config), flow, 0.0 if name == SIMULATOR or flow is not Flow.LIVE else _SETTLE)


def settings(config: type, name: str, words: Sequence[str]) -> dict[str, Any]:
    """Values for a config dataclass from words key=value. Raises TrainingError that names what there is."""
    known = {field.name: field for field in dataclasses.fields(config)}
    values = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals or key not in known:
            there = ", ".join(f"{key} ({field.metadata.get('description', '')})" for key, field in known.items())
            raise TrainingError(f"--set {word} does not suit the camera {name}: it takes key=value with the keys {there}")
        try:
            values[key] = _value(setting_type(config, key), text)
        except ValueError as cause:
            raise TrainingError(f"--set {word}: {key} must be {cause}") from cause
    return values


def _value(declared: Any, text: str) -> Any:
    """Text as the declared type. ValueError names the type."""
    if typing.get_origin(declared) is list:
        (item,) = typing.get_args(declared)
        return [_value(item, part.strip()) for part in text.split(",") if part.strip()]
    if declared is bool:
        if text.lower() not in (*_TRUE, *_FALSE):
            raise ValueError("true or false")
        return text.lower() in _TRUE
    kinds = {int: "a whole number", float: "a number"}
    try:
        return declared(text)
    except ValueError as cause:
        raise ValueError(kinds.get(declared, str(declared))) from cause
