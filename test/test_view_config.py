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

"""What RViz and rqt are started with fits the stack: topics, frames, qualities of service, markers, and groups of diagnostics."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import numpy as np
import pytest
import yaml

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")

from rclpy.qos import DurabilityPolicy, ReliabilityPolicy

from theylive_ros.mirrors.calibration import nominal
from theylive_ros.nodes import qos
from theylive_ros.nodes.compose import NODES
from theylive_ros.nodes.conversions import to_time
from theylive_ros.nodes.markers import beam_marker, scene_markers
from theylive_ros.overlay import Scene
from theylive_ros.types import Region, Target, Track
from theylive_ros.viewing.rig_view import BASE, RigView

CONFIG = Path(__file__).resolve().parent.parent / "config"
RVIZ = yaml.safe_load((CONFIG / "theylive.rviz").read_text())["Visualization Manager"]
# topic -> what it is heard or said with here
PROFILES = {
    "robot_description": qos.STATE,
    "markers": qos.RESULT,
    "annotated": qos.IMAGE,
    "annotated/compressed": qos.IMAGE,
    "clicked_point": qos.ORDER,
}


def topics():
    """(display or tool, its topic's settings)."""
    for part in (*RVIZ["Displays"], *RVIZ["Tools"]):
        for key in ("Topic", "Description Topic"):
            if key in part:
                yield part["Class"].split("/")[1], part[key]


def test_every_topic_of_rviz_is_one_of_the_stacks_and_relative():
    heard = {settings["Value"] for _, settings in topics()}
    assert heard == set(PROFILES)
    assert not [topic for topic in heard if topic.startswith("/")], "a namespace makes a second rig"


@pytest.mark.parametrize(("part", "settings"), [pytest.param(p, s, id=f"{p}-{s['Value']}") for p, s in topics()])
def test_rviz_asks_for_no_more_than_is_offered(part, settings):
    profile = PROFILES[settings["Value"]]
    reliable = profile.reliability == ReliabilityPolicy.RELIABLE
    latched = profile.durability == DurabilityPolicy.TRANSIENT_LOCAL
    if part == "PublishPoint":  # here it is RViz that offers
        assert settings["Reliability Policy"] == "Reliable" or not reliable
    else:
        assert settings["Reliability Policy"] == "Best Effort" or reliable
        assert settings["Durability Policy"] == ("Transient Local" if latched else "Volatile")


def test_rviz_looks_from_a_frame_of_the_rig_at_every_kind_of_marker():
    frames = {BASE, *(joint.child for joint in RigView(nominal()).joints)}
    view = RVIZ["Views"]["Current"]
    assert RVIZ["Global Options"]["Fixed Frame"] == BASE
    assert view["Target Frame"] in frames
    (markers,) = (d for d in RVIZ["Displays"] if d["Class"].endswith("/MarkerArray"))
    alien = Track(1, "alien", 0.9, 200.0, 100.0, 40.0, 50.0, 20.0, 0.0, (0.0,) * 16, True, 1.0)
    target = Target(1.0, 320, 240, alien, (alien,), (alien,), Region(0, 0, 320, 240), True)
    scene = Scene(np.zeros((240, 320, 3), np.uint8), target, aim=(9.0, 9.0), spot=(9.0, 9.0))
    drawn = {marker.ns for marker in scene_markers(scene, RigView(nominal()), to_time(1.0), 0.01).markers}
    assert set(markers["Namespaces"]) == drawn | {beam_marker([], False, to_time(1.0)).ns}
    assert all(markers["Namespaces"].values())


def leaves(group, path=()):
    for key, value in group["keys"].items():
        yield (*path, key), value
    for name, inner in group["groups"].items():
        yield from leaves(inner, (*path, name))


def test_the_perspective_is_one_that_rqt_reads_and_starts_nothing_that_it_has_no_settings_for():
    groups = json.loads((CONFIG / "theylive.perspective").read_text())
    values = dict(leaves(groups))
    for path, value in values.items():
        kind = value["type"]
        assert kind in ("repr", "repr(QByteArray.hex)"), path
        if kind == "repr":
            ast.literal_eval(value["repr"])
        else:
            bytes.fromhex(re.fullmatch(r"QtCore\.QByteArray\(b'([0-9a-f]*)'\)", value[kind])[1])
    running = ast.literal_eval(values["pluginmanager", "running-plugins"]["repr"])
    assert {f"plugin__{name.replace('/', '__')}__{n}" for name, numbers in running.items() for n in numbers} == set(
        groups["groups"]["pluginmanager"]["groups"]
    )
    image = ("pluginmanager", "plugin__rqt_image_view__ImageView__1", "plugin")
    assert values[(*image, "topic")]["repr"] == "'/annotated'"
    assert values[(*image, "publish_click_location")]["repr"] == "False", (
        "a click in the picture marks a spot: only who wants that turns it on"
    )


def test_every_nodes_diagnostics_are_in_one_group():
    groups = yaml.safe_load((CONFIG / "analyzers.yaml").read_text())["/**/analyzers"]["ros__parameters"]
    patterns = {name: g["regex"] for name, g in groups.items() if isinstance(g, dict)}
    for node in NODES:
        for status in (node, f"left/{node}", f"a/b/{node}"):
            assert sum(any(re.fullmatch(p, status) for p in group) for group in patterns.values()) == 1, status
    assert not any(re.fullmatch(p, "cameraman") for group in patterns.values() for p in group)
