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

"""Writes config/rig.yaml, sim.yaml, replay.yaml and docs/parameters.md from what the nodes declare: `.venv/bin/python tools/parameters.py`.

A rig's own values belong into a copy of its file, or here into FILES: what is changed in config/ by hand is overwritten.
"""

from __future__ import annotations

import dataclasses
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import rclpy
import yaml

from theylive_ros import plugins
from theylive_ros.nodes.compose import NODES, node_class
from theylive_ros.settings import setting_type

ROOT = Path(__file__).resolve().parent.parent
# node -> prefix of its plugin's parameters, and the entry points
PLUGINS = {
    "camera": ("camera", plugins.CAMERAS),
    "detector": ("detector", plugins.DETECTORS),
    "selector": ("selector", plugins.SELECTORS),
    "mirrors": ("lines", plugins.LINES),
}

RIG = """The rig: camera, detector, selector, mirrors, calibrator, and the visualizer where one is started beside them.

Pictures travel as the camera's own JPEG: the detector decodes those that it looks at, and a laptop can watch over a wireless network.
The mirrors drive the pins of an Orange Pi Zero 3. Name yours under mirrors/lines in a copy of this file (docs/hardware.md proposes some):
until STEP is named, the node says so and waits. With `plugin: sim` it is a dry run, on motors and a laser that exist in its memory only.
The calibration is written by `theylive calibrate`; before there is one, the laser cannot be armed."""

SIM = """A simulated rig: the simulator in place of camera, motors and laser, and the same nodes as on the rig."""

REPLAY = """A recording in place of the camera: the player, and the nodes that work on its pictures.

`ros2 launch theylive_ros replay.launch.py bag:=...` goes by it. It also tells the nodes to go by recorded time (use_sim_time), and
whether the recording holds JPEG (`compressed`) or pictures as they are."""

_JPEG = {"compressed": True}
_CALIBRATION = {"calibration": "~/.config/theylive/calibration.yaml"}
_SOCKET = {"controller_socket": "auto"}
FILES = {
    "rig.yaml": (
        RIG,
        {
            "camera": {**_JPEG, "camera.jpeg": True},
            "detector": _JPEG,
            "selector": {},
            "mirrors": {"plugin": "gpio", **_CALIBRATION},
            "calibrator": _JPEG,
            "visualizer": {**_JPEG, **_CALIBRATION},
        },
    ),
    "sim.yaml": (SIM, {"simulator": _SOCKET, "detector": {}, "selector": {}, "mirrors": _SOCKET, "calibrator": {}, "visualizer": {}}),
    "replay.yaml": (REPLAY, {"player": {}, "detector": _JPEG, "selector": {}, "visualizer": _JPEG}),
}
_FOOT = """Every parameter is here. A node may stand in any namespace: `/**/camera` is the camera of each. The settings of plugins that are
not chosen here are in docs/parameters.md; they may stand beside these."""


@dataclasses.dataclass(frozen=True)
class Entry:
    """One parameter."""

    name: str
    config: type
    field: dataclasses.Field[Any]

    @property
    def stage(self) -> str:
        """What stands before the dot; empty for the node's own."""
        return self.name.rpartition(".")[0]

    @property
    def default(self) -> Any:
        """As the dataclass has it."""
        made = self.field.default_factory
        return made() if made is not dataclasses.MISSING else self.field.default

    @property
    def unit(self) -> str:
        """As written behind a value."""
        return self.field.metadata.get("unit", "")

    @property
    def limits(self) -> str:
        """What it accepts, in words; empty for anything of its type."""
        low, high, choices = (self.field.metadata.get(k) for k in ("low", "high", "choices"))
        if choices:
            return "one of " + ", ".join(choices)
        if low is not None and high is not None:
            return f"{_short(low)} to {_short(high)}"
        return f"at least {_short(low)}" if low is not None else f"at most {_short(high)}" if high is not None else ""

    @property
    def type(self) -> str:
        """Name of the declared type."""
        declared = setting_type(self.config, self.field.name)
        return declared.__name__ if isinstance(declared, type) and not str(declared).startswith("list") else str(declared)

    @property
    def words(self) -> str:
        """The description, as a sentence without its full stop."""
        text = self.field.metadata.get("description", "").rstrip(".")
        return text[:1].upper() + text[1:]

    @property
    def read_only(self) -> bool:
        """Whether it is fixed once the node runs."""
        return bool(self.field.metadata.get("read_only"))

    def comment(self) -> list[str]:
        """The lines above the value in a YAML file."""
        limits = " ".join(filter(None, (self.limits, self.unit)))
        facts = [limits, f"default {scalar(self.default)}", "read-only" if self.read_only else ""]
        return textwrap.wrap(f"{self.words}; {', '.join(filter(None, facts))}", 120, initial_indent="# ", subsequent_indent="#   ")


