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

"""What a model thinks is in a picture, for a person to confirm."""

from __future__ import annotations

import numpy as np

from theylive_ros import plugins
from theylive_ros.detector.interface import Detector
from theylive_training.capture.heads import Head
from theylive_training.pictures.picture import LABELS


class Proposer:
    """A detector of theylive_ros, asked for heads."""

    def __init__(self, model: str | None) -> None:
        """model: a file with its manifest, or the name of a shipped one; None for the robot's. Raises DetectorError, PluginError."""
        self._detector: Detector = plugins.create(plugins.DETECTORS, "yolov8", **({"model": model} if model else {}))
        self._detector.load()

    def __call__(self, image: np.ndarray) -> tuple[Head, ...]:
        """The heads in a BGR picture whose centres lie within it, best first. Raises DetectorError."""
        height, width = image.shape[:2]
        found = self._detector.detect(image).items
        return tuple(
            Head(LABELS.index(d.label), d.x, d.y, proposed=True)
            for d in found
            if d.label in LABELS and 0 <= d.x < width and 0 <= d.y < height
        )

    def close(self) -> None:
        """Give the model back."""
        self._detector.close()
