"""The record structure of MCAP files (https://mcap.dev/spec): what writing and salvaging share. Little endian, lengths in front."""

from __future__ import annotations

import struct

MAGIC = b"\x89MCAP0\r\n"
HEADER, FOOTER, SCHEMA, CHANNEL, MESSAGE, CHUNK, MESSAGE_INDEX, CHUNK_INDEX = range(1, 9)
STATISTICS, METADATA, METADATA_INDEX, SUMMARY_OFFSET, DATA_END = 0x0B, 0x0C, 0x0D, 0x0E, 0x0F

RECORD = struct.Struct("<BQ")
"""Opcode and length of what follows."""
MESSAGE_HEAD = struct.Struct("<HIQQ")
"""Channel, sequence, log time (ns), publish time (ns); the payload follows."""
CHUNK_HEAD = struct.Struct("<QQQI")
"""First and last log time (ns), size and CRC-32 of the records; compression, size and the records themselves follow."""


def record(opcode: int, content: bytes) -> bytes:
    """A whole record."""
    return RECORD.pack(opcode, len(content)) + content


def text(value: str) -> bytes:
    """A string with its length."""
    data = value.encode()
    return struct.pack("<I", len(data)) + data


def mapping(values: dict[str, str]) -> bytes:
    """A map of strings with its length in bytes."""
    data = b"".join(text(key) + text(value) for key, value in values.items())
    return struct.pack("<I", len(data)) + data


class Cursor:
    """Reads values one after another. Raises ValueError where there is less than is wanted."""

    def __init__(self, data: bytes | memoryview) -> None:
        self._data = memoryview(data)
        self._at = 0

    def take(self, layout: str) -> tuple[int, ...]:
        """Numbers, by a struct layout without its byte order."""
        return struct.unpack("<" + layout, self.bytes(struct.calcsize("<" + layout)))

    def bytes(self, length: int) -> memoryview:
        """The next `length` bytes."""
        part = self._data[self._at : self._at + length]
        if len(part) < length:
            raise ValueError("the record is cut off")
        self._at += length
        return part

    def text(self) -> str:
        """The next string."""
        return str(self.bytes(self.take("I")[0]), "utf-8")

    def mapping(self) -> dict[str, str]:
        """The next map of strings."""
        inner = Cursor(self.bytes(self.take("I")[0]))
        values = {}
        while not inner.at_end:
            key = inner.text()
            values[key] = inner.text()
        return values

    def rest(self) -> memoryview:
        """All that is left."""
        return self.bytes(len(self._data) - self._at)

    @property
    def at_end(self) -> bool:
        """Nothing is left."""
        return self._at >= len(self._data)
