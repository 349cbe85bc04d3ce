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
