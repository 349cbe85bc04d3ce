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

"""Which tests need ROS 2: read from what they themselves say, so that a test of a node is among them without being listed."""

from __future__ import annotations

import ast
import functools
from pathlib import Path

HERE = Path(__file__).resolve().parent


@functools.cache
def needs_ros(file: Path) -> bool:
    """Whether a file of tests, or a helper beside it that it imports, imports rclpy or says `importorskip("rclpy")` on its first level."""
    for node in ast.parse(file.read_text()).body:
        value = getattr(node, "value", None)
        if isinstance(value, ast.Call) and ast.unparse(value.func).endswith("importorskip") and value.args[0].value == "rclpy":
            return True
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module] if isinstance(node, ast.ImportFrom) else []
        if any(name.split(".")[0] == "rclpy" for name in names if name):
            return True
        helpers = [HERE / f"{name}.py" for name in names if name]
        if any(needs_ros(helper) for helper in helpers if helper.is_file()):
            return True
    return False
