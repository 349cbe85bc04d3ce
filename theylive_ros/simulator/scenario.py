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

"""What happens on the simulated board: scenarios, read from YAML and checked strictly.

Lengths are millimetres on the board from its middle (x right, y down), angles degrees clockwise. A value written `[low, high]` is drawn
anew within these bounds wherever one number would do; `[]` for a place means anywhere free.
"""

# ruff: noqa: RUF009 (settings of list type are fields with a default factory)

from __future__ import annotations

import dataclasses
import typing
from pathlib import Path
from typing import Any

import yaml

from theylive_ros.settings import check_value, setting
from theylive_ros.share import share_path
from theylive_ros.simulator.board import BoardSettings
from theylive_ros.simulator.camera import CameraSettings
from theylive_ros.simulator.heads import LABELS


class ScenarioError(Exception):
    """A scenario is not there or not well formed; one line with the file, the key, and what is accepted."""


def _span(low: float, high: float, text: str, *, unit: str = "", at_least: float | None = None, at_most: float | None = None) -> Any:
    field = setting([low, high], text, unit=unit, low=at_least, high=at_most)
    return dataclasses.field(default_factory=field.default_factory, metadata={**field.metadata, "span": True})


def _place(text: str) -> Any:
    field = setting([], text, unit="mm", low=-2000, high=2000)
    return dataclasses.field(default_factory=field.default_factory, metadata={**field.metadata, "place": True})


@dataclasses.dataclass(frozen=True)
class Static:
    """Stays where it is."""

    at_mm: list[float] = _place("place; [] for anywhere free")


@dataclasses.dataclass(frozen=True)
class Waypoints:
    """From point to point, each leg at its own speed."""

    points_mm: list[list[float]] = dataclasses.field(default_factory=list, metadata={"points": True})
    speed_mm_s: list[float] = setting([50.0], "speed of every leg, or one for all", unit="mm/s", low=0.1, high=1000)
    after: str = setting("stay", "at the last point: stay, go back the way, or go round to the first", choices=("stay", "back", "round"))


@dataclasses.dataclass(frozen=True)
class Bounce:
    """Straight on, thrown back at the picture's edges."""

    at_mm: list[float] = _place("first place; [] for anywhere free")
    velocity_mm_s: list[float] = setting([40.0, 25.0], "first velocity", unit="mm/s", low=-1000, high=1000)


@dataclasses.dataclass(frozen=True)
class Wander:
    """A walk of its own mind: keeps inside the picture and makes way for other heads."""

    at_mm: list[float] = _place("first place; [] for anywhere free")
    speed_mm_s: list[float] = _span(20.0, 60.0, "speed it likes", unit="mm/s", at_least=0, at_most=300)
    acceleration_mm_s2: float = setting(150.0, "most it changes its velocity by", unit="mm/s^2", low=1, high=5000)
    distance_mm: float = setting(66.0, "distance it tries to keep from other heads, centre to centre", unit="mm", low=0, high=500)


PATHS = {"static": Static, "waypoints": Waypoints, "bounce": Bounce, "wander": Wander}


@dataclasses.dataclass(frozen=True)
class Actor:
    """One head: how it looks, when it comes and goes, and how it moves."""

    label: str = setting("alien", "what it is", choices=LABELS)
    look: int = setting(-1, "which of the many looks; -1: another every time", low=-1)
    size: list[float] = _span(1.0, 1.0, "size, 1 for a box of 50 mm", at_least=0.2, at_most=4)
    rotation_deg: list[float] = _span(-180.0, 180.0, "how it is turned", unit="deg", at_least=-360, at_most=360)
    spin_deg_s: list[float] = _span(0.0, 0.0, "how fast it turns", unit="deg/s", at_least=-360, at_most=360)
    appear_s: list[float] = _span(0.0, 0.0, "when it comes", unit="s", at_least=0)
    stay_s: list[float] = _span(0.0, 0.0, "how long it stays; 0: to the end", unit="s", at_least=0)
    entry: str = setting("pop", "how it comes: there at once, or sliding in from the nearest edge", choices=("pop", "slide"))
    leave: str = setting("pop", "how it goes", choices=("pop", "slide"))
    slide_mm_s: float = setting(90.0, "speed of sliding in and out", unit="mm/s", low=1, high=1000)
    path: Any = dataclasses.field(default_factory=Static, metadata={"path": True})


@dataclasses.dataclass(frozen=True)
class Spawn(Actor):
    """A rule that brings one more head again and again. `appear_s` delays the first."""

    every_s: list[float] = _span(2.0, 3.0, "time from one to the next", unit="s", at_least=0.05)
    most: int = setting(3, "most heads of this rule at once", low=1, high=50)
    clear_mm: float = setting(70.0, "distance from all other heads at which it may appear, else it waits", unit="mm", low=0, high=500)


@dataclasses.dataclass(frozen=True)
class Disturbance:
    """Something that befalls the camera for a while."""

    kind: str = setting("exposure", "what changes", choices=("exposure", "tint", "blur"))
    amount: float = setting(0.5, "factor of the exposure, share of blue against red, or blur (px)", low=-1, high=10)
    at_s: float = setting(0.0, "when it begins", unit="s", low=0)
    for_s: float = setting(1.0, "how long it lasts", unit="s", low=0)
    every_s: float = setting(0.0, "time after which it comes again; 0: once", unit="s", low=0)


