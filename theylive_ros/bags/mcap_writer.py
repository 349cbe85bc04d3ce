"""Writes one MCAP file as rosbag2 does: chunks with their indexes, QoS and type hash at each channel, a summary at the end.

rosbags has a writer too; it leaves the QoS out of the channels and knows no split, which is why this one is here.
"""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import zstandard

from theylive_ros.bags import mcap_format as mcap
from theylive_ros.bags.topic import Topic

# A chunk is written when it is this big (bytes), or at `flush`: what a killed recorder loses.
_CHUNK_SIZE = 1 << 20
_LIBRARY = "theylive_ros"


class McapWriter:
    """One file. `add_topic`, `write`, `flush` now and then, `close` once."""

    SUFFIX = ".mcap"

    def __init__(self, path: Path, compress: bool) -> None:
        """compress: with zstd, chunk by chunk. Raises OSError, also from everything below."""
        self._file = path.open("xb")
        self._compress = zstandard.ZstdCompressor(level=1).compress if compress else None
        self._compression = "zstd" if compress else ""
        self._schemas: dict[str, int] = {}
        self._summary: dict[int, list[bytes]] = {mcap.SCHEMA: [], mcap.CHANNEL: [], mcap.CHUNK_INDEX: []}
        self._counts: dict[int, int] = {}
        self._first, self._last = _NEVER
        self._file.write(mcap.MAGIC + mcap.record(mcap.HEADER, mcap.text("ros2") + mcap.text(_LIBRARY)))
        self._start_chunk()

    def add_topic(self, number: int, topic: Topic) -> None:
        """Announce a topic; `number` is how `write` names it."""
        if topic.type not in self._schemas:
            self._schemas[topic.type] = len(self._schemas) + 1
            head = struct.pack("<H", self._schemas[topic.type])
            self._announce(mcap.SCHEMA, head + mcap.text(topic.type) + mcap.text("ros2msg") + mcap.text(topic.definition.text))
        facts = {"offered_qos_profiles": topic.qos_text, "topic_type_hash": topic.definition.digest}
        head = struct.pack("<HH", number, self._schemas[topic.type])
        self._announce(mcap.CHANNEL, head + mcap.text(topic.name) + mcap.text("cdr") + mcap.mapping(facts))
        self._counts[number] = 0

    def write(self, number: int, stamp: int, data: bytes) -> None:
        """Add a message, received at `stamp` (ns)."""
        self._index.setdefault(number, []).append((stamp, self._chunk.tell()))
        head = mcap.MESSAGE_HEAD.pack(number, self._counts[number] & 0xFFFFFFFF, stamp, stamp)
        self._chunk.write(mcap.RECORD.pack(mcap.MESSAGE, len(head) + len(data)))
        self._chunk.write(head)
        self._chunk.write(data)
        self._counts[number] += 1
        self._chunk_first, self._chunk_last = min(self._chunk_first, stamp), max(self._chunk_last, stamp)
        if self._chunk.tell() >= _CHUNK_SIZE:
            self._end_chunk()

    def flush(self) -> None:
        """Hand all that was written to the system, so that it outlives this process."""
        self._end_chunk()
        self._file.flush()

    @property
    def size(self) -> int:
        """Bytes so far, before compression of those that still wait."""
        return self._file.tell() + self._chunk.tell()

    def close(self, metadata: str) -> None:
        """Write the summary and close. metadata: rosbag2's, of this file."""
        try:
            self._end_chunk()
            self._finish(metadata)
        finally:
            self._file.close()

    def _announce(self, opcode: int, content: bytes) -> None:
        whole = mcap.record(opcode, content)
        self._chunk.write(whole)
        self._summary[opcode].append(whole)

    def _start_chunk(self) -> None:
        self._chunk = io.BytesIO()
        self._index: dict[int, list[tuple[int, int]]] = {}
        self._chunk_first, self._chunk_last = _NEVER

    def _end_chunk(self) -> None:
        records = self._chunk.getvalue()
        if not records:
            return
        empty = not self._index
        first, last = (0, 0) if empty else (self._chunk_first, self._chunk_last)
        if not empty:
            self._first, self._last = min(self._first, first), max(self._last, last)
        stored = self._compress(records) if self._compress else records
        body = mcap.CHUNK_HEAD.pack(first, last, len(records), zlib.crc32(records))
        body += mcap.text(self._compression) + struct.pack("<Q", len(stored)) + stored
        start = self._file.tell()
        self._file.write(mcap.record(mcap.CHUNK, body))
        length = self._file.tell() - start
        offsets = b""
        for number, entries in self._index.items():
            offsets += struct.pack("<HQ", number, self._file.tell())
            listed = b"".join(struct.pack("<QQ", *entry) for entry in entries)
            self._file.write(mcap.record(mcap.MESSAGE_INDEX, struct.pack("<HI", number, len(listed)) + listed))
        indexes = self._file.tell() - start - length
        body = struct.pack("<QQQQI", first, last, start, length, len(offsets)) + offsets + struct.pack("<Q", indexes)
        body += mcap.text(self._compression) + struct.pack("<QQ", len(stored), len(records))
        self._summary[mcap.CHUNK_INDEX].append(mcap.record(mcap.CHUNK_INDEX, body))
        self._start_chunk()

    def _finish(self, metadata: str) -> None:
        start = self._file.tell()
        told = mcap.record(mcap.METADATA, mcap.text("rosbag2") + mcap.mapping({"serialized_metadata": metadata}))
        self._file.write(told)
        self._file.write(mcap.record(mcap.DATA_END, struct.pack("<I", 0)))
        index = mcap.record(mcap.METADATA_INDEX, struct.pack("<QQ", start, len(told)) + mcap.text("rosbag2"))
        groups = {**self._summary, mcap.STATISTICS: [mcap.record(mcap.STATISTICS, self._statistics())], mcap.METADATA_INDEX: [index]}
        summary_start = at = self._file.tell()
        summary, pointers = b"", b""
        for opcode, records in groups.items():
            group = b"".join(records)
            if group:
                pointers += mcap.record(mcap.SUMMARY_OFFSET, struct.pack("<BQQ", opcode, at, len(group)))
            summary, at = summary + group, at + len(group)
        summary += pointers
        # the check sum covers the footer up to itself
        footer = mcap.RECORD.pack(mcap.FOOTER, 20) + struct.pack("<QQ", summary_start, at)
        self._file.write(summary + footer + struct.pack("<I", zlib.crc32(summary + footer)) + mcap.MAGIC)

    def _statistics(self) -> bytes:
        total = sum(self._counts.values())
        counts = b"".join(struct.pack("<HQ", number, n) for number, n in self._counts.items())
        first, last = (self._first, self._last) if total else (0, 0)
        head = struct.pack(
            "<QHIIIIQQ", total, len(self._schemas), len(self._counts), 0, 1, len(self._summary[mcap.CHUNK_INDEX]), first, last
        )
        return head + struct.pack("<I", len(counts)) + counts


_NEVER = (2**63 - 1, 0)
