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

"""Numbers and names as the page writes them. What is not known is an en dash."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

NONE = "\N{EN DASH}"
_MADE_OF = {
    "real": "real pictures, in other light",
    "real_moved": "real pictures, scaled and shifted",
    "board": "the empty board",
    "composed": "real heads on real boards",
    "mixed": "drawn and real heads, drawn and real boards",
    "simulated": "the simulator's scenes",
    "drawn_board": "drawn empty boards",
}
_SEEN_AS = {"frame": "whole frames at 0.7", "far": "whole frames, from further away"}
_LIMITS = {
    "map50_95_drop": "mAP50-95 lost",
    "accuracy_drop": "accuracy lost",
    "johns_called_aliens_more": "Johns called aliens, more",
    "alien_centre_p50_growth_px": "aliens' centres p50 further off, px",
    "alien_centre_p95_growth_px": "aliens' centres p95 further off, px",
    "map50_least": "mAP50 that is left",
    "accuracy_least": "accuracy that is left",
}


def fixed(value: float | None, digits: int) -> str:
    """A number with so many digits after the point."""
    return NONE if value is None else f"{value:.{digits}f}"


def general(value: float | None) -> str:
    """A number as short as it can be told."""
    return NONE if value is None else f"{value:g}"


def share(value: float | None) -> str:
    """0..1 as per cent."""
    return NONE if value is None else f"{100 * value:.1f}\N{NO-BREAK SPACE}%"


def whole(value: int | None) -> str:
    """A whole number, by thousands."""
    return NONE if value is None else f"{value:,}"


def millions(value: int | None) -> str:
    """A large number, in millions."""
    return NONE if value is None else f"{value / 1e6:.2f} M"


def megabytes(value: int | None) -> str:
    """A size in bytes, in MB (10^6)."""
    return NONE if value is None else f"{value / 1e6:.2f} MB"


def kilobytes(value: int | None) -> str:
    """A size in bytes, in KB (10^3)."""
    return NONE if value is None else f"{value / 1e3:.0f} KB"


def licence(value: str | None) -> str:
    """A licence's name without its reason."""
    return NONE if not value else value.partition(":")[0]


def kind(name: str) -> str:
    """A kind of picture that a net learned from: see pictures/pool.py and pictures/single.py."""
    stem, _, last = name.rpartition("_")
    if last in _SEEN_AS:
        return f"{_MADE_OF.get(stem, stem)}, {_SEEN_AS[last]}"
    return _MADE_OF.get(name, name.replace("_", " "))


def sentence(words: str) -> str:
    """Words that begin with a capital letter."""
    return words[:1].upper() + words[1:]


def marked(words: str) -> Markup:
    """Words with `commands` in them."""
    return Markup(re.sub(r"`([^`]*)`", r"<code>\1</code>", str(escape(words))))


def limit(name: str) -> str:
    """A limit of `verify`."""
    return _LIMITS.get(name, name.replace("_", " "))
