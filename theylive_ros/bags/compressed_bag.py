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

"""A recording that rosbag2 compressed, file by file or message by message, as rosbags reads it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from rosbags.interfaces import ConnectionExtRosbag2
from rosbags.rosbag2 import Reader

from theylive_ros.bags.contents import Message, TopicFacts
from theylive_ros.bags.errors import BagError


class CompressedBag:
    """See `contents.DataFile`: all files as one. Damaged ones are not read."""

    def __init__(self, path: Path) -> None:
        """path: the folder. Raises BagError."""
        self.name = path.name
        self.damage: list[str] = []
        try:
            self._reader = Reader(path)
            self._reader.open()
        except Exception as cause:  # whatever rosbags' reading of wrong bytes leads to
            reason = " ".join(str(cause).split()) or type(cause).__name__
            raise BagError(f"{path} is compressed, and cannot be read ({reason})") from cause
        self.topics: dict[str, TopicFacts] = {}
        for c in self._reader.connections:
            qos = tuple(c.ext.offered_qos_profiles) if isinstance(c.ext, ConnectionExtRosbag2) else ()
            before = self.topics.get(c.topic)
            self.topics[c.topic] = TopicFacts(c.msgtype, c.msgdef.data, c.msgcount + (before.count if before else 0), qos)
        empty = not self._reader.message_count
        self.first = 0 if empty else self._reader.start_time
        self.last = 0 if empty else self._reader.end_time - 1

    def messages(self, topics: Collection[str], start: int) -> Iterator[Message]:
        """See `contents.DataFile`."""
        chosen = [c for c in self._reader.connections if c.topic in topics]
        if chosen:
            try:
                # one earlier: its test of a chunk's last stamp is a little too sharp
                for connection, stamp, data in self._reader.messages(chosen, start=start - 1 if start > 0 else None):
                    if stamp >= start:
                        yield Message(connection.topic, stamp, bytes(data))
            except Exception as cause:  # as above
                self.damage.append(f"{self.name}: the rest is lost ({' '.join(str(cause).split()) or type(cause).__name__})")

    def close(self) -> None:
        """Close the file."""
        self._reader.close()
