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
