"""New files that are there whole or not at all, and that never take the place of another."""

from __future__ import annotations

import errno
import os
from pathlib import Path

_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)


def write_new(path: Path, data: bytes, part: Path) -> None:
    """Write `data` to a new file and onto the disk, under the name `part` in the same folder first.

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
