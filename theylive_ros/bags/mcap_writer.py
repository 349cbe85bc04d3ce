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

"""Writes one MCAP file as rosbag2 does: QoS and type hash at each channel, the bag's metadata in front of the summary.

rosbags has a writer too; it leaves the QoS out of the channels and knows no split, which is why the library of MCAP's makers writes.
"""

from __future__ import annotations

from pathlib import Path

from mcap.writer import CompressionType, Writer

from theylive_ros.bags.topic import Topic

# A chunk is written when it is this big (bytes), or at `flush`: what a killed recorder loses.
_CHUNK_SIZE = 1 << 20
# Of a message beside its data (bytes).
_OVERHEAD = 31
_LIBRARY = "theylive_ros"


class McapWriter:
    """One file. `add_topic`, `write`, `flush` now and then, `close` once."""

    SUFFIX = ".mcap"

    def __init__(self, path: Path, compress: bool) -> None:
        """compress: with zstd, chunk by chunk. Raises OSError, also from everything below."""
        self._file = path.open("xb")
        compression = CompressionType.ZSTD if compress else CompressionType.NONE
        self._writer = Writer(self._file, chunk_size=_CHUNK_SIZE, compression=compression)
        self._schemas: dict[str, int] = {}
        self._channels: dict[int, int] = {}
        self._waiting = 0
        self._whole = True
        self._writer.start("ros2", _LIBRARY)

    def add_topic(self, number: int, topic: Topic) -> None:
        """Announce a topic; `number` is how `write` names it."""
        if topic.type not in self._schemas:
            self._schemas[topic.type] = self._writer.register_schema(topic.type, "ros2msg", topic.definition.text.encode())
        facts = {"offered_qos_profiles": topic.qos_text, "topic_type_hash": topic.definition.digest}
        self._channels[number] = self._writer.register_channel(topic.name, "cdr", self._schemas[topic.type], facts)

    def write(self, number: int, stamp: int, data: bytes) -> None:
        """Add a message, received at `stamp` (ns)."""
        before = self._file.tell()
        self._whole = False
        self._writer.add_message(self._channels[number], stamp, data, stamp)
        self._whole = True
        self._waiting = self._waiting + len(data) + _OVERHEAD if self._file.tell() == before else 0

    def flush(self) -> None:
        """Hand all that was written to the system, so that it outlives this process."""
        self._whole = False
        self._writer.flush()
        self._whole = True
        self._waiting = 0

    @property
    def size(self) -> int:
        """Bytes so far, before compression of those that still wait."""
        return self._file.tell() + self._waiting

    def close(self, metadata: str) -> None:
        """Write the summary and close. metadata: rosbag2's, of this file. Raises OSError also when `write` or `flush` did before."""
        with self._file:
            if not self._whole:
                raise OSError("a part of it is lost")  # which a summary would list and count
            self._writer.flush()
            self._writer.add_metadata("rosbag2", {"serialized_metadata": metadata})
            self._writer.finish()
