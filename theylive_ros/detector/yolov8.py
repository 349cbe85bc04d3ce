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

"""The detector `yolov8`: every head of a frame, from a YOLOv8 or alike as a TFLite file."""

from __future__ import annotations

import dataclasses
import time
from typing import ClassVar

import numpy as np

from theylive_ros.detector.decode import Decoder
from theylive_ros.detector.network import Network, NetworkConfig
from theylive_ros.detector.network_detector import NetworkDetector
from theylive_ros.detector.nms import HEARD, nms, vote
from theylive_ros.settings import setting
from theylive_ros.types import Detection, Detections

DEFAULT_MODEL = "compact_yolo_224_int8.tflite"
_ROUNDING = 1e-6  # of scores, which are float32


@dataclasses.dataclass
class YoloV8Config(NetworkConfig):
    """Settings of the detector `yolov8`."""

    score_threshold: float = setting(0.5, "least score of a head that is reported", low=0.0, high=1.0)
    iou_threshold: float = setting(
        0.5, "overlap (intersection over union) above which the lesser of two boxes of a label goes", low=0.0, high=1.0
    )
    max_detections: int = setting(100, "at most so many heads per frame, the best", low=1, high=1000)


class YoloV8Detector(NetworkDetector):
    """Reports all heads; boxes may reach beyond the frame, so that their centres stay the heads' centres."""

    Config: ClassVar[type] = YoloV8Config

    architecture = "yolov8"
    default_model = DEFAULT_MODEL

    def prepare(self, network: Network) -> None:
        """Find the boxes and scores among the outputs. Raises DetectorError."""
        self._decoder = Decoder(network.outputs, len(network.labels), network.width, network.height)

    def detect(self, image: np.ndarray) -> Detections:
        """Heads in one uint8 BGR image, best score first. Raises DetectorError."""
        start = time.perf_counter()
        network, config = self.network, self.config
        raw, mapping = network.run(image)
        # Boxes that are not reported may still vote, so that a head's place does not depend on the threshold.
        boxes, scores, classes = self._decoder.decode(raw, config.score_threshold * HEARD)
        kept = nms(boxes, scores, classes, config.iou_threshold, config.max_detections)
        kept = kept[scores[kept] >= config.score_threshold - _ROUNDING]
        corners = mapping.to_frame(vote(boxes, scores, classes, kept)).tolist()
        items = tuple(
            Detection(network.labels[label], score, (x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0)
            for label, score, (x0, y0, x1, y1) in zip(classes[kept].tolist(), scores[kept].tolist(), corners, strict=True)
        )
        height, width = image.shape[:2]
        return Detections(items, width, height, mapping.seen, network.labels, True, time.perf_counter() - start)
