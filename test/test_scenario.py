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

"""Scenario files: those that come along are good, and a bad one is refused in one line that says why."""

from __future__ import annotations

import pytest

from theylive_ros.simulator.scenario import Bounce, Scenario, ScenarioError, Wander, load_scenario, parse_scenario, scenario_names

SHIPPED = ("crowd", "default", "empty_board", "fast_swap", "john_walks_through", "moving_aliens", "one_alien")


def test_the_scenarios_that_come_along_are_all_there():
    assert set(SHIPPED) <= set(scenario_names())


@pytest.mark.parametrize("name", scenario_names())
def test_every_scenario_that_comes_along_loads_and_describes_itself(name):
    scenario = load_scenario(name)
    assert scenario.name == name
    assert scenario.description


def test_a_scenario_loads_from_a_path(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("seed: 4\nactors:\n  - {label: john, size: 1.5, path: {kind: bounce, velocity_mm_s: [10, -20]}}\n")
    scenario = load_scenario(file)
    assert (scenario.name, scenario.seed) == ("mine", 4)
    assert scenario.actors[0].size == [1.5, 1.5]
    assert scenario.actors[0].path == Bounce([], [10, -20])


def test_an_empty_file_is_an_empty_board(tmp_path):
    (tmp_path / "nothing.yaml").write_text("")
    assert load_scenario(tmp_path / "nothing.yaml") == Scenario(name="nothing")


def test_defaults_hold_where_nothing_is_said():
    scenario = parse_scenario({"spawn": [{"path": {"kind": "wander"}}]})
    assert scenario.spawn[0].label == "alien"
    assert scenario.spawn[0].path == Wander()
    assert scenario.camera.width == 320


BAD = [
    ([], "the file must be a mapping with keys of: description, seed, loop_s, board, camera, actors, spawn, disturbances"),
    ({"sed": 1}, "unknown key sed; accepted here: description, seed, "),
    ({"seed": -1}, "seed is -1; it must be int of at least 0"),
    ({"seed": True}, "seed is True; it must be int of at least 0"),
    ({"actors": {}}, "actors must be a list"),
    ({"actors": [3]}, "actors[0] must be a mapping with keys of: label, look, "),
    ({"actors": [{"label": "piper"}]}, "actors[0].label is 'piper'; it must be one of alien, john"),
    ({"actors": [{}, {"lable": "john"}]}, "unknown key actors[1].lable; accepted here: label, "),
    ({"actors": [{"size": [2, 1]}]}, "actors[0].size is [2, 1]; it must be one number or [low, high]"),
    ({"actors": [{"size": 9}]}, "actors[0].size is 9; it must be"),
    ({"actors": [{"size": "big"}]}, "actors[0].size is 'big'; it must be"),
    ({"actors": [{"appear_s": float("nan")}]}, "actors[0].appear_s is nan; it must be"),
    ({"actors": [{"path": "wander"}]}, "actors[0].path.kind is None; it must be one of static, waypoints, bounce, wander"),
    ({"actors": [{"path": {"kind": "walk"}}]}, "actors[0].path.kind is 'walk'; it must be one of static, waypoints, bounce, wander"),
    ({"actors": [{"path": {"kind": "static", "speed_mm_s": 3}}]}, "unknown key actors[0].path.speed_mm_s; accepted here: at_mm"),
    ({"actors": [{"path": {"kind": "static", "at_mm": [1]}}]}, "actors[0].path.at_mm is [1]; it must be [x, y] or [] for anywhere"),
    ({"actors": [{"path": {"kind": "bounce", "velocity_mm_s": [1]}}]}, "actors[0].path.velocity_mm_s is [1]; it must be [x, y]"),
    ({"actors": [{"path": {"kind": "waypoints"}}]}, "actors[0].path.points_mm is missing; it must be a list of two or more points"),
    ({"actors": [{"path": {"kind": "waypoints", "points_mm": [[0, 0]]}}]}, "actors[0].path.points_mm must be a list of two or more points"),
    (
        {"actors": [{"path": {"kind": "waypoints", "points_mm": [[0, 0], [1, 1]], "speed_mm_s": [1, 2, 3]}}]},
        "actors[0].path.speed_mm_s has 3 values; it must have 1, or 1 for the legs",
    ),
    ({"spawn": [{"every_s": 0}]}, "spawn[0].every_s is 0; it must be"),
    ({"camera": {"width": 3}}, "camera.width is 3; it must be int from 32 to 1920 px"),
    ({"camera": {"spot_colour": "blue"}}, "camera.spot_colour is 'blue'; it must be one of red, green"),
    ({"board": {"tint_bgr": [1, 2]}}, "board.tint_bgr is [1, 2]; it must be [blue, green, red]"),
    ({"disturbances": [{"kind": "quake"}]}, "disturbances[0].kind is 'quake'; it must be one of exposure, tint, blur"),
]


@pytest.mark.parametrize(("data", "says"), BAD, ids=[says[:40] for _, says in BAD])
def test_a_bad_scenario_is_refused_in_one_line_with_file_key_and_what_is_accepted(data, says):
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(data, source="/tmp/bad.yaml")
    text = str(caught.value)
    assert text.startswith(f"/tmp/bad.yaml: {says}")
    assert "\n" not in text


def test_an_unknown_name_lists_those_that_exist():
    with pytest.raises(ScenarioError, match=r"no scenario 'defualt'; there are: crowd, default, .*one_alien"):
        load_scenario("defualt")


def test_a_missing_file_and_broken_yaml_are_named(tmp_path):
    with pytest.raises(ScenarioError, match=r"gone\.yaml: cannot be read: No such file"):
        load_scenario(tmp_path / "gone.yaml")
    (tmp_path / "broken.yaml").write_text("seed: 1\nactors: [\n")
    with pytest.raises(ScenarioError, match=r"broken\.yaml:3: not YAML: "):
        load_scenario(tmp_path / "broken.yaml")
