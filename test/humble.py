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

"""Holds code to what ROS 2 Humble offers: reads the facts of humble_api.txt and finds what goes beyond them, without importing any ROS."""

from __future__ import annotations

import ast
import dataclasses
import re
from pathlib import Path

MESSAGES = re.compile(r"^(\w+_msgs|\w+_interfaces|std_srvs)\.(msg|srv|action)$")
OURS = "theylive_msgs"
_LINE = re.compile(r"(?P<name>\w*)(\((?P<parameters>[^)]*)\))?( = (?P<kind>[\w.]+))?$")


@dataclasses.dataclass
class Facts:
    """What Humble has: `modules[m][name]` is None, the parameters of a function, or the key of a class; the rest by those keys."""

    modules: dict[str, dict[str, list[str] | str | None]] = dataclasses.field(default_factory=dict)
    classes: dict[str, dict[str, list[str] | None]] = dataclasses.field(default_factory=dict)
    messages: dict[str, set[str]] = dataclasses.field(default_factory=dict)

    def methods(self, name: str) -> list[list[str]]:
        """The parameters of every method of this name, whatever its class."""
        return [c[name] for c in self.classes.values() if c.get(name) is not None]


def read(path: Path) -> Facts:
    """The facts as they stand in the file."""
    facts = Facts()
    section = ""
    for line in path.read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif "/" in section and line:
            facts.messages.setdefault(section, set()).update(line.replace("Request:", "").replace("Response:", "").split())
        elif line and not line.startswith("#"):
            found = _LINE.match(line)
            parameters = None if found["parameters"] is None else [p.strip() for p in found["parameters"].split(",")]
            if section.startswith("class "):
                facts.classes.setdefault(section.removeprefix("class "), {})[found["name"]] = parameters
            else:
                facts.modules.setdefault(section, {})[found["name"]] = found["kind"] or parameters
    return facts


def complaints(source: str, facts: Facts, own: set[str]) -> list[str]:
    """One line for each import, keyword argument or message field that Humble does not have.

    own: names of functions that the project itself defines; a call of a method by such a name may be one of those.
    """
    tree = ast.parse(source)
    known, lines = _imports(tree, facts)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and known.get(node.value.id) in facts.modules:
            module = known[node.value.id]
            if node.attr not in facts.modules[module] and f"{module}.{node.attr}" not in facts.modules:
                lines.append(f"line {node.lineno}: {module}.{node.attr}")
        if isinstance(node, ast.Call):
            lines += _call(node, known, facts, own)
    return lines


def _imports(tree: ast.AST, facts: Facts) -> tuple[dict[str, str], list[str]]:
    """What each imported name stands for (a module, `module:name`, or a message), and what cannot be imported."""
    known: dict[str, str] = {}
    lines = []
    roots = {m.split(".")[0] for m in facts.modules}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] in roots:
                    known[alias.asname or alias.name] = alias.name
                    lines += [] if alias.name in facts.modules else [f"line {node.lineno}: module {alias.name}"]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                where, name = f"line {node.lineno}: {node.module}.{alias.name}", alias.asname or alias.name
                if MESSAGES.match(node.module) and not node.module.startswith(OURS):
                    known[name] = f"{node.module.replace('.', '/')}/{alias.name}"
                    lines += [] if known[name] in facts.messages else [where]
                elif node.module.split(".")[0] in roots:
                    known[name] = f"{node.module}:{alias.name}"
                    lines += [] if alias.name in facts.modules.get(node.module, {}) else [where]
    return known, lines


def _call(node: ast.Call, known: dict[str, str], facts: Facts, own: set[str]) -> list[str]:
    given = [k.arg for k in node.keywords if k.arg]
    called = node.func
    takes: list[list[str]] = []
    if isinstance(called, ast.Name):
        meant = known.get(called.id, "")
        module, _, name = meant.partition(":")
        fact = facts.modules.get(module, {}).get(name)
        if meant in facts.messages:
            takes = [sorted(facts.messages[meant])]
        elif isinstance(fact, list):
            takes = [fact]
        elif fact is not None:
            takes = [facts.classes[fact].get("") or []]
    elif isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and known.get(called.value.id) in facts.modules:
        fact = facts.modules[known[called.value.id]].get(called.attr)
        takes = [fact] if isinstance(fact, list) else []
    elif isinstance(called, ast.Attribute) and called.attr not in own:
        takes = facts.methods(called.attr)
    if not takes or any("**" in parameters for parameters in takes):
        return []
    may = {p for parameters in takes for p in parameters}
    return [f"line {node.lineno}: {ast.unparse(called)}({k}=...)" for k in given if k not in may]
