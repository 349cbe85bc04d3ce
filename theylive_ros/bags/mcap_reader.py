"""Reads one mcap file, also a damaged one: cut off because the recorder was killed, or with bytes that were changed since.

rosbags reads sound files only, and takes no notice of check sums.
"""

from __future__ import annotations

import heapq
import itertools
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

import lz4.frame
import zstandard

from theylive_ros.bags import mcap_format as mcap
from theylive_ros.bags.contents import Message, TopicFacts
from theylive_ros.bags.errors import BagError
from theylive_ros.bags.topic import parsed_qos

# Nothing in a recording is longer (bytes): a record that claims to be is where the damage begins.
_LONGEST = 1 << 31
_TAIL = mcap.RECORD.size + 20 + len(mcap.MAGIC)


class _Part(NamedTuple):
    """A record that holds messages or says what they are: its first log time (ns, 0: none), where its content begins, and its length.

    cut: the file ends before the record does.
    """

    first: int
    start: int
    length: int
    opcode: int
    cut: bool = False


class McapFile:
    """See `contents.DataFile`. A file without a summary is read once when it is opened, so that its messages are counted."""

    def __init__(self, path: Path) -> None:
        """Raises BagError when this is no mcap file at all, OSError."""
        self.name = path.name
        self.damage: list[str] = []
        self.topics: dict[str, TopicFacts] = {}
        self.first = self.last = 0
        self._schemas: dict[int, tuple[str, str]] = {}
        self._channels: dict[int, str] = {}
        self._file = path.open("rb")
        try:
            self._size = path.stat().st_size
            if self._file.read(len(mcap.MAGIC)) != mcap.MAGIC:
                raise BagError(f"{path} does not begin like an mcap file: nothing of it can be read")
            self._parts = self._read_summary()
            if not self._parts:
                self._parts = list(self._skim())
                self._count()
        except BaseException:
            self._file.close()
            raise

    def messages(self, topics: Collection[str], start: int) -> Iterator[Message]:
        """See `contents.DataFile`; by log time."""
        waiting: list[tuple[int, int, Message]] = []
        numbers = itertools.count()
        for part in sorted(self._parts):
            while waiting and waiting[0][0] < part.first:
                yield heapq.heappop(waiting)[2]
            for message in self._read(part):
                if message.stamp >= start and message.topic in topics:
                    heapq.heappush(waiting, (message.stamp, next(numbers), message))
        while waiting:
            yield heapq.heappop(waiting)[2]

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _read_summary(self) -> list[_Part]:
        """Take topics, counts and chunks from the end of the file; no chunks where it has no such end, or one that is not whole."""
        parts: list[_Part] = []
        try:
            self._file.seek(max(0, self._size - _TAIL))
            tail = mcap.Cursor(self._file.read(_TAIL))
            if mcap.RECORD.unpack(tail.bytes(mcap.RECORD.size)) != (mcap.FOOTER, 20):
                return []
            at, _, crc = tail.take("QQI")
            self._file.seek(at)
            summary = self._file.read(max(0, self._size - _TAIL - at)) if at else b""
            self._file.seek(self._size - _TAIL)
            if crc and zlib.crc32(summary + self._file.read(mcap.RECORD.size + 16)) != crc:
                return []
            counts: dict[int, int] = {}
            for opcode, content in _records(summary):
                cursor = mcap.Cursor(content)
                if opcode == mcap.CHUNK_INDEX:
                    first, _, offset, length = cursor.take("QQQQ")
                    head = mcap.RECORD.size
                    parts.append(_Part(first, offset + head, length - head, mcap.CHUNK))
                elif opcode == mcap.STATISTICS:
                    *_, self.first, self.last = cursor.take("QHIIIIQQ")
                    inner = mcap.Cursor(cursor.bytes(cursor.take("I")[0]))
                    while not inner.at_end:
                        number, count = inner.take("HQ")
                        counts[number] = count
                else:
                    self._take(opcode, content)
            for number, topic in self._channels.items() if parts else ():
                self._add(topic, counts.get(number, 0))
        except (OSError, ValueError):
            return []
        return parts

    def _skim(self) -> Iterator[_Part]:
        """Go from record to record, up to the first one that cannot be."""
        at = len(mcap.MAGIC)
        while at + mcap.RECORD.size <= self._size:
            self._file.seek(at)
            opcode, length = mcap.RECORD.unpack(self._file.read(mcap.RECORD.size))
            content = at + mcap.RECORD.size
            if opcode == mcap.DATA_END:
                return
            if not mcap.HEADER <= opcode <= mcap.DATA_END or length > _LONGEST:
                self.damage.append(f"{self.name}: broken from byte {at} on, {self._size - at} bytes are lost")
                return
            cut = content + length > self._size
            if opcode in (mcap.SCHEMA, mcap.CHANNEL, mcap.MESSAGE, mcap.CHUNK):
                yield _Part(self._first_of(opcode), content, length, opcode, cut)
            at = content + length
        self.damage.append(f"{self.name}: has no end: its recorder was cut short, or still writes")

    def _first_of(self, opcode: int) -> int:
        """The first log time of the chunk, or that of the message, whose content comes next."""
        if opcode == mcap.CHUNK:
            return int.from_bytes(self._file.read(8), "little")
        return int.from_bytes(self._file.read(14)[6:], "little") if opcode == mcap.MESSAGE else 0

    def _count(self) -> None:
        stamps = []
        for part in self._parts:
            for message in self._read(part):
                self._add(message.topic, 1)
                stamps.append(message.stamp)
        self.first, self.last = min(stamps, default=0), max(stamps, default=0)

    def _add(self, topic: str, count: int) -> None:
        facts = self.topics[topic]
        self.topics[topic] = TopicFacts(facts.type, facts.definition, facts.count + count, facts.qos)

    def _read(self, part: _Part) -> list[Message]:
        """The messages of a part. Damage is named; of a part that is cut off there is what comes before the cut."""
        found: list[Message] = []
        try:
            self._file.seek(part.start - mcap.RECORD.size)
            if mcap.RECORD.unpack(self._file.read(mcap.RECORD.size)) != (part.opcode, part.length):
                raise ValueError("it is not where the summary says")
            data = self._file.read(part.length)
            if part.opcode == mcap.CHUNK:
                for opcode, content in _records(_unpacked(data, part.cut)):
                    self._take(opcode, content, found)
            else:
                self._take(part.opcode, memoryview(data), found)
        except Exception as cause:  # decompressors raise errors of their own kinds
            if not part.cut:
                found.clear()
                self._name(part, cause)
        return found

    def _name(self, part: _Part, cause: Exception) -> None:
        what = "a chunk" if part.opcode == mcap.CHUNK else "a record"
        reason = " ".join(str(cause).split()) or type(cause).__name__
        line = f"{self.name}: {what} of {part.length} bytes at byte {part.start} is lost ({reason})"
        if line not in self.damage:
            self.damage.append(line)

    def _take(self, opcode: int, content: memoryview, found: list[Message] | None = None) -> None:
        cursor = mcap.Cursor(content)
        if opcode == mcap.SCHEMA:
            (number,) = cursor.take("H")
            name, _, definition = cursor.text(), cursor.text(), cursor.text()
            self._schemas[number] = name, definition
        elif opcode == mcap.CHANNEL:
            number, schema = cursor.take("HH")
            topic, _, facts = cursor.text(), cursor.text(), cursor.mapping()
            self._channels[number] = topic
            if topic not in self.topics:
                kind, definition = self._schemas.get(schema, ("", ""))
                self.topics[topic] = TopicFacts(kind, definition, 0, parsed_qos(facts.get("offered_qos_profiles", "")))
        elif opcode == mcap.MESSAGE and found is not None:
            number, _, stamp, _ = mcap.MESSAGE_HEAD.unpack(cursor.bytes(mcap.MESSAGE_HEAD.size))
            if number not in self._channels:
                raise ValueError(f"a message of channel {number}, which was not announced")
            found.append(Message(self._channels[number], stamp, bytes(cursor.rest())))


