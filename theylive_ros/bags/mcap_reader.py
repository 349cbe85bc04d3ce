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

"""Reads one mcap file, also a damaged one: cut off because the recorder was killed, or with bytes that were changed since.

The records are read by the library of MCAP's makers. Its readers of whole files end at the first wrong byte, go by lengths that a
record tells inside of itself, leave out a record that is cut off, and take a summary for right: so the way from record to record, what is
left of a cut chunk, and the check sum of the summary are here.
"""

from __future__ import annotations

import heapq
import itertools
import struct
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import lz4.frame
import zstandard
from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.reader import FOOTER_SIZE, SeekingReader
from mcap.records import Channel, Chunk, Footer, McapRecord, Schema
from mcap.records import Message as Said
from mcap.stream_reader import MAGIC_SIZE, StreamReader, breakup_chunk

from theylive_ros.bags.contents import Message, TopicFacts
from theylive_ros.bags.errors import BagError
from theylive_ros.bags.topic import parsed_qos

# Nothing in a recording is longer (bytes): a record that claims to be is where the damage begins.
_LONGEST = 1 << 31
_NEVER = 2**63 - 1, 0
_HEAD = struct.Struct("<BQ")
"""Opcode of a record and the length of what follows."""
_OPCODES = {opcode.value for opcode in Opcode}
# Those that hold messages or say what they are.
_TELLING = (Opcode.SCHEMA, Opcode.CHANNEL, Opcode.MESSAGE, Opcode.CHUNK)
# As much as there is, although the end is missing.
_UNPACKED: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "zstd": lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data),
    "lz4": lambda data: lz4.frame.LZ4FrameDecompressor().decompress(data),
}


class _Part(NamedTuple):
    """A record in the file: the first log time (ns) of its messages, where it begins, its length with its head, its opcode."""

    first: int
    start: int
    length: int
    opcode: int


