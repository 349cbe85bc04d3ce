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

"""The folder that captured pictures go to: safe against crashes, against a full disk, and against a second capture at once."""

from __future__ import annotations

import dataclasses
import errno
import fcntl
import hashlib
import os
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from theylive_training.capture import labels
from theylive_training.capture.labels import CLASSES, Label, Row
from theylive_training.errors import TrainingError
from theylive_training.whole_file import sync_folder, write_new

LABELS_FILE = "labels.csv"
_PICTURES = {".jpg", ".jpeg", ".png"}
_MOST_NAMED = 5
# A picture that is being saved has this name too, with the number of its rows, until they are on the disk.
_PART = ".capture_saving_{name}_{rows}.part"
_PARTS = re.compile(r"\.capture_saving_(?P<name>.+)_(?P<rows>\d+)\.part")


@dataclasses.dataclass(frozen=True)
class Entry:
    """A picture that was saved: its name, its rows, where they begin in the label file (bytes), and the file's SHA-256."""

    name: str
    rows: bytes
    start: int
    digest: str


class Album:
    """A folder with labels.csv, locked while open. A picture is on the disk before its rows, and its rows are written at once."""

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        """Make the folder where it is not there, lock it and mend what a crash left; `say` is told of each thing. Raises TrainingError."""
        check(folder)
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as cause:
            raise _unusable(folder, cause) from cause
        try:
            self._lock()
            self._mend(say)
        except BaseException:
            os.close(self._handle)
            raise

    @property
    def counts(self) -> dict[str, int]:
        """Heads of each class, and pictures of the empty board, in the whole folder."""
        return {name: self._counts[i] for i, name in enumerate(CLASSES)}

    def add(self, picture: bytes, labels_: Sequence[Label], when: float) -> Entry:
        """Save a JPEG file and its rows. when: of capture (s since 1970). Raises TrainingError, and leaves the folder as it was then."""
        try:
            name, part = self._write_picture(picture, when, len(labels_))
        except OSError as cause:
            raise TrainingError(f"no picture can be written to {self.folder} ({cause.strerror}): make room, or mend its rights") from cause
        rows = "".join(Row(name, label.x, label.y, label.class_id).line() for label in labels_).encode()
        try:
            start = self._append(rows)
        except OSError as cause:
            (self.folder / name).unlink(missing_ok=True)
            raise TrainingError(f"{self._csv} cannot be written ({cause.strerror}): make room, or mend its rights") from cause
        finally:
            part.unlink(missing_ok=True)
        self._names.add(name)
        self._counts.update(label.class_id for label in labels_)
        return Entry(name, rows, start, hashlib.sha256(picture).hexdigest())

    def take_back(self, entry: Entry) -> None:
        """Remove a picture and its rows. Raises TrainingError where it is not the last, or somebody changed it: then nothing is removed."""
        path = self.folder / entry.name
        try:
            if hashlib.sha256(path.read_bytes()).hexdigest() != entry.digest:
                raise TrainingError(f"{entry.name} was changed since it was saved, so it stays")
            with open(self._csv, "r+b") as file:
                file.seek(entry.start)
                if file.read() != entry.rows:
                    raise TrainingError(f"{LABELS_FILE} was changed since {entry.name} was saved, so both stay as they are")
                # Rows first: a crash in between leaves a picture without a row, never a row without a picture.
                file.truncate(entry.start)
                os.fsync(file.fileno())
            path.unlink()
            sync_folder(self.folder)
        except OSError as cause:
            raise TrainingError(f"{entry.name} cannot be taken back ({cause.strerror}): look into {self.folder}") from cause
        self._names.discard(entry.name)
        self._counts.subtract(row.class_id for row in labels.parse(entry.rows, LABELS_FILE).rows)

    def close(self) -> None:
        """Unlock the folder."""
        if self._handle >= 0:
            os.close(self._handle)
        self._handle = -1

    @property
    def _csv(self) -> Path:
        return self.folder / LABELS_FILE

    def _lock(self) -> None:
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as cause:
            raise TrainingError(f"another capture is writing to {self.folder}: end it, or give another folder as --out") from cause
        except OSError as cause:
            raise TrainingError(f"{self.folder} cannot be locked ({cause.strerror}): give a folder on a disk of this machine") from cause

    def _mend(self, say: Callable[[str], None]) -> None:
        table = _read(self._csv)
        try:
            parts = {p: match for p in self.folder.iterdir() if (match := _PARTS.fullmatch(p.name))}
            cure = labels.mend(table, {match["name"]: int(match["rows"]) for match in parts.values()})
            if cure is not None:
                with open(self._csv, "r+b") as file:
                    file.truncate(cure.keep)
                    file.seek(cure.keep)
                    file.write(cure.add)
                    file.flush()
                    os.fsync(file.fileno())
                say(f"{self._csv}: {cure.words}")
                table = _read(self._csv)
            for part, match in parts.items():
                if not (self.folder / match["name"]).exists():
                    say("a picture was being written when a capture ended: it is lost")
                part.unlink()
            pictures = self._pictures()
        except OSError as cause:
            raise _unusable(self.folder, cause) from cause
        self._names = table.names
        self._counts: Counter[int] = Counter(row.class_id for row in table.rows)
        orphans, missing = sorted(pictures - self._names), sorted(self._names - pictures)
        if orphans:
            say(f"{_count(orphans, 'picture')} without a row in {LABELS_FILE}, kept: {_some(orphans)}")
        if missing:
            say(f"{_count(missing, 'name')} in {LABELS_FILE} without a picture, kept: {_some(missing)}")

    def _pictures(self) -> set[str]:
        return {p.name for p in self.folder.iterdir() if p.suffix.lower() in _PICTURES and not p.name.startswith(".")}

    def _write_picture(self, picture: bytes, when: float, rows: int) -> tuple[str, Path]:
        """Under the second of its capture; where that is taken, with its millisecond, or the next one that is free.

        Its name and, until its rows are written, its other name.
        """
        second = f"capture_{time.strftime('%Y%m%d_%H%M%S', time.localtime(when))}"
        first = int(when % 1 * 1000)
        names = [f"{second}.jpg", *(f"{second}_{ms:03d}.jpg" for ms in (*range(first, 1000), *range(first)))]
        for name in names:
            if name in self._names:
                continue  # of a picture that somebody removed: its rows are not this one's
            part = self.folder / _PART.format(name=name, rows=rows)
            try:
                write_new(self.folder / name, picture, part)
            except FileExistsError:
                continue
            return name, part
        raise TrainingError(f"a thousand pictures of {second} are in {self.folder}: mend the clock, or give another folder as --out")

    def _append(self, rows: bytes) -> int:
        """Add rows at the end, in one write; where they begin."""
        is_new = not self._csv.exists()
        handle = os.open(self._csv, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            start = os.fstat(handle).st_size
            try:
                if os.write(handle, rows) != len(rows):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(handle)
            except OSError:
                os.ftruncate(handle, start)
                raise
        finally:
            os.close(handle)
        if is_new:
            sync_folder(self.folder)
        return start


def check(folder: Path) -> None:
    """Raise TrainingError where `folder` cannot become an album; changes nothing."""
    above = folder
    while not above.exists() and above != above.parent:
        above = above.parent
    if not above.is_dir():
        raise TrainingError(f"{above} is not a folder: give another one as --out")
    if not os.access(above, os.W_OK | os.X_OK):
        raise TrainingError(f"you may not write to {above}: give a folder of your own as --out")
    if folder.is_dir():
        _read(folder / LABELS_FILE)


def _read(csv: Path) -> labels.Table:
    try:
        data = csv.read_bytes()
    except FileNotFoundError:
        data = b""
    except OSError as cause:
        raise TrainingError(f"{csv} cannot be read ({cause.strerror}): mend it, or give another folder as --out") from cause
    return labels.parse(data, str(csv))


def _unusable(folder: Path, cause: OSError) -> TrainingError:
    return TrainingError(f"{folder} cannot be used ({cause.strerror}): give a folder of your own as --out")


def _count(names: Sequence[str], what: str) -> str:
    return f"{len(names)} {what}{'' if len(names) == 1 else 's'}"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
