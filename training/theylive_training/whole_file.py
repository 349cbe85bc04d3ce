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

"""Files that are there whole or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from theylive_training.errors import TrainingError

_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)


def write_whole(path: Path, write: Callable[[BinaryIO], object], cure: str) -> None:
    """Put a file in the place of what is at `path`, and onto the disk. write: fills it; cure: what a person should do where that fails.

    Raises TrainingError, and what `write` raises; `path` is as it was then.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with part.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException as cause:
        part.unlink(missing_ok=True)
        if isinstance(cause, OSError):
            raise TrainingError(f"{path} cannot be written ({cause.strerror or cause}): {cure}") from cause
        raise


def write_new(path: Path, data: bytes, part: Path) -> None:
    """Write `data` to a new file, which never takes the place of another, and onto the disk; under the name `part` beside it first.

    `part` stays as a second name of the file, where the file system knows such: remove it when all is done. Raises FileExistsError
    where there is a file at `path` already, and OSError; there is no `part` then.
    """
    try:
        with open(part, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _name(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Have the folder's list of names on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _name(part: Path, path: Path) -> None:
    """Give the finished file its name, unless somebody has it."""
    try:
        os.link(part, path)
    except OSError as cause:
        if cause.errno not in _NO_LINKS:
            raise
        # A file system without links, such as a memory card's: the name is taken first, then the file put in its place.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        os.replace(part, path)
