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

"""The file of a page: written whole or not at all, and over nothing but a page of ours."""

from __future__ import annotations

import os
from pathlib import Path

from theylive_training.errors import TrainingError
from theylive_training.whole_file import write_whole

MARK = '<meta name="generator" content="theylive-train report">'
_HEAD = 2000  # bytes within which it stands


def refuse(path: Path, replace: bool) -> None:
    """Raise TrainingError for a file that cannot or must not be written. replace: a page of ours may go."""
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise TrainingError(f"{path} cannot be written: give --out a file in a folder that is there")
    if path.suffix.lower() not in (".html", ".htm"):
        raise TrainingError(f"{path} does not end in .html: name the page so")
    if not os.access(path.absolute().parent, os.W_OK | os.X_OK):
        raise TrainingError(f"{path} cannot be written (Permission denied): give --out a file in a folder of your own")
    if not path.exists():
        return
    if not _is_ours(path):
        raise TrainingError(f"{path} is there and is no report of ours: give --out another name")
    if not replace:
        raise TrainingError(f"{path} is there already: give --replace to write it anew, or --out another name")


def write(path: Path, page: str) -> None:
    """Raises TrainingError."""
    write_whole(path, lambda file: file.write(page.encode()), "give --out a file in a folder of your own")


def _is_ours(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return MARK.encode() in file.read(_HEAD)
    except OSError:
        return False