@dataclasses.dataclass(frozen=True)
class Scenario:
    """A whole scenario. Its timeline begins anew after `loop_s`, with other looks, places and ids."""

    name: str = ""
    description: str = setting("", "one line for people")
    seed: int = setting(1, "seed of all that is drawn by chance", low=0)
    loop_s: float = setting(0.0, "length of the timeline; 0: no end", unit="s", low=0)
    board: BoardSettings = dataclasses.field(default_factory=BoardSettings)
    camera: CameraSettings = dataclasses.field(default_factory=CameraSettings)
    actors: tuple[Actor, ...] = ()
    spawn: tuple[Spawn, ...] = ()
    disturbances: tuple[Disturbance, ...] = ()


def scenario_names() -> list[str]:
    """Names of the scenarios that come with the package, sorted."""
    return sorted(p.stem for p in share_path("config", "scenarios").glob("*.yaml"))


def load_scenario(name_or_path: str | Path) -> Scenario:
    """A scenario by its name, or from a YAML file. Raises ScenarioError."""
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml"):
        path = share_path("config", "scenarios", f"{name_or_path}.yaml")
        if not path.is_file():
            raise ScenarioError(f"no scenario {str(name_or_path)!r}; there are: {', '.join(scenario_names())}, or give a .yaml file")
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", -1) + 1
        raise ScenarioError(f"{path}:{line}: not YAML: {getattr(error, 'problem', None) or 'mend the syntax'}") from error
    return parse_scenario({} if data is None else data, name=path.stem, source=str(path))


def parse_scenario(data: Any, *, name: str = "", source: str = "scenario") -> Scenario:
    """A scenario from plain data as YAML gives it; `source` is named in errors. Raises ScenarioError."""
    scenario = _read(Scenario, data, source, "")
    return dataclasses.replace(scenario, name=name)


_NESTED = {"board": BoardSettings, "camera": CameraSettings}
_LISTS = {"actors": Actor, "spawn": Spawn, "disturbances": Disturbance}


def _read(cls: type, data: Any, source: str, where: str) -> Any:
    """An instance of the dataclass from a mapping, every key and value checked."""
    fields = {f.name: f for f in dataclasses.fields(cls) if not (cls is Scenario and f.name == "name")}
    if not isinstance(data, dict):
        raise ScenarioError(f"{source}: {where or 'the file'} must be a mapping with keys of: {', '.join(fields)}")
    values: dict[str, Any] = {}
    for key, value in data.items():
        if key not in fields:
            raise ScenarioError(f"{source}: unknown key {where}{'.' if where else ''}{key}; accepted here: {', '.join(fields)}")
        at = f"{where}.{key}" if where else key
        if cls is Scenario and key in _NESTED:
            values[key] = _read(_NESTED[key], value, source, at)
        elif cls is Scenario and key in _LISTS:
            if not isinstance(value, list):
                raise ScenarioError(f"{source}: {at} must be a list")
            values[key] = tuple(_read(_LISTS[key], item, source, f"{at}[{i}]") for i, item in enumerate(value))
        elif "path" in fields[key].metadata:
            values[key] = _read_path(value, source, at)
        elif "points" in fields[key].metadata:
            values[key] = _read_points(value, source, at)
        else:
            values[key] = _read_value(cls, fields[key], value, source, at)
    made = cls(**values)
    if cls is Waypoints:
        _check_legs(made, source, where)
    return made


def _read_value(cls: type, field: dataclasses.Field[Any], value: Any, source: str, at: str) -> Any:
    span, place = field.metadata.get("span"), field.metadata.get("place")
    is_list = typing.get_origin(typing.get_type_hints(cls)[field.name]) is list
    if is_list and not place and isinstance(value, (int, float)) and not isinstance(value, bool):
        value = [value, value] if span else [value]
    try:
        check_value(cls, field.name, value)
    except ValueError as error:
        raise ScenarioError(f"{source}: {at}{str(error)[len(field.name) :]}") from error
    if span and (len(value) != 2 or value[0] > value[1]):
        raise ScenarioError(f"{source}: {at} is {value}; it must be one number or [low, high]")
    pair = place or field.name == "velocity_mm_s"
    if pair and not (len(value) == 2 or (place and not value)):
        raise ScenarioError(f"{source}: {at} is {value}; it must be [x, y]{' or [] for anywhere' if place else ''}")
    if field.name == "tint_bgr" and len(value) != 3:
        raise ScenarioError(f"{source}: {at} is {value}; it must be [blue, green, red]")
    return value


def _read_path(data: Any, source: str, at: str) -> Any:
    kind = data.get("kind") if isinstance(data, dict) else None
    if not isinstance(kind, str) or kind not in PATHS:
        raise ScenarioError(f"{source}: {at}.kind is {kind!r}; it must be one of {', '.join(PATHS)}")
    return _read(PATHS[kind], {k: v for k, v in data.items() if k != "kind"}, source, at)


def _read_points(data: Any, source: str, at: str) -> list[list[float]]:
    number = (int, float)
    good = (
        isinstance(data, list)
        and len(data) >= 2
        and all(
            isinstance(p, list) and len(p) == 2 and all(isinstance(v, number) and not isinstance(v, bool) and abs(v) <= 2000 for v in p)
            for p in data
        )
    )
    if not good:
        raise ScenarioError(f"{source}: {at} must be a list of two or more points [x, y] in mm")
    return [[float(x), float(y)] for x, y in data]


def _check_legs(path: Waypoints, source: str, where: str) -> None:
    if not path.points_mm:
        raise ScenarioError(f"{source}: {where}.points_mm is missing; it must be a list of two or more points [x, y] in mm")
    legs = len(path.points_mm) - (path.after != "round")
    if len(path.speed_mm_s) not in (1, legs):
        raise ScenarioError(f"{source}: {where}.speed_mm_s has {len(path.speed_mm_s)} values; it must have 1, or {legs} for the legs")
