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

"""The page docs/interfaces.md and the running nodes name the same topics, services and actions, with the same types."""

from __future__ import annotations

import importlib.util
import re
import signal
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")

from processes import programs
from rclpy.action import get_action_names_and_types
from ros_bench import open_bench

PAGE = (Path(__file__).parent.parent / "docs" / "interfaces.md").read_text()
THEYLIVE = (sys.executable, "-c", "from theylive_ros.cli import main; main()")
PATIENCE = 20.0  # s for the graph to be known
# Every node or managed node of ROS has these, and every action.
COMMON = re.compile(
    r"/(parameter_events|rosout|transition_event|change_state|get_state|get_available_states|get_available_transitions"
    r"|get_transition_graph|(get|set|list|describe)_parameter\w*|get_type_description|_action/\w+)$"
)
# One of two, as the parameter `compressed` of the node says; what comes from a recording alone.
NOT_HERE = re.compile(r"/compressed$|^/clock$")


def told(heading):
    """Names and types of the table under a heading, as {"/laser": "theylive_msgs/LaserState"}."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    found = {}
    for names, types in re.findall(r"^\| (`[^|]*`) \| ([\w/, ]+) \|", section, re.MULTILINE):
        kinds = types.split(", ")
        for index, name in enumerate(re.findall(r"`([\w/]+)`", names)):
            kind = kinds[min(index, len(kinds) - 1)]
            found["/" + name.lstrip("/")] = kind if "/" in kind else f"{kinds[0].partition('/')[0]}/{kind}"
    return found


def ours(names_and_types):
    """What of the graph is of this stack."""
    kept = {name: kinds for name, kinds in names_and_types if not COMMON.search(name)}
    return {name: re.sub(r"/(msg|srv|action)/", "/", kind) for name, (kind,) in kept.items()}


def _seen(node):
    """Topics, services and actions of the stack, as a node knows them by now."""
    asked = (node.get_topic_names_and_types(), node.get_service_names_and_types(), get_action_names_and_types(node))
    return tuple(ours((name, kinds) for name, kinds in found if not name.startswith("/ear/")) for found in asked)


def _complete(graph):
    topics, services, actions = graph
    return set(_there()) <= set(topics) and set(told("Services")) <= set(services) and actions


def _there():
    """Topics of the page that can be here."""
    told_types = told("Topics").items()
    return [name for name, kind in told_types if importlib.util.find_spec(kind.partition("/")[0]) and not NOT_HERE.search(name)]


@pytest.fixture(scope="module")
def graph():
    """Topics, services and actions while every node of a simulated rig is active."""
    with open_bench() as bench, programs() as start:
        program = start(*THEYLIVE, "run", "--sim", "one_alien")
        for node in ("simulator", "detector", "selector", "mirrors", "calibrator", "visualizer"):
            program.says(f"[{node}]: active")
        node = bench.ear_node
        end = time.monotonic() + PATIENCE
        while not _complete(found := _seen(node)) and time.monotonic() < end:
            time.sleep(0.1)
        yield found
        program.ask_to_end(signal.SIGINT)
        assert program.end() == 0, program.text


def test_the_page_tells_every_topic_with_its_type(graph):
    topics, page = graph[0], told("Topics")
    assert {name: page.get(name) for name in topics} == topics


def test_every_topic_of_the_page_is_there(graph):
    assert set(_there()) <= set(graph[0])


def test_the_page_tells_every_service_and_no_other(graph):
    assert told("Services") == graph[1]


def test_the_page_tells_the_action(graph):
    assert graph[2] == {"/calibrate": "theylive_msgs/Calibrate"}
    assert "## The action `calibrate`" in PAGE
