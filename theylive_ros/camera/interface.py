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

"""What a camera plugin is. Register the class under the entry point group `theylive_ros.cameras`."""

from __future__ import annotations

import abc
from typing import Any, ClassVar

from theylive_ros.types import Frame


class CameraError(Exception):
    """The camera cannot be opened or read; the message names the cause and the cure. The caller may close it and open it again."""


class EndOfStream(Exception):  # noqa: N818  (an end is no error)
    """There are no more frames and never will be (the end of a video, of a folder)."""


class Camera(abc.ABC):
    """A source of frames. `open()`, then `read()` from one thread, then `close()`, which any thread may call and which ends a `read()`."""

    Config: ClassVar[type]
    # True where a sensor's noise makes every picture differ from the last: one that repeats is then taken for a camera that hangs, it is
    # not passed on, and the device is opened anew when that lasts. Pictures from files may well repeat.
    live: ClassVar[bool] = False

    def __init__(self, config: Any) -> None:
        """Keeps the config (an instance of `Config`); touches no device."""
        self.config = config

    @abc.abstractmethod
    def open(self) -> None:
        """Open the device. Raises CameraError."""

    @abc.abstractmethod
    def read(self) -> Frame:
        """Wait for the next frame, the newest where several wait. Raises CameraError, EndOfStream."""

    @abc.abstractmethod
    def close(self) -> None:
        """Release the device. Safe to call twice, and when never opened."""
