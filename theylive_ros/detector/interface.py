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

"""What a detector plugin is. Register the class under the entry point group `theylive_ros.detectors`."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Any, ClassVar

from theylive_ros.types import Detections

if TYPE_CHECKING:
    import numpy as np


class DetectorError(Exception):
    """A model or a device is missing, damaged or lost; one line with the cause and the cure."""


class Detector(abc.ABC):
    """Finds heads in frames. `load()`, then `detect()` from one thread, then `close()`."""

    Config: ClassVar[type]

    def __init__(self, config: Any) -> None:
        """Keeps the config (an instance of `Config`); reads no file."""
        self.config = config

    @abc.abstractmethod
    def load(self) -> None:
        """Read the model and take the device; after it, `labels` and `device` are known. Raises DetectorError."""

    @property
    @abc.abstractmethod
    def labels(self) -> tuple[str, ...]:
        """All labels that the model can name, in the order of its classes."""

    @property
    @abc.abstractmethod
    def device(self) -> str:
        """Where the model runs, in words for a person ('CPU, ai-edge-litert 2.3.0'; 'Edge TPU, usb:0')."""

    @abc.abstractmethod
    def detect(self, image: np.ndarray) -> Detections:
        """Heads in one uint8 BGR image (height, width, 3), best score first. Raises DetectorError when the device is lost."""

    @abc.abstractmethod
    def close(self) -> None:
        """Release the device. Safe to call twice, and when never loaded."""
