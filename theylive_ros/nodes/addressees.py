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

"""Whom a parameter file is for. ROS itself says nothing of a section that no node reads."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

_PARAMETERS = "ros__parameters"  # what begins so stands below the name of a node


def for_nobody(file: Path, nodes: Sequence[str], namespace: str = "") -> list[str]:
    """One line for each section of a parameter file that none of `nodes`, in `namespace`, will read.

    It is for telling, not for refusing: a file may serve nodes of other packages too, of which nothing is known here. A section for one of
    `nodes` in another namespace is another rig's, and not worth a word. A file that cannot be read has none: ROS itself says why.
    """
    place = f"/{namespace.strip('/')}".rstrip("/")
    lines = []
    for key, line in _sections(file):
        if any(_pattern(key).fullmatch(f"{place}/{node}") for node in nodes):
            continue
        above, _, name = key.rpartition("/")
        where = f"{file}, line {line}: {key} is no node of this rig"
        if name not in (*nodes, "*", "**"):
            near = difflib.get_close_matches(name, nodes, 1)
            cure = f"is {near[0]} meant? There are" if near else "there are"
            lines.append(f"{where}, so nothing below it is used; {cure}: {', '.join(nodes)}")
        elif not above:
            lines.append(f"{where}, which is in {place}, so nothing below it is used; /**/{name} is one in every namespace")
    return lines


def _sections(file: Path) -> Iterator[tuple[str, int]]:
    """The name above each set of parameters, and its line."""
    try:
        root = yaml.compose(file.read_text(encoding="utf-8"), yaml.SafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return
    yield from _below(root, "", 0)


def _below(tree: yaml.Node | None, name: str, line: int) -> Iterator[tuple[str, int]]:
    for key, value in tree.value if isinstance(tree, yaml.MappingNode) else ():
        if name and str(key.value).startswith(_PARAMETERS):
            yield name, line
        else:  # joined as rcl does it: add_name_to_ns in rcl_yaml_param_parser/src/namespace.c
            yield from _below(value, f"{name.removesuffix('/')}/{key.value}" if name else str(key.value), key.start_mark.line + 1)


def _pattern(key: str) -> re.Pattern[str]:
    """What a node's full name is held against: _populate_node_parameters_from_rcl_params in rclpy/src/rclpy/node.cpp."""
    words = re.escape(key if key.startswith("/") else f"/{key}")
    return re.compile(words.replace(r"/\*", r"(/\w+)").replace(r"(/\w+)\*", r"(/\w+)*"))
