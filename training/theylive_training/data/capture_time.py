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

"""When a picture was taken, as its file name tells: capture_YYYYMMDD_HHMMSS.jpg, with _mmm for milliseconds.

capture_12.jpg, of a burst, tells its place among its like only.
"""

from __future__ import annotations

import datetime
import re
from pathlib import PurePath

_TIME = re.compile(r"(?:^|\D)(\d{8})_(\d{6})(?:_(\d{3}))?$")
_NUMBER = re.compile(r"^(.*?)(\d+)$")
_EPOCH = datetime.datetime(1970, 1, 1)

Order = tuple[int, float, str, int, str]


def capture_time(path: PurePath | str) -> float | None:
    """Seconds since 1970 by the clock of the camera's place; None where the name holds no time."""
    found = _TIME.search(PurePath(path).stem)
    if found is None:
        return None
    try:
        moment = datetime.datetime.strptime(found[1] + found[2], "%Y%m%d%H%M%S")
    except ValueError:  # month 13
        return None
    return (moment - _EPOCH).total_seconds() + int(found[3] or 0) / 1000


def series_number(path: PurePath | str) -> tuple[str, int] | None:
    """The name's series and its place in it (capture_12.jpg: "capture_", 12); None where the name holds a time or no number."""
    if capture_time(path) is not None:
        return None
    found = _NUMBER.match(PurePath(path).stem)
    return (found[1], int(found[2])) if found else None


def order(path: PurePath | str) -> Order:
    """A key that sorts pictures by time of capture; after them those that are numbered, by series and number; then the others, by name."""
    time, number, name = capture_time(path), series_number(path), PurePath(path).name
    if time is not None:
        return (0, time, "", 0, name)
    return (1, 0.0, *number, name) if number else (2, 0.0, "", 0, name)