def _unpacked(chunk: bytes, cut: bool) -> bytes:
    """The records of a chunk; of one that is cut off, as many as there are. Raises ValueError, and the decompressors' own errors."""
    cursor = mcap.Cursor(chunk)
    _, _, size, crc = mcap.CHUNK_HEAD.unpack(cursor.bytes(mcap.CHUNK_HEAD.size))
    compression = cursor.text()
    (length,) = cursor.take("Q")
    stored = bytes(cursor.rest() if cut else cursor.bytes(length))
    if size > _LONGEST:
        raise ValueError(f"it claims to hold {size} bytes")
    if compression == "zstd":
        # piece by piece, so that the end may be missing
        stored = zstandard.ZstdDecompressor().decompressobj().decompress(stored)
    elif compression == "lz4":
        stored = lz4.frame.LZ4FrameDecompressor().decompress(stored)
    elif compression:
        raise ValueError(f"compression {compression!r} is not known")
    if cut:
        return stored
    if len(stored) != size:
        raise ValueError(f"it holds {len(stored)} bytes instead of {size}")
    if crc and zlib.crc32(stored) != crc:
        raise ValueError("its check sum is wrong")
    return stored


def _records(data: bytes) -> Iterator[tuple[int, memoryview]]:
    cursor = mcap.Cursor(data)
    while not cursor.at_end:
        opcode, length = mcap.RECORD.unpack(cursor.bytes(mcap.RECORD.size))
        yield opcode, cursor.bytes(length)
