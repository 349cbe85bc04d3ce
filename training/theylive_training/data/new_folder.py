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

"""A folder that appears whole or not at all: made beside its place under another name, and renamed when it is done."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from theylive_training.errors import TrainingError


def refuse_used(out: Path) -> None:
    """Raise TrainingError unless `out` is new or an empty folder, in a folder where one may write."""
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise TrainingError(f"{out} is there already and is no folder: give another --out")
    try:
        if out.is_dir() and any(out.iterdir()):
            raise TrainingError(f"{out} is not empty: give a new folder as --out")
    except OSError as cause:
        raise _unusable(out, cause) from cause
    above = out.absolute().parent
    while not above.exists():
        above = above.parent
    if not (above.is_dir() and os.access(above, os.W_OK | os.X_OK)):
        raise TrainingError(f"{out} cannot be made (no writing in {above}): give a folder of your own as --out")


@contextlib.contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """Gives a folder to fill, which becomes `out` at the end; after an error it goes, and what a kill left goes at the next try.

    Raises TrainingError, also for OSError within (disk full).
    """
    refuse_used(out)
    part = out.absolute().with_name(f".{out.name}.part")
    try:
        handle = _take(part)
    except OSError as cause:
        raise _unusable(out, cause) from cause
    try:
        yield part
        os.rename(part, out.absolute())  # an empty folder in its place gives way
    except OSError as cause:
        raise _unusable(out, cause) from cause
    finally:
        if handle >= 0:
            shutil.rmtree(part, ignore_errors=True)  # not there any more where all went well
            os.close(handle)


def _take(part: Path) -> int:
    """Make the folder and lock it; its handle. Raises TrainingError where somebody else is at it."""
    part.parent.mkdir(parents=True, exist_ok=True)
    part.mkdir(exist_ok=True)
    handle = os.open(part, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for path in part.iterdir():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    except BlockingIOError:
        os.close(handle)
        raise TrainingError(f"{part} is being filled by another command: wait for it, or give another --out") from None
    except OSError:
        os.close(handle)
        raise
    return handle


def _unusable(out: Path, cause: OSError) -> TrainingError:
    return TrainingError(f"{out} cannot be written ({cause.strerror or cause}): make room, or give a folder of your own as --out")
