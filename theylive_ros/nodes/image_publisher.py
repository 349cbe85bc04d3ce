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

"""Publishes a camera's frames, raw or as JPEG, with its camera_info."""

from __future__ import annotations

import dataclasses
import time

from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from theylive_ros import messages
from theylive_ros.camera import jpeg
from theylive_ros.nodes import conversions, qos
from theylive_ros.nodes.base import ManagedNode
from theylive_ros.nodes.camera_clock import ClockTeller
from theylive_ros.settings import setting
from theylive_ros.types import Frame


@dataclasses.dataclass(frozen=True)
class ImageConfig:
    """Parameters of every node that publishes a camera's frames."""

    compressed: bool = setting(
        False, "Publish image_raw/compressed (JPEG; a camera's own JPEG is passed on undecoded) instead of image_raw", read_only=True
    )
    jpeg_quality: int = setting(90, "Quality where a frame must be compressed here", low=1, high=100)
    frame_id: str = setting("camera_optical_frame", "Frame of the pictures (REP 103: z forward, x right, y down)", read_only=True)
    focal_length: float = setting(509.6, "Focal length for camera_info; 0 for unknown", unit="px", low=0.0, high=1e5)


class ImagePublisher:
    """Topics image_raw or image_raw/compressed, and camera_info; tells the clock of their stamps to who asks."""

    def __init__(self, node: ManagedNode) -> None:
        self._node = node
        self._config = node.declare(ImageConfig)
        if self._config.value.compressed:
            self._images = node.create_lifecycle_publisher(CompressedImage, "image_raw/compressed", qos.IMAGE)
        else:
            self._images = node.create_lifecycle_publisher(Image, "image_raw", qos.IMAGE)
        self._infos = node.create_lifecycle_publisher(CameraInfo, "camera_info", qos.IMAGE)
        self._clock = ClockTeller(node)

    @property
    def frame_id(self) -> str:
        """Frame of the pictures."""
        return self._config.value.frame_id

    def publish(self, frame: Frame) -> conversions.Header:
        """Publish a frame stamped with its capture in ROS time; returns the header used. Raises ConversionError for a broken JPEG."""
        config = self._config.value
        stamp = self._node.ros_now() - (time.monotonic() - frame.stamp)
        head = conversions.header(conversions.to_time(stamp), config.frame_id)
        if config.compressed:
            data = frame.jpeg if frame.jpeg is not None else conversions.encode(frame.image, config.jpeg_quality)
            image = conversions.to_compressed(data, head)
            size = jpeg.size(data)
        else:
            picture = frame.image if frame.image is not None else messages.decode(frame.jpeg)
            image = conversions.to_image(picture, head)
            size = picture.shape[1], picture.shape[0]
        if size is None:
            raise messages.ConversionError(f"compressed image of {len(data)} bytes is no JPEG")
        self._images.publish(image)
        self._infos.publish(conversions.to_camera_info(head, *size, config.focal_length))
        self._node.meter.count("frames")
        return head
