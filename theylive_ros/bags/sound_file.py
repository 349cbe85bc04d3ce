"""A data file as rosbags reads it: mcap or sqlite3, of any version, or a whole recording whose files are compressed as files."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from rosbags.interfaces import ConnectionExtRosbag2
from rosbags.rosbag2 import Reader

from theylive_ros.bags.contents import Message, TopicFacts


class SoundFile:
    """See `contents.DataFile`. Raises whatever rosbags raises on a damaged file: of any class."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.damage: list[str] = []
        self._reader = Reader(path)
        self._reader.open()
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
            # one earlier: its test of a chunk's last stamp is a little too sharp
            for connection, stamp, data in self._reader.messages(chosen, start=start - 1 if start > 0 else None):
                if stamp >= start:
                    yield Message(connection.topic, stamp, data)

    def close(self) -> None:
        """Close the file."""
        self._reader.close()
