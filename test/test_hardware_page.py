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

"""The page of the hardware tells the truth: pins, settings, commands, and drawings that can be opened."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from theylive_ros import cli
from theylive_ros.board.plan import PARTS
from theylive_ros.controller.config import ExecutorSettings
from theylive_ros.controller.lines.board import MICROSTEPS
from theylive_ros.controller.lines.gpio import GpioConfig
from theylive_ros.controller.lines.pwm import PwmConfig
from theylive_ros.mirrors.optics import Geometry

DOCS = Path(__file__).parent.parent / "docs"
PAGE = (DOCS / "hardware.md").read_text()
WIRINGS = [yaml.safe_load(block)["/**/mirrors"]["ros__parameters"] for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
# wire, header pin, port, line, setting
PINS = re.findall(r"^\| ([^|]+) \| (\d+) \| P([A-I])(\d+) \| (\d+) \| (?:`(\w+)`)?", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("plugin", "config"), [("gpio", GpioConfig), ("pwm", PwmConfig)])
def test_each_wiring_is_one_that_the_lines_take(plugin, config):
    (wiring,) = [w for w in WIRINGS if w["plugin"] == plugin]
    made = config(**wiring["lines"])
    assert made.laser_retrigger_us == 2000
    assert made.microsteps == Geometry().microsteps


def test_a_line_is_its_port_and_pin_and_what_the_settings_say():
    assert len(PINS) == 9
    (gpio,) = [w["lines"] for w in WIRINGS if w["plugin"] == "gpio"]
    for wire, _, port, pin, line, setting in PINS:
        assert int(line) == 32 * "ABCDEFGHI".index(port) + int(pin), wire
        assert gpio[setting] == int(line), wire


def test_the_prototypes_wires_are_where_the_lines_have_them_by_default():
    for _, _, _, _, line, setting in PINS:
        if setting not in ("step_x_line", "step_y_line", "enable_line", "laser_line"):
            assert getattr(GpioConfig(), setting) == int(line)
    (pwm,) = [w["lines"] for w in WIRINGS if w["plugin"] == "pwm"]
    assert (pwm["step_x_channel"], pwm["step_y_channel"]) == (PwmConfig().step_x_channel, PwmConfig().step_y_channel)


def test_the_drawing_shows_the_same_pins():
    texts = [e.text or "" for e in ElementTree.parse(DOCS / "wiring.svg").iter("{http://www.w3.org/2000/svg}text")]
    for wire, header, port, pin, line, _ in PINS:
        assert f"pin {header}" in texts, wire
        assert f"P{port}{pin}  {line}" in texts, wire
        assert f"{header} P{port}{pin}" in texts, f"{wire} in the map of the header"


@pytest.mark.parametrize("name", ["wiring.svg", "laser_circuit.svg"])
def test_every_drawing_is_whole_and_says_what_it_shows(name):
    root = ElementTree.parse(DOCS / name).getroot()
    assert root.find("{http://www.w3.org/2000/svg}title").text
    assert root.find("{http://www.w3.org/2000/svg}desc").text
    assert f"({name})" in PAGE


def test_the_microsteps_are_the_drivers_and_the_optics():
    rows = re.findall(r"^\| (low|high) \| (low|high) \| (low|high) \| \**(\d+)\**[^|]*\| ([\d.]+) mm \|$", PAGE, re.MULTILINE)
    assert {int(n): tuple(int(level == "high") for level in levels) for *levels, n, _ in rows} == MICROSTEPS
    for *_, microsteps, millimetres in rows:
        geometry = Geometry(microsteps=int(microsteps))
        moved = abs(geometry.board_point(geometry.angles((0, 1)))[1])
        assert 1000 * moved == pytest.approx(float(millimetres), abs=0.06)


def test_the_monostable_holds_several_edges_and_less_than_the_lease():
    held = [k * 390e3 * 100e-9 for k in (0.45, 0.55)]
    edges = 2 * WIRINGS[0]["lines"]["laser_retrigger_us"] * 1e-6
    assert held[0] * 0.9 > 3 * edges
    assert held[1] * 1.1 < 0.025 < ExecutorSettings().max_lease_us * 1e-6


def test_every_command_and_part_exists():
    assert set(re.findall(r"theylive ([a-z][a-z-]+)", PAGE)) <= set(cli.COMMANDS)
    assert re.findall(r"^\| `(\w+)` \| (?!STEP)", PAGE.split("| part (`--only`)")[1].split("\n\n")[0], re.MULTILINE) == list(PARTS)
