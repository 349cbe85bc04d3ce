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

"""JPEG files as cameras send them."""

from __future__ import annotations

_START = b"\xff\xd8\xff"
_END = b"\xff\xd9"
_SCAN = 0xDA
# Start of frame 0 to 15 holds the size; three codes among them mean something else.
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


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


def size(data: bytes) -> tuple[int, int] | None:
    """Width and height (px) that a JPEG file names in its head; None if it is none."""
    at = 2
    while data.startswith(_START) and at + 9 <= len(data) and data[at] == 0xFF and data[at + 1] != _SCAN:
        if data[at + 1] in _FRAMES:
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None
