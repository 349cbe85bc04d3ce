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

"""Reads one sqlite3 file of rosbag2, of any schema, also a damaged one: where a page is broken it goes on behind it."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from pathlib import Path

from theylive_ros.bags.contents import Message, TopicFacts
from theylive_ros.bags.errors import BagError
from theylive_ros.bags.topic import parsed_qos

# Beyond the number of any message.
_NO_END = 1 << 40


class SqliteFile:
    """See `contents.DataFile`. Used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Raises BagError when not even its topics can be read."""
        self.name = path.name
        self.damage: list[str] = []
        self._connection = sqlite3.connect(_address(path), uri=True, check_same_thread=False)
        try:
            self._names, self.topics = self._read_topics()
            self._count()
        except sqlite3.Error as cause:
            self._connection.close()
            raise BagError(f"its topics cannot be read ({cause})") from cause
        except BaseException:
            self._connection.close()
            raise

    def messages(self, topics: Collection[str], start: int) -> Iterator[Message]:
        """See `contents.DataFile`; in the order in which they were written."""
        numbers = [number for number, name in self._names.items() if name in topics]
        for number, stamp, data in self._rows("data", numbers, start):
            if isinstance(data, bytes):
                yield Message(self._names[number], stamp, data)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _read_topics(self) -> tuple[dict[int, str], dict[str, TopicFacts]]:
        columns = {row[1] for row in self._connection.execute("PRAGMA table_info(topics)")}
        if not {"id", "name", "type"} <= columns:
            raise BagError("it has no table of topics")
        qos = "offered_qos_profiles" if "offered_qos_profiles" in columns else "''"
        definitions = {}
        if self._connection.execute("PRAGMA table_info(message_definitions)").fetchall():  # from Iron on
            definitions = dict(self._connection.execute("SELECT topic_type, encoded_message_definition FROM message_definitions"))
        texts = "typeof(name) = 'text' AND typeof(type) = 'text'"
        names, topics = {}, {}
        for number, name, kind, offered in self._connection.execute(f"SELECT id, name, type, {qos} FROM topics WHERE {texts}"):
            names[number] = name
            topics[name] = TopicFacts(kind, definitions.get(kind, ""), 0, parsed_qos(offered))
        return names, topics

    def _count(self) -> None:
        counts: dict[int, int] = {}
        first, last = 2**63 - 1, 0
        for number, stamp, _ in self._rows("0", list(self._names), 0):
            counts[number] = counts.get(number, 0) + 1
            first, last = min(first, stamp), max(last, stamp)
        self.first, self.last = (first, last) if counts else (0, 0)
        for number, name in self._names.items():
            facts = self.topics[name]
            self.topics[name] = TopicFacts(facts.type, facts.definition, facts.count + counts.get(number, 0), facts.qos)

    def _rows(self, column: str, numbers: list[int], start: int) -> Iterator[tuple[int, int, bytes]]:
        """Topic, log time and a column of the messages of some topics."""
        where = f"id > ? AND timestamp >= ? AND typeof(timestamp) = 'integer' AND topic_id IN ({','.join('?' * len(numbers))})"
        query = f"SELECT id, topic_id, timestamp, {column} FROM messages WHERE {where} ORDER BY id"

        at, step = 0, 1
        end = self._last_row()
        while at < end:
            try:
                for row, number, stamp, data in self._connection.execute(query, (at, start, *numbers)):
                    at, step = row, 1
                    yield number, stamp, data
                return
            except sqlite3.Error as cause:
                line = f"{self.name}: messages from number {at + 1} on are lost ({cause})"
                if step == 1 and line not in self.damage:
                    self.damage.append(line)
                at, step = at + step, 2 * step

    def _last_row(self) -> int:
        try:
            return self._connection.execute("SELECT MAX(id) FROM messages").fetchone()[0] or 0
        except sqlite3.Error:
            return _NO_END


def _address(path: Path) -> str:
    """As a file that nobody changes, unless its recorder has left a journal: that is played back, as sqlite3 does whenever it may."""
    address = path.resolve().as_uri()
    if any(path.with_name(path.name + ending).exists() for ending in ("-journal", "-wal")):
        return f"{address}?mode=rw"
    return f"{address}?mode=ro&immutable=1"
