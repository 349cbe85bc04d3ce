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

"""Between the camera and the desk: which picture is shown, which one a click takes, and when the next may come."""

from __future__ import annotations

from theylive_ros.camera.interface import CameraError, EndOfStream
from theylive_ros.types import Frame
from theylive_training.capture.desk import Desk, Propose
from theylive_training.capture.feed import Feed, is_end
from theylive_training.capture.heads import Head
from theylive_training.capture.shot import Crop, Shot, develop
from theylive_training.capture.source import Flow
from theylive_training.errors import TrainingError

_PATIENCE = 3.0  # s that a person waits for a fresh frame


class Stage:
    """The picture to be shown: the one in hand, else the camera's newest, with what a model proposes for it."""

    def __init__(self, feed: Feed, crop: Crop | None, propose: Propose | None) -> None:
        """Raises TrainingError where the crop does not lie within the first frame."""
        self._feed, self._crop, self._propose = feed, crop, propose
        self._frame: Frame | None = None
        self._shot: Shot | None = None
        self._done: Frame | None = None  # of a folder, the picture that was saved or put away
        self._proposed: tuple[Shot, tuple[Head, ...]] | None = None
        if self.live() is None:
            raise TrainingError("the camera's first frame is a damaged JPEG: start again, or try another cable")

    def live(self) -> Shot | None:
        """The camera's newest picture; None for a damaged frame. Raises TrainingError where the crop does not lie within it."""
        frame = self._feed.newest
        if frame is not self._frame:
            self._shot = develop(frame, self._crop)
            self._frame = frame
        return self._shot

    def take(self) -> Shot:
        """For a click: a fresh picture of a live camera; of a folder or a video the one that is seen. Raises TrainingError."""
        if self._feed.trouble is not None:
            raise TrainingError(self.end or f"the camera gives no more pictures: {self._feed.trouble}")
        if self._feed.flow is not Flow.LIVE:
            if self._feed.newest is self._done:
                raise TrainingError("the next picture is not here yet: once more")
            shot = self.live()
        else:
            try:
                shot = develop(self._feed.fresh(_PATIENCE), self._crop)
            except (CameraError, EndOfStream) as cause:
                raise TrainingError(str(cause)) from cause
        if shot is None:
            raise TrainingError("that frame was a damaged JPEG: once more")
        return shot

    def proposals(self, shot: Shot) -> tuple[Head, ...]:
        """What a model sees in the picture that is shown. Raises DetectorError."""
        if self._propose is None:
            return ()
        if self._proposed is None or self._proposed[0] is not shot:
            self._proposed = (shot, self._propose(shot.image))
        return self._proposed[1]

    def after(self, desk: Desk, held: Shot | None, is_done: bool) -> None:
        """Something was done at the desk. held: what was in hand before, None for the picture shown; is_done: it is saved or put away."""
        if desk.shot is not None:
            self._feed.hold()
        elif self._feed.flow is not Flow.STEPPED:
            self._feed.advance()
        elif is_done and (held is None or held is self._shot):
            self._done = self._frame
            self._feed.advance()

    @property
    def state(self) -> str:
        """In a word, what is shown while no picture is in hand."""
        if self._feed.trouble is not None:
            return "END"
        return "LIVE" if self._feed.flow is Flow.LIVE else "SHOWN"

    @property
    def end(self) -> str:
        """In words that a folder or a video is over, '' while it is not."""
        trouble = self._feed.trouble
        return f"{trouble}: q quits, u takes the last one back" if is_end(trouble) else ""

    @property
    def trouble(self) -> Exception | None:
        """An error that ended the camera."""
        return None if is_end(self._feed.trouble) else self._feed.trouble
