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

"""Reads a camera in a thread of its own, so that the newest frame is always at hand and never an old one from a buffer."""

from __future__ import annotations

import threading
import time

from theylive_ros.camera.interface import CameraError, EndOfStream
from theylive_ros.types import Frame
from theylive_training.capture.source import Flow, Source

_PATIENCE = 10.0  # s that a camera may take for a frame
_JOIN = 3.0


class Feed:
    """The newest frame of a camera. Made open, with its first frame there; to be closed."""

    def __init__(self, source: Source) -> None:
        """Open the camera and wait for the first frame. Raises CameraError, EndOfStream and what else the camera raises."""
        self.flow, self.settle = source.flow, source.settle
        self._camera = source.camera
        self._changed = threading.Condition()
        self._frame: Frame | None = None
        self._trouble: Exception | None = None
        self._asked = True  # whether the next frame may be read
        self._closed = False
        self._camera.open()
        self._thread = threading.Thread(target=self._read, name="camera", daemon=True)
        self._thread.start()
        try:
            self._wait_beyond(None, 0.0, _PATIENCE)
        except BaseException:
            self.close()
            raise

    @property
    def newest(self) -> Frame:
        """The newest frame; after the end of a stream, the last."""
        assert self._frame is not None, "the first frame is there when the feed is made"
        return self._frame

    @property
    def trouble(self) -> Exception | None:
        """Why there will be no more frames: an error of the camera, or EndOfStream; None while it goes on."""
        return self._trouble

    def fresh(self, patience: float = _PATIENCE) -> Frame:
        """A frame captured after this call; of a folder its next picture. Raises what ended the camera; CameraError after `patience` s."""
        frame, now = self._frame, time.monotonic()
        self.advance()
        return self._wait_beyond(frame, 0.0 if self.flow is Flow.STEPPED else now, patience)

    def advance(self) -> None:
        """Let the frames come on: a folder shows its next picture, a video that was held goes on."""
        with self._changed:
            self._asked = True
            self._changed.notify_all()

    def hold(self) -> None:
        """A picture is in hand: a video stands still meanwhile; a live camera does not."""
        if self.flow is not Flow.LIVE:
            with self._changed:
                self._asked = False

    def close(self) -> None:
        """End the thread and release the camera. Safe to call twice."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._camera.close()
        self._thread.join(_JOIN)

    def _wait_beyond(self, frame: Frame | None, moment: float, patience: float) -> Frame:
        def there() -> bool:
            return self._trouble is not None or (self._frame is not None and self._frame is not frame and self._frame.stamp >= moment)

        with self._changed:
            if not self._changed.wait_for(there, patience):
                raise CameraError(f"the camera gave no frame for {patience:g} s: look at its cable, or start again")
            newest = self._frame
            if newest is None or newest is frame or newest.stamp < moment:
                raise self._trouble
            return newest

    def _read(self) -> None:
        try:
            while self._may_read():
                frame = self._camera.read()
                with self._changed:
                    self._frame = frame
                    self._asked = self._asked and self.flow is not Flow.STEPPED
                    self._changed.notify_all()
        except Exception as trouble:  # raised again where the frames are waited for
            with self._changed:
                self._trouble = trouble
                self._changed.notify_all()

    def _may_read(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._asked or self._closed)
            return not self._closed


def is_end(trouble: Exception | None) -> bool:
    """Whether a stream came to its end, in order."""
    return isinstance(trouble, EndOfStream)
