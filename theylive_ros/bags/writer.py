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

"""Writes a recording: a folder with one data file after another and rosbag2's metadata.yaml, read by Humble and everything newer."""

from __future__ import annotations

import dataclasses
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from theylive_ros.bags.errors import BagError
from theylive_ros.bags.mcap_writer import McapWriter
from theylive_ros.bags.sqlite_writer import SqliteWriter
from theylive_ros.bags.topic import Topic

STORAGES = ("mcap", "sqlite3")
# Of the metadata. The newest whose fields Humble still reads: it looks at nothing that came after 5, and 9 writes the QoS otherwise.
_VERSION = 8


@dataclasses.dataclass(frozen=True)
class Storage:
    """How messages are stored.

    kind: mcap or sqlite3. compress: with zstd (mcap alone). max_size: bytes (0: any), max_duration: s (0: any) of one file.
    """

    kind: str = "mcap"
    compress: bool = False
    max_size: int = 0
    max_duration: float = 0.0


class BagWriter:
    """A recording in the making. All calls from one thread; `close` once, or killed: what was flushed can be read again."""

    def __init__(self, folder: Path, storage: Storage | None = None, custom: dict[str, str] | None = None) -> None:
        """folder: must not exist. custom: told in the metadata; may change until `close`. Raises BagError, as everything below does."""
        self._folder, self._storage = folder, storage or Storage()
        self._custom = {} if custom is None else custom
        if self._storage.kind not in STORAGES:
            raise BagError(f"no storage {self._storage.kind!r}; there are: {', '.join(STORAGES)}")
        try:
            folder.name.encode()
        except UnicodeEncodeError as cause:
            raise BagError(f"{str(folder)!r} cannot stand in the metadata, which is UTF-8: choose another name") from cause
        if self._storage.compress and self._storage.kind != "mcap":
            raise BagError("only mcap files are compressed: choose mcap, or no compression")
        self._distro = os.environ.get("ROS_DISTRO", "unknown")
        self._topics: list[Topic] = []
        self._files: list[_File] = []
        try:
            folder.mkdir(parents=True)
        except FileExistsError as cause:
            raise BagError(f"{folder} is already there: choose another name, nothing is overwritten") from cause
        except OSError as cause:
            raise BagError(f"folder {folder} cannot be made ({cause.strerror}): choose a place that you may write to") from cause
        with self._trouble():
            self._open()

    def add_topic(self, topic: Topic) -> int:
        """Announce a topic; the number is how `write` names it."""
        self._topics.append(topic)
        number = len(self._topics)
        with self._trouble():
            self._data.add_topic(number, topic)
        return number

    def write(self, number: int, stamp: int, data: bytes) -> None:
        """Add a message, received at `stamp` (ns)."""
        file, storage = self._files[-1], self._storage
        if file.counts and (
            (storage.max_size and self._data.size >= storage.max_size)
            or (storage.max_duration and stamp - file.first >= storage.max_duration * 1e9)
        ):
            self._split()
            file = self._files[-1]
        with self._trouble():
            self._data.write(number, stamp, data)
        file.add(number, stamp)

    def flush(self) -> None:
        """Hand all that was written to the system. To be called about once a second: that much is lost when the process is killed."""
        with self._trouble():
            self._data.flush()

    def close(self) -> None:
        """Finish the last file and the metadata."""
        with self._trouble():
            self._data.close(_dump(self._facts(self._files[-1:])))
            self._write_metadata()

    @property
    def messages(self) -> int:
        """How many were written."""
        return sum(file.messages for file in self._files)

    @property
    def size(self) -> int:
        """Bytes of all files, about."""
        return sum(file.size for file in self._files[:-1]) + self._data.size

    def _split(self) -> None:
        with self._trouble():
            self._files[-1].size = self._data.size
            self._data.close(_dump(self._facts(self._files[-1:])))
            self._write_metadata()  # so that all readers find what is finished, whatever comes
            self._open()
            for number, topic in enumerate(self._topics, 1):
                self._data.add_topic(number, topic)

    def _open(self) -> None:
        kind = McapWriter if self._storage.kind == "mcap" else SqliteWriter
        path = self._folder / f"{self._folder.name}_{len(self._files)}{kind.SUFFIX}"
        self._data: McapWriter | SqliteWriter
        if kind is McapWriter:
            self._data = McapWriter(path, self._storage.compress)
        else:
            self._data = SqliteWriter(path, _VERSION, self._distro)
        self._files.append(_File(path.name))

    def _write_metadata(self) -> None:
        temporary = self._folder / ".metadata.yaml"
        temporary.write_text(_dump({"rosbag2_bagfile_information": self._facts(self._files)}), encoding="utf-8")
        temporary.replace(self._folder / "metadata.yaml")

    def _facts(self, files: list[_File]) -> dict[str, Any]:
        filled = [file for file in files if file.messages]
        first = min((file.first for file in filled), default=0)
        last = max((file.last for file in filled), default=0)
        return {
            "version": _VERSION,
            "storage_identifier": self._storage.kind,
            "duration": {"nanoseconds": last - first},
            "starting_time": {"nanoseconds_since_epoch": first},
            "message_count": sum(file.messages for file in files),
            "topics_with_message_count": [
                {
                    "topic_metadata": {
                        "name": topic.name,
                        "type": topic.type,
                        "serialization_format": "cdr",
                        "offered_qos_profiles": topic.qos_text,
                        "type_description_hash": topic.definition.digest,
                    },
                    "message_count": sum(file.counts.get(number, 0) for file in files),
                }
                for number, topic in enumerate(self._topics, 1)
            ],
            "compression_format": "",
            "compression_mode": "",
            "relative_file_paths": [file.name for file in files],
            "files": [
                {
                    "path": file.name,
                    "starting_time": {"nanoseconds_since_epoch": file.first if file.messages else 0},
                    "duration": {"nanoseconds": file.last - file.first if file.messages else 0},
                    "message_count": file.messages,
                }
                for file in files
            ],
            "custom_data": self._custom,
            "ros_distro": self._distro,
        }

    @contextmanager
    def _trouble(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error) as cause:
            reason = getattr(cause, "strerror", None) or cause
            raise BagError(f"{self._folder} cannot be written ({reason}): make room, or choose another place") from cause


@dataclasses.dataclass
class _File:
    """What is in one data file: messages by topic, first and last log time (ns), bytes."""

    name: str
    counts: dict[int, int] = dataclasses.field(default_factory=dict)
    first: int = 2**63 - 1
    last: int = 0
    size: int = 0

    @property
    def messages(self) -> int:
        return sum(self.counts.values())

    def add(self, number: int, stamp: int) -> None:
        self.counts[number] = self.counts.get(number, 0) + 1
        self.first, self.last = min(self.first, stamp), max(self.last, stamp)


def _dump(facts: dict[str, Any]) -> str:
    return yaml.safe_dump(facts, sort_keys=False, allow_unicode=True)
