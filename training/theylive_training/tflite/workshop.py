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

"""Where files are made before they are shown: a folder beside their place, from which they move whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from theylive_training.errors import TrainingError

_PREFIX = ".making-"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO)


@contextlib.contextmanager
def workshop(place: Path) -> Iterator[Path]:
    """A folder within `place` that goes at the end; those left by processes that were killed go first.

    Raises TrainingError where nothing can be written, then and later.
    """
    for left in place.glob(f"{_PREFIX}*"):
        if not _runs(left.name[len(_PREFIX) :].partition("-")[0]):
            shutil.rmtree(left, ignore_errors=True)
    try:
        folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=place.resolve()))
    except OSError as cause:
        raise TrainingError(f"{place} cannot be written ({cause.strerror}): make room, or copy it to a folder of your own") from cause
    try:
        yield folder
    except OSError as cause:
        if cause.errno not in _NO_ROOM:
            raise
        raise TrainingError(f"{place} cannot be written ({cause.strerror}): make room and give the command again") from cause
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def show(model: Path, place: Path) -> None:
    """Move a finished model and its manifest (.json) from the workshop to `place`, in place of what is there."""
    for path in (model, model.with_suffix(".json")):
        os.replace(path, place / path.name)


def _runs(process: str) -> bool:
    return process.isdigit() and Path("/proc", process).exists()
