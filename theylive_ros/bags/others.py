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

"""What another run said of the same frames: an earlier report, or another recording."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from theylive_ros.bags.errors import BagError
from theylive_ros.bags.frames import find_sources, frames
from theylive_ros.bags.reader import SUFFIXES, BagReader
from theylive_ros.bags.results import from_row
from theylive_ros.messages import from_detections, from_target
from theylive_ros.types import Detections, Target

Said = tuple[Detections | None, Target | None]


class Others(NamedTuple):
    """words: of every frame that was processed, by its stamp (ns). silent: stamps of those of which the selector said nothing."""

    words: dict[int, Said]
    silent: frozenset[int]


def load_others(path: Path) -> Others:
    """What a report of `theylive replay`, or a recording, says of the frames that it processed. Raises BagError."""
    known = _of_bag(path) if path.is_dir() or path.suffix in SUFFIXES else _of_report(path)
    if not known.words:
        raise BagError(f"{path} says nothing of any frame: give a report of 'theylive replay --report', or a recording with detections")
    return known


def _of_report(path: Path) -> Others:
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        words = {stamp: (found, target) for stamp, found, target in map(from_row, report["results"])}
        return Others(words, frozenset(report.get("unheard", ())))
    except OSError as cause:
        raise BagError(f"{path} cannot be read ({cause.strerror})") from cause
    except (ValueError, KeyError, TypeError, AttributeError) as cause:
        raise BagError(f"{path} is no report of 'theylive replay --report'") from cause


def _of_bag(path: Path) -> Others:
    with BagReader(path) as reader:
        words = {
            frame.stamp: (
                reader.read(frame.detections, from_detections) if frame.detections else None,
                reader.read(frame.target, from_target) if frame.target else None,
            )
            for frame in frames(reader, find_sources(reader))
            if frame.processed
        }
    silent = frozenset(stamp for stamp, (_, target) in words.items() if target is None)
    return Others(words, silent if len(silent) < len(words) else frozenset())
