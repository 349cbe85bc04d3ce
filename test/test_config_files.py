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

"""The files in config/ and the page of parameters say what the nodes declare, no more and no less, and the nodes take them."""

import math
import re
import sys
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")

import yaml

from theylive_ros.nodes.compose import NODES, node_class
from theylive_ros.nodes.parameters import ConfigurationError
from theylive_ros.settings import check_value

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import parameters  # noqa: E402

CURE = "run `.venv/bin/python tools/parameters.py`"
PAIRS = [(name, node) for name, (_, nodes) in parameters.FILES.items() for node in nodes]


@pytest.fixture
def ros():
    """rclpy's default context, which the generator uses."""
    import rclpy

    rclpy.init(args=[])
    yield
    rclpy.shutdown()


def section(name, node):
    return yaml.safe_load((ROOT / "config" / name).read_text())[f"/**/{node}"]["ros__parameters"]


def flat(tree, prefix=""):
    found = {}
    for name, value in tree.items():
        found |= flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return found


@pytest.mark.parametrize(("name", "node"), PAIRS)
def test_a_node_takes_its_part_of_the_file_and_every_parameter_stands_there(bench, name, node):
    made = bench.add(node_class(node), "--params-file", str(ROOT / "config" / name), "-p", "autostart:=false")
    said = flat(section(name, node)) | {"autostart": False}
    declared = {group.prefix + key: value for group in made.parameters.groups for key, value in vars(group.value).items()}
    assert declared == said, CURE


@pytest.mark.parametrize("name", parameters.FILES)
def test_a_file_explains_every_parameter_as_the_nodes_do(ros, name):
    def without_values(text):
        return re.sub(r"(?m)^( *[\w.]+:) .*$", r"\1", text)

    assert without_values((ROOT / "config" / name).read_text()) == without_values(parameters.config_file(name)), CURE


def test_the_page_lists_what_the_nodes_declare(ros):
    page = (ROOT / "docs" / "parameters.md").read_text()
    assert page == parameters.page(), CURE
    for node in NODES:
        assert f"\n## {node}\n" in page


def test_every_parameter_has_a_description_and_a_number_its_range_or_unit(ros):
    for node in NODES:
        for entry in parameters.declared(node):
            assert entry.words, entry.name
            if entry.type in ("int", "float"):
                assert entry.limits or entry.unit, f"{node}: {entry.name}"


WRONG = {"bool": [1, "true"], "int": [1.5, "1", True], "float": ["1.0", False, math.nan], "str": [1, 1.0, True], "list": ["x", 1.5]}


def test_every_parameter_refuses_another_type_and_what_is_out_of_range_by_name(ros):
    for node in NODES:
        for entry in parameters.declared(node):
            wrong = list(WRONG[entry.type.partition("[")[0]])
            if entry.type == "float" and not entry.limits:
                wrong.remove(math.nan)
            data = entry.field.metadata
            wrong += [data[end] + step for end, step in (("low", -1), ("high", 1)) if data.get(end) is not None]
            wrong += ["no such word"] if data.get("choices") else []
            for value in wrong:
                with pytest.raises(ValueError, match=rf"^{re.escape(entry.name)} is .*; it must be \w"):
                    check_value(entry.config, entry.field.name, value, entry.name.removesuffix(entry.field.name))
            check_value(entry.config, entry.field.name, entry.default)


def test_a_name_that_nobody_knows_is_refused_in_a_file_too(bench, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("/**/camera:\n  ros__parameters:\n    camera:\n      widht: 320\n")
    with pytest.raises(ConfigurationError, match=r"no parameter camera\.widht; this node has: .*camera\.width"):
        bench.add(node_class("camera"), "--params-file", str(file))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e-05, "1.0e-05"),
        (30.0, "30.0"),
        (True, "true"),
        ("", '""'),
        ("0", '"0"'),
        ("on", '"on"'),
        ('say "x"', '"say \\"x\\""'),
        ("/dev/video0", "/dev/video0"),
        (["alien", "no"], '[alien, "no"]'),
        ([], "[]"),
    ],
)
def test_values_are_written_so_that_they_are_read_with_their_type(value, text):
    assert parameters.scalar(value) == text
    assert yaml.safe_load(text) == value
