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

"""What there is to do: files that are missing or different, and the commands that make them count. Nothing is done here."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from pathlib import Path

from theylive_ros.board import texts
from theylive_ros.board.choices import GROUP, OTHER_GROUPS, Choices, SetupError, members

PARTS = ("group", "udev", "limits", "pwm", "service")
# States of a file: to be made, to be made anew, to be left; to be taken away, not there; somebody else's.
NEW, CHANGED, SAME, GOING, ABSENT, FOREIGN = "new", "changed", "as it is", "goes", "is not there", "not ours, stays"

_FILES = {
    "udev": ("/etc/udev/rules.d/99-theylive.rules",),
    "limits": ("/etc/security/limits.d/theylive.conf",),
    "pwm": ("/etc/udev/rules.d/99-theylive-pwm.rules", "/etc/systemd/system/theylive-pwm.service"),
    "service": ("/etc/systemd/system/theylive.service",),
}
_RELOAD_RULES = ("udevadm", "control", "--reload")
_RELOAD_UNITS = ("systemctl", "daemon-reload")


@dataclasses.dataclass(frozen=True)
class BoardFile:
    """path: on the board, absolute. text: what it is to hold; empty where it is to go. state: one of the above."""

    path: str
    text: str
    state: str


@dataclasses.dataclass(frozen=True)
class Plan:
    """Commands, files, commands, in this order. `changes`: whether there is anything to do at all."""

    before: tuple[tuple[str, ...], ...]
    files: tuple[BoardFile, ...]
    after: tuple[tuple[str, ...], ...]

    @property
    def changes(self) -> bool:
        """Whether anything is to do."""
        return bool(self.before or self.after) or any(f.state in (NEW, CHANGED, GOING) for f in self.files)


def to_apply(choices: Choices, parts: Collection[str] = PARTS, enable: bool = False) -> Plan:
    """What sets the board up. enable: start the stack now and at each boot. SetupError for a file of that name that is not ours."""
    wanted = {
        "udev": (texts.udev_rules(),),
        "limits": (texts.limits(),),
        "pwm": (texts.pwm_rules(), texts.pwm_unit(choices.pwm)) if choices.pwm else (),
        "service": (texts.stack_unit(choices),),
    }
    files = [_to_write(choices.root, path, text) for part in PARTS if part in parts for path, text in _paired(part, wanted)]
    touched = {f.path for f in files if f.state != SAME}
    rules = [path for path in touched if path.endswith(".rules")]
    pwm = "pwm" in parts and choices.pwm is not None and bool(touched & set(_FILES["pwm"]))
    after = [
        *([_RELOAD_RULES, *_triggers(rules)] if rules else []),
        *([_RELOAD_UNITS] if any(path.endswith(".service") for path in touched) else []),
        *([("systemctl", "enable", "theylive-pwm.service"), ("systemctl", "restart", "theylive-pwm.service")] if pwm else []),
        *([("systemctl", "enable", "--now", "theylive.service")] if enable and "service" in parts else []),
    ]
    return Plan(tuple(_joining(choices)) if "group" in parts else (), tuple(files), tuple(after))


def to_remove(root: Path, parts: Collection[str] = PARTS) -> Plan:
    """What takes it away again. Files that are not ours stay; so does the membership in the distribution's groups."""
    files = [_to_delete(root, path) for part in PARTS if part in parts for path in _FILES.get(part, ())]
    going = {f.path for f in files if f.state == GOING}
    units = sorted((Path(path).name for path in going if path.endswith(".service")), reverse=True)  # the stack before its channels
    rules = [path for path in going if path.endswith(".rules")]
    after = [
        *([_RELOAD_RULES, *_triggers(rules)] if rules else []),
        *([_RELOAD_UNITS] if units else []),
        *([("groupdel", GROUP)] if "group" in parts and members(root, GROUP) is not None else []),
    ]
    return Plan(tuple(("systemctl", "disable", "--now", unit) for unit in units), tuple(files), tuple(after))


def _paired(part: str, wanted: dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    return list(zip(_FILES.get(part, ()), wanted.get(part, ()), strict=False))


def _to_write(root: Path, path: str, text: str) -> BoardFile:
    there = _read(root, path)
    if there is None:
        return BoardFile(path, text, NEW)
    if texts.MARK not in there:
        raise SetupError(f"{path} is there and was not written by this command: move it away, or leave its part out with --only")
    return BoardFile(path, text, SAME if there == text else CHANGED)


def _to_delete(root: Path, path: str) -> BoardFile:
    there = _read(root, path)
    return BoardFile(path, "", ABSENT if there is None else GOING if texts.MARK in there else FOREIGN)


def _joining(choices: Choices) -> list[tuple[str, ...]]:
    """Make the group, and make the user a member of it and of the others that exist, as far as it is not so yet."""
    commands: list[tuple[str, ...]] = []
    if members(choices.root, GROUP) is None:
        commands.append(("groupadd", "--system", GROUP))
    there = {name: members(choices.root, name) for name in OTHER_GROUPS}
    lacks = [GROUP] if choices.user not in (members(choices.root, GROUP) or ()) else []
    lacks += [name for name, users in there.items() if users is not None and choices.user not in users]
    if lacks:
        commands.append(("usermod", "--append", "--groups", ",".join(lacks), choices.user))
    return commands


def _triggers(rules: Collection[str]) -> list[tuple[str, ...]]:
    """Let the rules count for what is plugged in already."""
    systems = {"usb", "gpio"} if any("pwm" not in path for path in rules) else set()
    systems |= {"pwm"} if any("pwm" in path for path in rules) else set()
    return [("udevadm", "trigger", *(f"--subsystem-match={name}" for name in sorted(systems)))]


def _read(root: Path, path: str) -> str | None:
    try:
        return (root / path.lstrip("/")).read_text(errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SetupError(f"{path} cannot be read: {error.strerror}; run as root") from error
