"""JPEG files as cameras send them."""

from __future__ import annotations

_START = b"\xff\xd8\xff"
_END = b"\xff\xd9"
_SCAN = 0xDA


def complete(data: bytes) -> bytes | None:
    """The JPEG file at the start of `data`, without what follows it; None if there is none, or it is cut short.

    Drivers pad a frame with zeros, or leave the tail of an older one behind it.
    """
    at = 2
    while data.startswith(_START) and at + 4 <= len(data) and data[at] == 0xFF:
        if data[at + 1] == _SCAN:
            # Within a scan a 0xff is always followed by 0x00 or a restart marker, so this end is the end.
            end = data.find(_END, at)
            return data[: end + len(_END)] if end > 0 else None
        # Any other segment, which may hold a thumbnail with an end of its own: its length stands in its head.
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None
