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

"""The detector `mobilenetv2`: at most one head per frame, from a classifier that also tells the head's centre.

It cannot clear John: of two heads it names one, so `exhaustive` is False.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from theylive_ros.detector.decode import LOGIT, NORMALISED, Output
from theylive_ros.detector.interface import DetectorError
from theylive_ros.detector.layout import CENTRE, SCORES
from theylive_ros.detector.network import Network, NetworkConfig
from theylive_ros.detector.network_detector import NetworkDetector
from theylive_ros.settings import setting
from theylive_ros.types import Detection, Detections

DEFAULT_MODEL = "mobilenetv2_224_int8.tflite"


@dataclasses.dataclass
class MobileNetV2Config(NetworkConfig):
    """Settings of the detector `mobilenetv2`."""

    score_threshold: float = setting(0.5, "least probability of a head that is reported", low=0.0, high=1.0)
    box_size: float = setting(64.0, "side of the reported box, in pixels of the network's input", unit="px", low=1.0, high=4096.0)
    background_label: str = setting("background", "label that stands for no head")


class MobileNetV2Detector(NetworkDetector):
    """Reports the most probable head, unless that is the background."""

    Config: ClassVar[type] = MobileNetV2Config

    architecture = "mobilenetv2"
    default_model = DEFAULT_MODEL

    def prepare(self, network: Network) -> None:
        """Find the classes and the centre among the outputs. Raises DetectorError."""
        self._scores, self._centre = _places(network.outputs, len(network.labels))

    def detect(self, image: np.ndarray) -> Detections:
        """The one head in a uint8 BGR image, or none. Raises DetectorError."""
        start = time.perf_counter()
        network, config = self.network, self.config
        raw, mapping = network.run(image)
        probabilities = class_probabilities(network.outputs[self._scores], raw[self._scores])
        best = int(probabilities.argmax())
        label, score = network.labels[best], float(probabilities[best])
        items: tuple[Detection, ...] = ()
        if label != config.background_label and score >= config.score_threshold:
            output = network.outputs[self._centre]
            x, y = output.tensor.real(raw[self._centre].reshape(2)).tolist()
            if output.values == NORMALISED:
                x, y = x * network.width, y * network.height
            half = config.box_size / 2
            ((x0, y0, x1, y1),) = mapping.to_frame(np.array([[x - half, y - half, x + half, y + half]])).tolist()
            items = (Detection(label, score, (x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0),)
        height, width = image.shape[:2]
        return Detections(items, width, height, mapping.seen, network.labels, False, time.perf_counter() - start)


def class_probabilities(output: Output, raw: np.ndarray) -> np.ndarray:
    """The classes' probabilities, float32 (classes,); logits go through a softmax."""
    real = output.tensor.real(raw.reshape(-1))
    if output.values != LOGIT:
        return real
    weights = np.exp(real - real.max())
    return weights / weights.sum()


def _places(outputs: Sequence[Output], classes: int) -> tuple[int, int]:
    meanings = [o.meaning for o in outputs]
    if sorted(meanings) != [CENTRE, SCORES]:
        raise DetectorError(f"outputs are {', '.join(meanings)}; mobilenetv2 needs one of scores and one of centre: make the manifest anew")
    scores, centre = meanings.index(SCORES), meanings.index(CENTRE)
    found, numbers = (int(np.prod(outputs[i].tensor.shape)) for i in (scores, centre))
    if found != classes or numbers != 2:
        raise DetectorError(
            f"the model has {found} classes and {numbers} numbers of place, its manifest {classes} labels: make the manifest anew"
        )
    return scores, centre
