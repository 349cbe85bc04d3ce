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

"""Between messages and the types of the stages: messages.py reads them, this makes them."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import cv2
import numpy as np
from builtin_interfaces.msg import Time
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header
from theylive_msgs import msg

from theylive_ros.messages import CHANNELS, ConversionError, from_compressed, from_raw, from_time
from theylive_ros.types import Detection, Detections, Region, SpotSeen, Target, Track


def to_time(seconds: float) -> Time:
    """Seconds of ROS time as a message."""
    nanoseconds = max(0, round(seconds * 1e9))
    return Time(sec=nanoseconds // 1_000_000_000, nanosec=nanoseconds % 1_000_000_000)


def header(stamp: Time, frame_id: str) -> Header:
    """A header."""
    return Header(stamp=stamp, frame_id=frame_id)


def to_image(image: np.ndarray, head: Header) -> Image:
    """A uint8 picture, (h, w, 3) BGR or (h, w) grey, as a message; the pixels are copied once."""
    height, width = image.shape[:2]
    data = array("B")
    # An array.array is taken as it is; anything else would be checked byte by byte.
    data.frombytes(memoryview(np.ascontiguousarray(image)).cast("B"))
    encoding, step = ("mono8", width) if image.ndim == 2 else ("bgr8", 3 * width)
    return Image(header=head, height=height, width=width, encoding=encoding, is_bigendian=0, step=step, data=data)


def from_image(message: Image) -> np.ndarray:
    """A message as a uint8 BGR picture (h, w, 3). bgr8 is a view of the message, rgb8 and mono8 are converted here, all else by
    cv_bridge where it is installed. Raises ConversionError."""
    return from_raw(message) if message.encoding in CHANNELS else _by_cv_bridge(message)


def to_compressed(jpeg: bytes, head: Header) -> CompressedImage:
    """A JPEG file as a message."""
    return CompressedImage(header=head, format="jpeg", data=array("B", jpeg))


def picture_of(message: Image | CompressedImage) -> np.ndarray | None:
    """Either kind of message as a uint8 BGR picture (h, w, 3), None for a broken one."""
    try:
        return from_image(message) if isinstance(message, Image) else from_compressed(message)
    except ConversionError:
        return None


def encode(image: np.ndarray, quality: int) -> bytes:
    """A BGR picture as a JPEG file."""
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def to_camera_info(head: Header, width: int, height: int, focal_length: float) -> CameraInfo:
    """A pinhole camera without distortion, principal point in the middle of the picture; focal_length in px, 0 for unknown.

    CameraInfo counts from the centre of the first pixel, we from its corner: hence the half pixel.
    """
    info = CameraInfo(header=head, width=width, height=height, distortion_model="plumb_bob", d=[0.0] * 5)
    if focal_length > 0:
        f, cx, cy = focal_length, width / 2 - 0.5, height / 2 - 0.5
        info.k = [f, 0.0, cx, 0.0, f, cy, 0.0, 0.0, 1.0]
        info.r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
        info.p = [f, 0.0, cx, 0.0, 0.0, f, cy, 0.0, 0.0, 0.0, 1.0, 0.0]
    return info


def to_detections(found: Detections, head: Header) -> msg.Detections:
    """What a detector says of one frame."""
    return msg.Detections(
        header=head,
        width=found.width,
        height=found.height,
        seen=_to_region(found.seen),
        labels=list(found.labels),
        exhaustive=found.exhaustive,
        inference_time=float(found.inference_time),
        detections=[_to_detection(d) for d in found.items],
    )


def to_target(target: Target, head: Header) -> msg.Target:
    """The selector's word on one frame; the stamp is the header's."""
    return msg.Target(
        header=head,
        width=target.width,
        height=target.height,
        has_target=target.track is not None,
        target=_to_track(target.track) if target.track is not None else msg.Track(),
        protected_tracks=_to_tracks(target.protected),
        others=_to_tracks(target.others),
        seen=_to_region(target.seen),
        clears_protected=target.clears_protected,
    )


def to_spot(seen: SpotSeen, head: Header) -> msg.Spot:
    """Where the laser is seen in one frame; the stamp is the header's."""
    return msg.Spot(header=head, found=seen.found, x=float(seen.x), y=float(seen.y), sigma=float(seen.sigma), reason=seen.reason)


def from_spot(message: msg.Spot) -> SpotSeen:
    """The way back; stamp in seconds of ROS time."""
    stamp = from_time(message.header.stamp)
    return SpotSeen(stamp=stamp, found=message.found, x=message.x, y=message.y, sigma=message.sigma, reason=message.reason)


# Messages take nothing but float where a float is meant, while plugins may well say 0 or a NumPy scalar.
def _to_detection(found: Detection) -> msg.Detection:
    x, y, width, height = float(found.x), float(found.y), float(found.width), float(found.height)
    return msg.Detection(label=found.label, score=float(found.score), x=x, y=y, width=width, height=height)


def _to_region(region: Region) -> msg.Region:
    return msg.Region(x_min=float(region.x_min), y_min=float(region.y_min), x_max=float(region.x_max), y_max=float(region.y_max))


def _to_tracks(tracks: Sequence[Track]) -> list[msg.Track]:
    return [_to_track(track) for track in tracks]


def _to_track(track: Track) -> msg.Track:
    return msg.Track(
        id=track.id,
        label=track.label,
        score=float(track.score),
        x=float(track.x),
        y=float(track.y),
        width=float(track.width),
        height=float(track.height),
        vx=float(track.vx),
        vy=float(track.vy),
        covariance=list(track.covariance),
        confirmed=track.confirmed,
        last_seen=to_time(track.last_seen),
    )


def _by_cv_bridge(message: Image) -> np.ndarray:
    try:
        from cv_bridge import CvBridge
    except ImportError as error:
        raise ConversionError(
            f"encoding {message.encoding!r} needs cv_bridge (apt install ros-$ROS_DISTRO-cv-bridge); without it: bgr8, rgb8, mono8"
        ) from error
    try:
        return CvBridge().imgmsg_to_cv2(message, "bgr8")
    except Exception as error:  # CvBridgeError, and whatever OpenCV raises below it
        raise ConversionError(f"cv_bridge cannot convert {message.encoding!r}: {error}") from error
