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

"""What messages say, in the types of the stages. Fields are read by name, so that what a node hears and what a bag holds are read alike;
no ROS is needed."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from theylive_ros.types import Detection, Detections, Region, Target, Track

CHANNELS = {"bgr8": 3, "rgb8": 3, "mono8": 1}
"""Encodings of raw pictures that are read here, and their channels."""


class ConversionError(Exception):
    """A picture in an encoding that cannot be read here."""


def from_time(time: Any) -> float:
    """A message's stamp in seconds."""
    return time.sec + time.nanosec * 1e-9


def from_raw(message: Any) -> np.ndarray:
    """sensor_msgs/Image of an encoding in CHANNELS as a uint8 BGR picture (h, w, 3); bgr8 is a view of the message. Raises
    ConversionError for one that is empty or cut short."""
    height, width, step, channels = message.height, message.width, message.step, CHANNELS[message.encoding]
    if not (height and width) or len(message.data) < height * step or step < width * channels:
        raise ConversionError(f"image of {width}x{height} {message.encoding} holds only {len(message.data)} bytes")
    rows = np.frombuffer(message.data, np.uint8, height * step).reshape(height, step)
    picture = rows[:, : width * channels].reshape(height, width, channels)
    if message.encoding == "bgr8":
        return picture
    return cv2.cvtColor(picture, cv2.COLOR_RGB2BGR if channels == 3 else cv2.COLOR_GRAY2BGR)


def decode(data: np.ndarray | bytes) -> np.ndarray:
    """A JPEG or PNG file as a uint8 BGR picture (h, w, 3). Raises ConversionError."""
    buffer = np.frombuffer(data, np.uint8) if isinstance(data, bytes) else data
    try:
        picture = cv2.imdecode(buffer, cv2.IMREAD_COLOR) if buffer.size else None
    except cv2.error:  # it claims to be larger than any picture is
        picture = None
    if picture is None:
        raise ConversionError(f"compressed image of {buffer.size} bytes cannot be decoded")
    return picture


def from_compressed(message: Any) -> np.ndarray:
    """sensor_msgs/CompressedImage, JPEG or PNG, as a uint8 BGR picture (h, w, 3). Raises ConversionError."""
    return decode(np.frombuffer(message.data, np.uint8))


def from_detections(message: Any) -> Detections:
    """theylive_msgs/Detections."""
    return Detections(
        items=tuple(Detection(d.label, d.score, d.x, d.y, d.width, d.height) for d in message.detections),
        width=message.width,
        height=message.height,
        seen=_from_region(message.seen),
        labels=tuple(message.labels),
        exhaustive=message.exhaustive,
        inference_time=message.inference_time,
    )


def from_target(message: Any) -> Target:
    """theylive_msgs/Target; stamps in seconds of ROS time."""
    return Target(
        stamp=from_time(message.header.stamp),
        width=message.width,
        height=message.height,
        track=from_track(message.target) if message.has_target else None,
        protected=tuple(from_track(t) for t in message.protected_tracks),
        others=tuple(from_track(t) for t in message.others),
        seen=_from_region(message.seen),
        clears_protected=message.clears_protected,
    )


def from_track(message: Any) -> Track:
    """theylive_msgs/Track; stamp in seconds of ROS time."""
    return Track(
        id=message.id,
        label=message.label,
        score=message.score,
        x=message.x,
        y=message.y,
        width=message.width,
        height=message.height,
        vx=message.vx,
        vy=message.vy,
        covariance=tuple(float(c) for c in message.covariance),
        confirmed=message.confirmed,
        last_seen=from_time(message.last_seen),
    )


def _from_region(message: Any) -> Region:
    return Region(message.x_min, message.y_min, message.x_max, message.y_max)
