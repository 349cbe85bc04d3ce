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

"""Where in a recording the selector was at work: it may have begun later than the recorder, or have ended and begun again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from theylive_ros.bags.frames import RecordedFrame

# A selector says a word of every frame that it is shown. Where they lack for no longer than this (ns), they were lost on the way.
_LOST = 200_000_000


def at_work(frames: Iterable[RecordedFrame], silent: Callable[[RecordedFrame], bool]) -> Iterator[tuple[RecordedFrame, bool]]:
    """Every frame, and whether the selector was shown it. silent: whether detections of a frame are there, but no word of the selector."""
    working = False
    waiting: list[RecordedFrame] = []
    for frame in frames:
        if not silent(frame):
            yield from ((f, True) for f in waiting)
            waiting.clear()
            working = True
            yield frame, True
        elif not working:
            yield frame, False
        else:
            waiting.append(frame)
            if frame.stamp - waiting[0].stamp > _LOST:
                yield from ((f, False) for f in waiting)
                waiting.clear()
                working = False
    yield from ((f, True) for f in waiting)
