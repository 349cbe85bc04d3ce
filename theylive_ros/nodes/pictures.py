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

"""Keeps the newest pictures, for whoever brings them together with what is said of them later."""

from __future__ import annotations

import collections
import time

import numpy as np
from rclpy.node import Node
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from theylive_ros import messages
from theylive_ros.nodes import conversions, qos

_KEPT = 8  # frames: more than any target takes to arrive
_COMING = 1.0  # s until the camera has found a new listener


class Pictures:
    """Hears pictures between `begin` and `end`, and not before. To be used in the thread that spins the node."""

    def __init__(self, node: Node, compressed: bool) -> None:
        self._node = node
        self._kind, self._topic = (CompressedImage, "image_raw/compressed") if compressed else (Image, "image_raw")
        self._subscription = None
        self._since = 0.0
        self._kept: collections.OrderedDict[tuple[int, int], Image | CompressedImage] = collections.OrderedDict()
        self.missed = 0  # that were asked for and had been lost on their way

    def begin(self) -> None:
        """Hear. Safe to call twice."""
        if self._subscription is None:
            self._since = time.monotonic()
            self._subscription = self._node.create_subscription(self._kind, self._topic, self._hear, qos.IMAGE)

    def end(self) -> None:
        """Hear no more. Safe to call twice."""
        if self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
            self._subscription = None
            self._kept.clear()

    def take(self, head: Header) -> np.ndarray | None:
        """The picture with this header's stamp (uint8 BGR), once; None where none was heard or it cannot be read."""
        message = self._kept.pop(_key(head), None)
        if message is None:
            self.missed += self._subscription is not None and time.monotonic() - self._since > _COMING
            return None
        try:
            return conversions.from_image(message) if isinstance(message, Image) else messages.from_compressed(message)
        except messages.ConversionError as error:
            self._node.get_logger().warning(str(error), throttle_duration_sec=5.0)
            return None

    def _hear(self, message: Image | CompressedImage) -> None:
        self._kept[_key(message.header)] = message
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)


def _key(head: Header) -> tuple[int, int]:
    return head.stamp.sec, head.stamp.nanosec
