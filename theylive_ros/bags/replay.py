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

"""Runs detector and selector over a recording in lock-step: frame by frame, no ROS, no clock, so that the same comes out each time."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from theylive_ros.bags.contents import Message
from theylive_ros.bags.decoded import as_sent, seconds, to_picture
from theylive_ros.bags.errors import BagError
from theylive_ros.bags.frames import RecordedFrame, Sources, frames
from theylive_ros.bags.presence import at_work
from theylive_ros.bags.reader import BagReader
from theylive_ros.detector.interface import Detector
from theylive_ros.messages import from_detections, from_target
from theylive_ros.targeting.selection import Selection
from theylive_ros.targeting.tracker import StaleFrameError
from theylive_ros.types import Detections, Target

T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Replayed:
    """One frame: what comes out now, and what was recorded of it. None: nothing.

    stamp: capture (ns). detections: None where the picture is not in the recording. target: of the recorded detections, there.
    heard: whether the selector was shown the frame.
    """

    stamp: int
    detections: Detections | None
    target: Target | None
    recorded_detections: Detections | None
    recorded_target: Target | None
    heard: bool


class Replay:
    """One pass over a recording.

    A live run drops frames when it is busy, and its selector remembers only those that it was shown. So only the frames that were
    processed then are `wanted`, and where its selector was not at work, ours is not either; behind that it begins anew.
    """

    def __init__(
        self,
        reader: BagReader,
        sources: Sources,
        detector: Detector | None,
        make_selection: Callable[[], Selection],
        wanted: Callable[[RecordedFrame], bool],
        silent: Callable[[RecordedFrame], bool],
    ) -> None:
        """detector: loaded; None for a recording without pictures. wanted: whether a frame is processed. silent: see `at_work`."""
        self._reader, self._sources = reader, sources
        self._detector, self._make_selection = detector, make_selection
        self._selection: Selection | None = None
        self._wanted, self._silent = wanted, silent
        self.skipped = 0  # frames that were not wanted
        self.broken: list[str] = []

    def __iter__(self) -> Iterator[Replayed]:
        """Every frame that is processed, in the order of capture."""
        for frame, heard in at_work(self._processed(), self._silent):
            yield self._step(frame, heard)

    def _processed(self) -> Iterator[RecordedFrame]:
        for frame in frames(self._reader, self._sources):
            if self._wanted(frame):
                yield frame
            else:
                self.skipped += 1

    def _step(self, frame: RecordedFrame, heard: bool) -> Replayed:
        recorded = self._decoded(frame.detections, from_detections)
        found = None
        if frame.picture is not None and self._detector is not None:
            picture = self._decoded(frame.picture, to_picture)
            found = as_sent(self._detector.detect(picture)) if picture is not None else None
        target = self._select(found or recorded, frame.stamp) if heard else None
        if not heard:
            self._selection = None
        return Replayed(frame.stamp, found, target, recorded, self._decoded(frame.target, from_target), heard)

    def _select(self, found: Detections | None, stamp: int) -> Target | None:
        if found is None:
            return None
        if self._selection is None:
            self._selection = self._make_selection()
        try:
            return self._selection.update(found, seconds(stamp))
        except StaleFrameError:
            pass
        except ValueError as error:
            self.broken.append(f"frame {stamp}: {error}")
        return None

    def _decoded(self, message: Message | None, convert: Callable[[Any], T]) -> T | None:
        if message is None:
            return None
        try:
            return self._reader.read(message, convert)
        except BagError as error:
            self.broken.append(str(error))
            return None
