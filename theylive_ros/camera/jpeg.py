"""JPEG files as cameras send them."""

from __future__ import annotations

_START = b"\xff\xd8\xff"
_END = b"\xff\xd9"


def complete(data: bytes) -> bytes | None:
    """The JPEG file in `data` without what some drivers pad it with (zeros after the end); None if it is none, or cut short."""
    end = data.rfind(_END)
    return data[: end + len(_END)] if end > 0 and data.startswith(_START) else None