def declared(node: str, plugin: str | None = None) -> list[Entry]:
    """Every parameter that a node declares with a plugin, None for its default one; rclpy is initialised."""
    choice = ["-p", f"plugin:={plugin}"] if plugin else []
    made = node_class(node)(enable_rosout=False, use_global_arguments=False, cli_args=["--ros-args", "-p", "autostart:=false", *choice])
    try:
        return [
            Entry(group.prefix + field.name, type(group.value), field)
            for group in made.parameters.groups
            for field in dataclasses.fields(group.value)
        ]
    finally:
        made.destroy_node()


def of_plugin(plugin: type, stage: str) -> list[Entry]:
    """Every setting of a plugin as a parameter."""
    return [Entry(f"{stage}.{field.name}", plugin.Config, field) for field in dataclasses.fields(plugin.Config)]


def scalar(value: Any) -> str:
    """A value in YAML, with the type that ROS must read."""
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(scalar, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return re.sub(r"^(-?\d+)e", r"\1.0e", repr(value))
    if isinstance(value, str):
        plain = re.fullmatch(r"[A-Za-z_/~][\w./-]*", value) and yaml.safe_load(value) == value
        return value if plain else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)


def config_file(name: str) -> str:
    """The text of config/NAME."""
    head, nodes = FILES[name]
    lines = [f"# {line}".rstrip() for line in f"{head}\n\n{_FOOT}".splitlines()]
    for node, own in nodes.items():
        lines += ["", f"/**/{node}:", "  ros__parameters:"]
        lines += ["    " + line for line in _tree(declared(node, own.get("plugin")), own)]
    return "\n".join(lines) + "\n"


def page() -> str:
    """The text of docs/parameters.md."""
    lines = [
        "# Parameters",
        "",
        "Written by `tools/parameters.py` from what the nodes declare. What is marked *fixed* cannot change while a node runs; all else",
        "can, by `ros2 param set`. A value out of range or of another type, and an unknown name, are refused by name. The settings of a",
        "plugin that is not chosen may stand in a parameter file: they are not used, and the log says so.",
    ]
    for node in NODES:
        stage, group = PLUGINS.get(node, (None, ""))
        lines += ["", f"## {node}", "", *_table([e for e in declared(node) if e.stage != stage])]
        for name, plugin in plugins.load_all(group)[0].items():
            # only our own: what else is installed differs from machine to machine
            if plugin.__module__.startswith("theylive_ros."):
                lines += ["", f"### {node}, plugin `{name}`", "", *_table(of_plugin(plugin, stage))]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the files."""
    rclpy.init(args=[])
    for name in FILES:
        (ROOT / "config" / name).write_text(config_file(name), encoding="utf-8")
    (ROOT / "docs" / "parameters.md").write_text(page(), encoding="utf-8")
    rclpy.shutdown()


def _tree(entries: list[Entry], values: dict[str, Any]) -> Iterator[str]:
    stage = ""
    for entry in sorted(entries, key=lambda e: "." in e.name):
        if entry.stage != stage:
            stage = entry.stage
            yield f"{stage}:"
        indent = "  " if stage else ""
        value = values.get(entry.name, entry.default)
        yield from (indent + line for line in entry.comment())
        line = f"{indent}{entry.field.name}: {scalar(float(value) if entry.type == 'float' else value)}"
        yield from textwrap.wrap(line, 120, subsequent_indent=indent + "  ", break_long_words=False, break_on_hyphens=False)


def _table(entries: list[Entry]) -> Iterator[str]:
    if not entries:
        yield "No settings."
        return
    yield "| parameter | type | default | range | unit | |"
    yield "|---|---|---|---|---|---|"
    for e in entries:
        words = e.words + (" (*fixed*)" if e.read_only else "")
        yield f"| `{e.name}` | {e.type} | `{scalar(e.default)}` | {e.limits} | {e.unit} | {words.replace('|', chr(92) + '|')} |"


def _short(value: float) -> str:
    return f"{value:g}" if abs(value) < 1e6 else str(int(value)) if value == int(value) else str(value)


if __name__ == "__main__":
    main()
