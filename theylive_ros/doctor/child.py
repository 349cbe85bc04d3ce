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

"""Runs a line of Python in a process of its own: a package that crashes on import must not take the doctor with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

_TIMEOUT = 60.0  # s; a small board imports OpenCV from a slow card


def ask(code: str) -> tuple[bool, str]:
    """Whether `code` ran to its end, and the last line that it printed, or the last line of its error."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    try:
        # From "/", because `python -c` finds modules in its working directory first.
        child = subprocess.run(
            [sys.executable, "-c", code], env=environment, cwd="/", capture_output=True, text=True, timeout=_TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        return False, f"no answer within {_TIMEOUT:g} s"
    if child.returncode < 0:
        return False, f"crashes ({signal.Signals(-child.returncode).name})"
    said = (child.stdout if child.returncode == 0 else child.stderr).strip().splitlines()
    return child.returncode == 0, said[-1].strip() if said else f"exit status {child.returncode}"
