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

"""Carries a plan out: writes and deletes files, runs commands."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from theylive_ros.board.choices import SetupError
from theylive_ros.board.plan import CHANGED, GOING, NEW, Plan

_TIMEOUT = 60.0  # s for a command

Run = Callable[[Sequence[str]], str]


def carry_out(plan: Plan, root: Path, run: Run | None) -> list[str]:
    """Do it all; a command that fails does not keep the rest from being done. What failed, a line each.

    root: where the board's file system is mounted. run: does a command and returns why it failed, or nothing; None: commands are left out.
    """
    failed = [trouble for command in plan.before if run is not None and (trouble := run(command))]
    for file in plan.files:
        path = root / file.path.lstrip("/")
        try:
            if file.state in (NEW, CHANGED):
                _write(path, file.text)
            elif file.state == GOING:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise SetupError(
                f"{file.path} cannot be changed: {error.strerror}; run as root, on a file system that can be written"
            ) from error
    return failed + [trouble for command in plan.after if run is not None and (trouble := run(command))]


def run_command(command: Sequence[str]) -> str:
    """Run it; why it failed, or nothing."""
    words = " ".join(command)
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
    except FileNotFoundError:
        return f"`{words}`: this machine has no {command[0]}"
    except subprocess.TimeoutExpired:
        return f"`{words}`: no end within {_TIMEOUT:g} s"
    if done.returncode == 0:
        return ""
    said = (done.stderr or done.stdout).strip().splitlines()
    return f"`{words}`: {said[-1] if said else f'exit status {done.returncode}'}"


def _write(path: Path, text: str) -> None:
    """Whole or not at all, readable by everybody."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")  # udev and systemd look at names that end as they know them
    try:
        new.write_text(text)
        new.chmod(0o644)
        os.replace(new, path)
    except OSError:
        new.unlink(missing_ok=True)
        raise
