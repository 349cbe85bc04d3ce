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

"""ROS 2 Humble, the oldest that is served, has all that the code uses of rclpy, launch and the common messages."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import humble
import pytest

ROOT = Path(__file__).resolve().parent.parent
FACTS = humble.read(Path(__file__).with_name("humble_api.txt"))
CODE = sorted([*(ROOT / "theylive_ros").rglob("*.py"), *(ROOT / "launch").glob("*.py")])
TREES = {path: ast.parse(path.read_text()) for path in CODE}
OWN = {n.name for tree in TREES.values() for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}


def test_the_code_takes_only_what_humble_has():
    found = [f"{p.relative_to(ROOT)} {line}" for p in CODE for line in humble.complaints(p.read_text(), FACTS, OWN)]
    assert not found, "not in Humble, or not yet looked up there (see humble_api.txt):\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("from rclpy.experimental import EventsExecutor", "rclpy.experimental.EventsExecutor"),
        ("import rclpy.type_description_service", "module rclpy.type_description_service"),
        ("from rclpy.qos import LivelinessPolicy, BestAvailable", "rclpy.qos.BestAvailable"),
        ("from sensor_msgs.msg import NoSuch", "sensor_msgs.msg.NoSuch"),
        ("from sensor_msgs.msg import Image\nImage(width=3, is_small=True)", "Image(is_small=...)"),
        ("import rclpy\nrclpy.init(args=None)\nrclpy.spin_forever()", "rclpy.spin_forever"),
        ("import rclpy\nrclpy.init(args=None, quietly=True)", "rclpy.init(quietly=...)"),
        ("self.create_timer(1.0, f, autostart=False)", "self.create_timer(autostart=...)"),
        ("from launch_ros.actions import Node\nNode(executable='x', respawn_max_retries=3)", "Node(respawn_max_retries=...)"),
    ],
)
def test_what_humble_lacks_is_found(source, says):
    (line,) = humble.complaints(source, FACTS, OWN)
    assert line.endswith(f": {says}")


def test_what_humble_has_is_let_be():
    source = """
import rclpy
from launch_ros.actions import Node
from rclpy.node import Node as RosNode
from sensor_msgs.msg import Image
rclpy.init(args=[], signal_handler_options=None)
Node(package="x", executable="y", respawn=True, respawn_delay=2.0, output="screen")
node.create_subscription(Image, "a", f, 1, raw=True)
Image(height=1)
"""
    assert humble.complaints(source, FACTS, OWN) == []


def newer(kind, has):
    """Public names of an installed class that Humble's has not; what Python gives to any number or tuple is no news."""
    return {name for name in dir(kind) if not name.startswith("_") and name not in has} - {*dir(int), *dir(tuple)}


def test_no_attribute_is_one_that_only_newer_distributions_have():
    pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")
    later = {}
    for key, has in FACTS.classes.items():
        module, _, name = key.rpartition(".")
        if not key.startswith("rclpy."):
            continue
        later |= dict.fromkeys(newer(getattr(importlib.import_module(module), name), has), key)
    for name, has in FACTS.messages.items():
        package, kind, message = name.split("/")
        try:
            there = getattr(importlib.import_module(f"{package}.{kind}"), message)
        except ImportError:
            continue  # tf2_msgs and vision_msgs are no wheels
        parts = [there.Request, there.Response] if kind == "srv" else [there]
        later |= dict.fromkeys({f for part in parts for f in part.get_fields_and_field_types()} - has, name)
    assert later, "no distribution adds nothing: the comparison does not work"
    knows_ros = [path for path in CODE if any(word in path.read_text() for word in ("rclpy", "_msgs", "_interfaces"))]
    used = [
        f"{path.relative_to(ROOT)} line {n.lineno}: .{n.attr}, which {later[n.attr]} has not in Humble"
        for path in knows_ros
        for n in ast.walk(TREES[path])
        if isinstance(n, ast.Attribute) and n.attr in later and n.attr not in OWN
    ]
    assert not used, "\n".join(used)
