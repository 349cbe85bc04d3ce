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

"""What the owner of a board decides about its setting up."""

from __future__ import annotations

import dataclasses
import grp
import os
import pwd
import re
from collections.abc import Mapping
from pathlib import Path

GROUP = "theylive"
# Groups that own what a distribution gives to groups already: cameras, serial ports. Joined where they exist.
OTHER_GROUPS = ("video", "dialout")


class SetupError(Exception):
    """The board cannot be set up so; one line with the cause and the cure."""


@dataclasses.dataclass(frozen=True)
class Pwm:
    """Channels of a PWM chip (its name below /sys/class/pwm) that are to be there after each boot."""

    chip: str
    channels: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Choices:
    """user: who runs the stack. program: the command `theylive`. sources: shell files that give ROS its environment, in order.
    arguments: of `theylive run`. pwm: None where no STEP wire is on a PWM. root: where the board's file system is mounted."""

    user: str
    program: tuple[str, ...]
    sources: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    pwm: Pwm | None = None
    root: Path = Path("/")


def parse_pwm(words: str) -> Pwm:
    """`CHIP:N,N...`, e.g. pwmchip0:3,4. Raises SetupError."""
    match = re.fullmatch(r"(pwmchip\d+):(\d+(?:,\d+)*)", words)
    if match is None:
        raise SetupError(f"{words!r} names no PWM channels: say it as pwmchip0:3,4")
    return Pwm(match[1], tuple(sorted({int(n) for n in match[2].split(",")})))


def sourced(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The shell files that have given this environment its ROS, in the order in which they are to be sourced: installations, then
    workspaces. Both leave their prefixes behind, the last one first."""
    prefixes = [p for name in ("AMENT_PREFIX_PATH", "COLCON_PREFIX_PATH") for p in reversed(environ.get(name, "").split(os.pathsep)) if p]
    files = (os.path.join(prefix, "setup.bash") for prefix in prefixes)
    return tuple(dict.fromkeys(file for file in files if os.path.isfile(file)))


def members(root: Path, group: str) -> frozenset[str] | None:
    """Users of a group, None where there is no such group. Read from the board's own files where it is mounted elsewhere."""
    if root == Path("/"):
        try:
            found = grp.getgrnam(group)
        except KeyError:
            return None
        return frozenset(found.gr_mem) | {u.pw_name for u in pwd.getpwall() if u.pw_gid == found.gr_gid}
    for name, _, _, users in _rows(root / "etc/group", 4):
        if name == group:
            return frozenset(filter(None, users.split(",")))
    return None


def user_exists(root: Path, user: str) -> bool:
    """Whether the board knows a user of this name."""
    if root == Path("/"):
        try:
            pwd.getpwnam(user)
        except KeyError:
            return False
        return True
    return any(row[0] == user for row in _rows(root / "etc/passwd", 7))


def _rows(path: Path, columns: int) -> list[list[str]]:
    """The rows of a file of the kind of /etc/passwd; empty where there is none."""
    try:
        rows = [line.split(":") for line in path.read_text(errors="replace").splitlines()]
    except OSError:
        return []
    return [row for row in rows if len(row) == columns]
