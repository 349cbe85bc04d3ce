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

"""A section of a parameter file that no node reads is told, as ROS itself would have read it."""

import pytest

from theylive_ros.nodes.addressees import for_nobody
from theylive_ros.share import share_path

NODES = ("camera", "detector", "selector")
# Keys, one below the other, and the namespaces, of "", left and left/far, in which a detector reads what is below them.
READ = [
    (["detector"], {""}),
    (["/detector"], {""}),
    (["/", "detector"], {""}),
    (["/**"], {"", "left", "left/far"}),
    (["**"], {"", "left", "left/far"}),
    (["/**/detector"], {"", "left", "left/far"}),
    (["/**", "detector"], {"", "left", "left/far"}),
    (["*"], {""}),
    (["/*/detector"], {"left"}),
    (["/left/detector"], {"left"}),
    (["left/detector"], {"left"}),
    (["/left", "detector"], {"left"}),
    (["left", "far", "detector"], {"left/far"}),
    (["/left", "*"], {"left"}),
    (["/left/**"], {"left", "left/far"}),
    (["/left/*/detector"], {"left/far"}),
    (["detectr"], set()),
    (["/**/Detector"], set()),
    (["/left", "detectors"], set()),
]


def section(keys, parameter="x"):
    """One section of a parameter file, its keys one below the other."""
    rows = [f"{'  ' * depth}'{key}':" for depth, key in enumerate([*keys, "ros__parameters"])]
    return "\n".join([*rows, f"{'  ' * len(rows)}{parameter}: 1\n"])


@pytest.fixture
def params(tmp_path):
    """A function that writes one section into a file."""

    def write(keys):
        file = tmp_path / "my.yaml"
        file.write_text("# mine\n" + section(keys))
        return file

    return write


@pytest.mark.parametrize(("keys", "namespaces"), READ)
def test_of_what_is_read_nothing_is_told(params, keys, namespaces):
    file = params(keys)
    assert not any(for_nobody(file, NODES, namespace) for namespace in namespaces)


@pytest.mark.parametrize("namespace", ["", "left", "left/far"])
def test_ros_reads_just_that(tmp_path, namespace):
    rclpy = pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")
    from rclpy.node import Node

    file = tmp_path / "all.yaml"
    file.write_text("".join(section(keys, f"x{n}") for n, (keys, _) in enumerate(READ)))
    context = rclpy.Context()
    rclpy.init(args=[], context=context)
    try:
        cli = ["--ros-args", "--params-file", str(file)]
        node = Node("detector", namespace=namespace, context=context, cli_args=cli, use_global_arguments=False)
        read = set(node._parameter_overrides)
        node.destroy_node()
    finally:
        rclpy.try_shutdown(context=context)
    assert read == {f"x{n}" for n, (_, namespaces) in enumerate(READ) if namespace in namespaces}


def test_a_misspelt_name_is_told_with_its_line_and_the_names_that_there_are(params):
    file = params(["/**", "detectr"])
    (words,) = for_nobody(file, NODES, "left")
    assert words == (
        f"{file}, line 3: /**/detectr is no node of this rig, so nothing below it is used; "
        "is detector meant? There are: camera, detector, selector"
    )


def test_a_name_like_none_is_told_too(params):
    (words,) = for_nobody(params(["joy_node"]), NODES)
    assert words.endswith("line 2: joy_node is no node of this rig, so nothing below it is used; there are: camera, detector, selector")


@pytest.mark.parametrize(("key", "cure"), [("detector", "/**/detector"), ("/detector", "/**/detector"), ("*", "/**/*")])
def test_a_name_without_a_namespace_is_told_where_the_rig_has_one(params, key, cure):
    (words,) = for_nobody(params([key]), NODES, "/left/")
    assert words.endswith(f"{key} is no node of this rig, which is in /left, so nothing below it is used; {cure} is one in every namespace")


@pytest.mark.parametrize("name", ["rig", "sim", "replay"])
def test_nothing_is_said_of_the_packages_own_files(name):
    compose = pytest.importorskip("theylive_ros.nodes.compose", reason="needs ROS 2 (rclpy)")
    assert not for_nobody(share_path("config", f"{name}.yaml"), list(compose.NODES), "left")


@pytest.mark.parametrize("keys", [["/right/detector"], ["right", "detector"], ["/right/**"], ["/right/*"]])
def test_nothing_is_said_of_another_rigs_sections(params, keys):
    assert not for_nobody(params(keys), NODES, "left")
    assert not for_nobody(params(keys), NODES)


@pytest.mark.parametrize(
    "text", ["", "- a", "7", "a: [", "? [1, 2]\n: 3", "detectr: 1", "detectr:\n  x: 1", "ros__parameters: {x: 1}", "\x00"]
)
def test_rubbish_is_left_to_ros(tmp_path, text):
    file = tmp_path / "my.yaml"
    file.write_text(text)
    assert not for_nobody(file, NODES)
    assert not for_nobody(tmp_path / "none.yaml", NODES)
