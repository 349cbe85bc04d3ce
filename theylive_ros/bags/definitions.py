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

"""Message types as they are installed on this machine: the text and hash that a recording carries along."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from theylive_ros.bags.errors import BagError
from theylive_ros.bags.topic import Definition

_INTEGERS = {f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)}
_PRIMITIVES = {"bool", "byte", "char", "float32", "float64", "string", "wstring", *_INTEGERS}
# A field or constant: its type without an array's brackets or a string's bound, then its name.
_LINE = re.compile(r"^\s*(?P<type>[A-Za-z]\w*(?:/\w+)*)\s*(?:<=\d+)?(?:\[[^\]]*\])?\s+\w+")
_RULE = "=" * 80


def installed_folder(package: str) -> Path:
    """The folder of an installed ROS package's shared files. Raises BagError."""
    try:
        from ament_index_python.packages import get_package_share_directory

        return Path(get_package_share_directory(package))
    except (ImportError, LookupError, OSError, ValueError) as cause:
        raise BagError(f"ROS package {package} is not installed here: install it, or leave out its topics") from cause


class Definitions:
    """Finds the definitions of message types, each once."""

    def __init__(self, folder_of: Callable[[str], Path] = installed_folder) -> None:
        """folder_of: from a package's name to its share folder."""
        self._folder_of = folder_of
        self._texts: dict[str, str] = {}
        self._known: dict[str, Definition] = {}

    def find(self, name: str) -> Definition:
        """The definition of `pkg/msg/Name`. Raises BagError for a type whose .msg file is not there."""
        if name not in self._known:
            needed = [name]
            for other in needed:  # grows while it is walked
                needed += [n for n in self._needed_by(other) if n not in needed]
            first, *others = needed
            text = "".join([self._text(first), *(f"\n{_RULE}\nMSG: {_short(o)}\n{self._text(o)}" for o in others)])
            store = get_typestore(Stores.EMPTY)
            try:
                store.register(get_types_from_msg(text, name))
                digest = store.hash_rihs01(name)
            except Exception as cause:  # a grammar's own errors, and those of what it builds
                raise BagError(f"message type {name} cannot be understood ({type(cause).__name__}): leave its topics out") from cause
            self._known[name] = Definition(text, digest)
        return self._known[name]

    def _text(self, name: str) -> str:
        if name not in self._texts:
            package, kind, short = _parts(name)
            path = self._folder_of(package) / kind / f"{short}.msg"
            try:
                self._texts[name] = path.read_text(encoding="utf-8")
            except OSError as cause:
                raise BagError(f"message type {name} has no file {path}: leave its topics out") from cause
        return self._texts[name]

    def _needed_by(self, name: str) -> list[str]:
        package = _parts(name)[0]
        found = []
        for line in self._text(name).splitlines():
            match = _LINE.match(line.split("#")[0])
            if match and match["type"] not in _PRIMITIVES:
                words = match["type"].split("/")
                found.append(f"{words[0] if len(words) > 1 else package}/msg/{words[-1]}")
        return found


def _parts(name: str) -> tuple[str, str, str]:
    words = name.split("/")
    if len(words) != 3:
        raise BagError(f"{name!r} is no message type: one looks like std_msgs/msg/Header")
    return words[0], words[1], words[2]


def _short(name: str) -> str:
    package, _, short = _parts(name)
    return f"{package}/{short}"
