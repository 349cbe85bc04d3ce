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

"""What a command tells ROS: a parameter file, and above it what its own command line says."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

# node -> parameter -> value, where None says nothing
Said = Mapping[str, Mapping[str, Any]]


def overruling(said: Said, namespace: str = "") -> str:
    """A parameter file that overrules those before it.

    Each node is named twice: ROS lets the name that stood first in all files be overruled by the later one, and a rig's own file may
    name the node by a pattern or in full. `-p` would lose against both.
    """
    tree = {}
    for node, values in said.items():
        given = {name: value for name, value in values.items() if value is not None}
        for name in (f"/**/{node}", f"/{namespace.strip('/')}/{node}".replace("//", "/")) if given else ():
            tree[name] = {"ros__parameters": dict(given)}
    return yaml.safe_dump(tree)


@contextlib.contextmanager
def ros_arguments(params: Path, said: Said, namespace: str = "") -> Iterator[list[str]]:
    """ROS arguments for `params`, overruled by `said`, in a namespace. Good within the context.

    A file is written for it: only there is a node meant whatever its namespace, and a value has its type whatever it looks like.
    """
    with tempfile.TemporaryDirectory(prefix="theylive-") as folder:
        file = Path(folder) / "command_line.yaml"
        file.write_text(overruling(said, namespace), encoding="utf-8")
        place = ["-r", f"__ns:=/{namespace.strip('/')}"] if namespace else []
        yield ["--ros-args", "--params-file", str(params), "--params-file", str(file), *place]