class McapFile:
    """See `contents.DataFile`. A file without a summary is read once when it is opened, so that its messages are counted."""

    def __init__(self, path: Path) -> None:
        """Raises BagError when this is no mcap file at all, OSError."""
        self.name = path.name
        self.damage: list[str] = []
        self.topics: dict[str, TopicFacts] = {}
        self.first = self.last = 0
        self._schemas: dict[int, Schema] = {}
        self._channels: dict[int, Channel] = {}
        self._parts: list[_Part] = []
        self._told = 0  # messages, by the summary
        self._file = path.open("rb")
        try:
            self._size = path.stat().st_size
            try:
                reader = SeekingReader(self._file)
            except (McapError, struct.error) as cause:
                raise BagError("it does not begin like an mcap file") from cause
            if not self._take_summary(reader):
                self._read_through()
        except BaseException:
            self._file.close()
            raise

    def messages(self, topics: Collection[str], start: int) -> Iterator[Message]:
        """See `contents.DataFile`; by log time."""
        waiting: list[tuple[int, int, Message]] = []
        numbers = itertools.count()
        read = 0
        for part in sorted(self._parts):
            while waiting and waiting[0][0] < part.first:
                yield heapq.heappop(waiting)[2]
            found = self._read(part)
            read += len(found)
            for message in found:
                if message.stamp >= start and message.topic in topics:
                    heapq.heappush(waiting, (message.stamp, next(numbers), message))
        while waiting:
            yield heapq.heappop(waiting)[2]
        if read < self._told and not self.damage:  # in a file without check sums
            self.damage.append(f"{self.name}: {self._told - read} messages of {self._told} are lost")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _take_summary(self, reader: SeekingReader) -> bool:
        """Take topics, counts and chunks from the end of the file; False where it has no such end, or one that is not whole."""
        try:
            summary = reader.get_summary() if self._has_sound_summary() else None
        except Exception:  # from OSError to whatever reading of wrong bytes leads to
            return False
        counted = summary and summary.statistics
        if summary is None or counted is None or len(summary.chunk_indexes) != counted.chunk_count:
            return False
        if counted.message_count and not counted.chunk_count:  # messages that are in no chunk have no index
            return False
        self._take(itertools.chain(summary.schemas.values(), summary.channels.values()))
        self.first, self.last, self._told = counted.message_start_time, counted.message_end_time, counted.message_count
        for number, channel in summary.channels.items():
            self._add(channel.topic, counted.channel_message_counts.get(number, 0))
        self._parts = [_Part(c.message_start_time, c.chunk_start_offset, c.chunk_length, Opcode.CHUNK) for c in summary.chunk_indexes]
        return True

    def _has_sound_summary(self) -> bool:
        """By its check sum, which covers all from its start to the check sum itself; the library does not ask for it."""
        end = self._size - MAGIC_SIZE
        self._file.seek(end - FOOTER_SIZE)
        footer = next(StreamReader(BytesIO(self._file.read(FOOTER_SIZE)), skip_magic=True).records)
        if not isinstance(footer, Footer):
            return False
        self._file.seek(footer.summary_start)
        return footer.summary_crc in (0, zlib.crc32(self._file.read(max(0, end - 4 - footer.summary_start))))

    def _read_through(self) -> None:
        """Find the parts and count their messages."""
        self.first, self.last = _NEVER
        for part in self._walk():
            found = self._read(part)
            for message in found:
                self._add(message.topic, 1)
            if found:
                first, last = min(m.stamp for m in found), max(m.stamp for m in found)
                self.first, self.last = min(self.first, first), max(self.last, last)
                self._parts.append(part._replace(first=first))
        if not self._parts:
            self.first = self.last = 0

    def _walk(self) -> Iterator[_Part]:
        """Go from record to record, up to the first one that cannot be."""
        at = MAGIC_SIZE
        while at + _HEAD.size <= self._size:
            self._file.seek(at)
            opcode, length = _HEAD.unpack(self._file.read(_HEAD.size))
            if opcode == Opcode.DATA_END:
                return
            if opcode not in _OPCODES or length > _LONGEST:
                self.damage.append(f"{self.name}: broken from byte {at} on, {self._size - at} bytes are lost")
                return
            if opcode in _TELLING:
                yield _Part(0, at, _HEAD.size + length, opcode)
            at += _HEAD.size + length
        self.damage.append(f"{self.name}: has no end: its recorder was cut short, or still writes")

    def _add(self, topic: str, count: int) -> None:
        facts = self.topics[topic]
        self.topics[topic] = TopicFacts(facts.type, facts.definition, facts.count + count, facts.qos)

    def _read(self, part: _Part) -> list[Message]:
        """The messages of a part. Damage is named; of a part that is cut off there is what comes before the cut."""
        found: list[Message] = []
        cut = part.start + part.length > self._size
        try:
            self._file.seek(part.start)
            data = self._file.read(part.length)
            self._take(_left_of(data) if cut else _records(data, part), found)
        except Exception as cause:  # decompressors raise errors of their own kinds
            if not cut:
                found.clear()
                self._name(part, cause)
        return found

    def _name(self, part: _Part, cause: Exception) -> None:
        what = "a chunk" if part.opcode == Opcode.CHUNK else "a record"
        reason = " ".join(str(cause).split()) or type(cause).__name__
        line = f"{self.name}: {what} of {part.length} bytes at byte {part.start} is lost ({reason})"
        if line not in self.damage:
            self.damage.append(line)

    def _take(self, records: Iterable[McapRecord], found: list[Message] | None = None) -> None:
        for record in records:
            if isinstance(record, Schema):
                self._schemas.setdefault(record.id, record)
            elif isinstance(record, Channel):
                self._channels.setdefault(record.id, record)
                if record.topic not in self.topics:
                    schema = self._schemas.get(record.schema_id)
                    kind, definition = (schema.name, schema.data.decode(errors="replace")) if schema else ("", "")
                    qos = parsed_qos(record.metadata.get("offered_qos_profiles", ""))
                    self.topics[record.topic] = TopicFacts(kind, definition, 0, qos)
            elif isinstance(record, Said) and found is not None:
                if record.channel_id not in self._channels:
                    raise ValueError(f"a message of channel {record.channel_id}, which was not announced")
                found.append(Message(self._channels[record.channel_id].topic, record.log_time, record.data))


def _records(data: bytes, part: _Part) -> list[McapRecord]:
    """What is in a whole part. Raises ValueError, McapError, and the decompressors' own errors."""
    if _HEAD.unpack(data[: _HEAD.size]) != (part.opcode, part.length - _HEAD.size):
        raise ValueError("it is not where the summary says")
    record = next(StreamReader(BytesIO(data), skip_magic=True, emit_chunks=True).records)
    if not isinstance(record, Chunk):
        return [record]
    if record.uncompressed_size > _LONGEST:
        raise ValueError(f"it claims to hold {record.uncompressed_size} bytes")
    return breakup_chunk(record, validate_crc=True)


def _left_of(data: bytes) -> Iterator[McapRecord]:
    """What is in a part that is cut off, one after another: nothing, unless it is a chunk. Raises EndOfFile at the cut."""
    if data[0] == Opcode.CHUNK:
        chunk = Chunk.read(ReadDataStream(BytesIO(data[_HEAD.size :])))
        yield from StreamReader(BytesIO(_UNPACKED[chunk.compression](chunk.data)), skip_magic=True).records
