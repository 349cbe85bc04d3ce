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

"""Unpacks folders of a .tar.gz that somebody else made: only plain files, only below the place that is given."""

from __future__ import annotations

import gzip
import shutil
import tarfile
import zlib
from collections.abc import Collection
from pathlib import Path, PurePosixPath

from theylive_training.errors import TrainingError

_MOST_BYTES = 1 << 30
_MOST_FILES = 100_000
_BLOCK = 1 << 20


def unpack(archive: Path, wanted: Collection[str], folder: Path) -> int:
    """Write the files below the folders `wanted` (of the archive's one top folder) into `folder`; how many files.

    Raises TrainingError for what is no whole .tar.gz, and for one with links, devices, or names that lead elsewhere; OSError.
    """
    try:
        with gzip.open(archive) as stream:
            with tarfile.open(fileobj=stream, mode="r|") as tar:
                count = _members(tar, wanted, folder)
            while stream.read(_BLOCK):
                pass  # to its end, where the checksum is
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as cause:
        raise TrainingError(f"what came is no whole .tar.gz archive ({cause}): give the command again, or another --url") from cause
    return count


def _members(tar: tarfile.TarFile, wanted: Collection[str], folder: Path) -> int:
    size = count = 0
    for number, member in enumerate(tar, 1):
        path = PurePosixPath(member.name)
        if path.is_absolute() or ".." in path.parts or "\\" in member.name:
            raise TrainingError(
                f"the archive holds {member.name!r:.80}, which leads out of its folder: do not trust it, give another --url"
            )
        if not (member.isfile() or member.isdir()):
            raise TrainingError(f"the archive holds {member.name!r:.80}, which is no plain file: do not trust it, give another --url")
        size += member.size
        if size > _MOST_BYTES or number > _MOST_FILES:
            raise TrainingError(f"the archive holds more than {_MOST_BYTES >> 20} MiB or {_MOST_FILES} files: give another --url")
        source = tar.extractfile(member) if member.isfile() and len(path.parts) > 2 and path.parts[1] in wanted else None
        if source is not None:
            target = folder.joinpath(*path.parts[1:])
            target.parent.mkdir(parents=True, exist_ok=True)
            with source, open(target, "xb") as file:  # "x": a name that comes twice is refused
                shutil.copyfileobj(source, file)
            count += 1
    return count
