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

"""What label files share: numbers without needless digits, names that stay in their folder, lines that can be shown to a person."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any


def plain(value: float, digits: int) -> str:
    """A number with at most `digits` after the point: 48 for 48.0001 where digits is 3."""
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def stays_inside(name: Any) -> bool:
    """Is it the name of a file within its folder (with /)? "../x.jpg" and "/x.jpg" are not."""
    if not isinstance(name, str) or not name or "\0" in name:
        return False
    path = PurePosixPath(name)
    return bool(path.name) and not path.is_absolute() and ".." not in path.parts


def shown(line: str) -> str:
    """The beginning of a line in quotes, in ASCII."""
    return ascii(line if len(line) <= 60 else line[:57] + "...")
