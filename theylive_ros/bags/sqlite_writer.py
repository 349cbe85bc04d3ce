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

"""Writes one sqlite3 file with the tables of rosbag2 (schema 4: Humble finds all that it looks for, newer ones the types as well)."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from theylive_ros.bags.topic import Topic

_TABLES = """
CREATE TABLE schema(schema_version INTEGER PRIMARY KEY, ros_distro TEXT NOT NULL);
CREATE TABLE metadata(id INTEGER PRIMARY KEY, metadata_version INTEGER NOT NULL, metadata TEXT NOT NULL);
CREATE TABLE topics(id INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL, serialization_format TEXT NOT NULL,
                    offered_qos_profiles TEXT NOT NULL, type_description_hash TEXT NOT NULL);
CREATE TABLE message_definitions(id INTEGER PRIMARY KEY, topic_type TEXT NOT NULL, encoding TEXT NOT NULL,
                                 encoded_message_definition TEXT NOT NULL, type_description_hash TEXT NOT NULL);
CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER NOT NULL, timestamp INTEGER NOT NULL, data BLOB NOT NULL);
CREATE INDEX timestamp_idx ON messages (timestamp ASC);
"""
_SCHEMA = 4


class SqliteWriter:
    """One file. Made, used and closed by one thread, as sqlite3 wants it."""

    SUFFIX = ".db3"

    def __init__(self, path: Path, version: int, distro: str) -> None:
        """version: of rosbag2's metadata. Raises sqlite3.Error, also from everything below."""
        path.touch(exist_ok=False)
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._version = version
        self._types: set[str] = set()
        self._size = 0
        # A killed process leaves a file that is whole up to the last flush; only a power cut may cost more.
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(_TABLES)
        self._connection.execute("INSERT INTO schema VALUES (?, ?)", (_SCHEMA, distro))
        self._connection.execute("BEGIN")

    def add_topic(self, number: int, topic: Topic) -> None:
        """Announce a topic; `number` is how `write` names it."""
        if topic.type not in self._types:
            self._types.add(topic.type)
            row = (topic.type, "ros2msg", topic.definition.text, topic.definition.digest)
            self._connection.execute("INSERT INTO message_definitions VALUES (NULL, ?, ?, ?, ?)", row)
        row = (number, topic.name, topic.type, "cdr", topic.qos_text, topic.definition.digest)
        self._connection.execute("INSERT INTO topics VALUES (?, ?, ?, ?, ?, ?)", row)

    def write(self, number: int, stamp: int, data: bytes) -> None:
        """Add a message, received at `stamp` (ns)."""
        self._connection.execute("INSERT INTO messages VALUES (NULL, ?, ?, ?)", (number, stamp, data))
        self._size += len(data) + 32

    def flush(self) -> None:
        """Hand all that was written to the system, so that it outlives this process."""
        self._connection.execute("COMMIT")
        self._connection.execute("BEGIN")

    @property
    def size(self) -> int:
        """Bytes so far, about."""
        return self._size

    def close(self, metadata: str) -> None:
        """Commit and close. metadata: rosbag2's, of this file."""
        try:
            self._connection.execute("INSERT INTO metadata VALUES (NULL, ?, ?)", (self._version, metadata))
            self._connection.execute("COMMIT")
        finally:
            self._connection.close()
