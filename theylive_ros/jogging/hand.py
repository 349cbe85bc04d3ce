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

"""Jogging by keys: what each does. Pure."""

from __future__ import annotations

import dataclasses

from theylive_ros.jogging.outline import Limits, Steps

HELP = "arrows move   [ ] smaller, larger steps   space light   0 back to where it began   q end"
STRIDES = (1, 2, 4, 8, 16, 32)
_ARROWS = {"up": (0, -1), "down": (0, 1), "right": (1, 0), "left": (-1, 0)}
_ESCAPES = {b"[A": "up", b"[B": "down", b"[C": "right", b"[D": "left", b"OA": "up", b"OB": "down", b"OC": "right", b"OD": "left"}


@dataclasses.dataclass(frozen=True)
class Hand:
    """What the keys pressed so far come to.

    begun: where the axes were at first, steps: where they are to be (microsteps). signs: of microsteps that move the spot right and down.
    stride: microsteps a key press. ended: `q` was pressed. words: what the last key came to, where that is not plain.
    """

    begun: Steps
    limits: Limits
    steps: Steps
    signs: Steps = (1, 1)
    stride: int = 4
    light: bool = False
    ended: bool = False
    words: str = ""

    def press(self, key: str) -> Hand:
        """After a key: `up`, `down`, `left`, `right` as the spot moves, or a character."""
        here = dataclasses.replace(self, words="")
        if key in _ARROWS:
            return here._moved(*_ARROWS[key])
        if key in "[]":
            place = STRIDES.index(self.stride) + (1 if key == "]" else -1)
            return dataclasses.replace(here, stride=STRIDES[min(max(place, 0), len(STRIDES) - 1)])
        if key == " ":
            return dataclasses.replace(here, light=not self.light)
        if key == "0":
            return dataclasses.replace(here, steps=self.begun)
        if key in ("q", "\x03", "\x04"):
            return dataclasses.replace(here, ended=True, light=False)
        return dataclasses.replace(here, words=HELP)

    def _moved(self, dx: int, dy: int) -> Hand:
        to = (self.steps[0] + dx * self.signs[0] * self.stride, self.steps[1] + dy * self.signs[1] * self.stride)
        (low_x, high_x), (low_y, high_y) = self.limits
        kept = (min(max(to[0], low_x), high_x), min(max(to[1], low_y), high_y))
        return dataclasses.replace(self, steps=kept, words="soft limit" if kept != to else "")


def decode(data: bytes) -> list[str]:
    """The keys in what a terminal sent; other keys' long names are left out."""
    keys = []
    while data:
        if data[:1] == b"\x1b" and data[1:3] in _ESCAPES:
            keys.append(_ESCAPES[data[1:3]])
            data = data[3:]
        elif data[:1] == b"\x1b":
            data = b""  # some other key's long name; the next read begins anew
        else:
            keys.append(chr(data[0]))
            data = data[1:]
    return keys
