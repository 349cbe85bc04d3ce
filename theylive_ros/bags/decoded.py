"""Recorded messages as the types of the stages: no ROS needed. Fields are read by name, so that any decoder's objects do."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from theylive_ros.bags.errors import BagError
from theylive_ros.types import Detection, Detections, Region, Target, Track

IMAGE, COMPRESSED = "sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"
_CHANNELS = {"bgr8": 3, "rgb8": 3, "mono8": 1}


def stamp_of(data: bytes) -> int:
    """The stamp (ns) of a message that begins with a header, read from its bytes alone. Raises BagError."""
    if len(data) < 12:
        raise BagError(f"a message of {len(data)} bytes holds no header")
    order = "little" if data[1] & 1 else "big"
    return int.from_bytes(data[4:8], order, signed=True) * 1_000_000_000 + int.from_bytes(data[8:12], order)


def seconds(stamp: int) -> float:
    """A stamp (ns) in seconds, rounded just as the nodes do it."""
    return stamp // 1_000_000_000 + stamp % 1_000_000_000 * 1e-9


def to_picture(message: Any) -> np.ndarray:
    """An Image or CompressedImage as a uint8 BGR picture (h, w, 3). Raises BagError for one that is broken or of another encoding."""
    if not hasattr(message, "encoding"):
        data = np.frombuffer(message.data, np.uint8)
        picture = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
        if picture is None:
            raise BagError(f"a compressed picture of {data.size} bytes cannot be decoded")
        return picture
    channels = _CHANNELS.get(message.encoding)
    if channels is None:
        raise BagError(f"pictures of encoding {message.encoding!r} are not read here; it must be one of {', '.join(_CHANNELS)}")
    height, width, step = message.height, message.width, message.step
    if len(message.data) < height * step or step < width * channels:
        raise BagError(f"a picture of {width}x{height} {message.encoding} holds only {len(message.data)} bytes")
    rows = np.frombuffer(message.data, np.uint8, height * step).reshape(height, step)
    picture = rows[:, : width * channels].reshape(height, width, channels)
    if message.encoding == "bgr8":
        return picture
    return cv2.cvtColor(picture, cv2.COLOR_RGB2BGR if channels == 3 else cv2.COLOR_GRAY2BGR)


def to_detections(message: Any) -> Detections:
    """theylive_msgs/Detections."""
    return Detections(
        items=tuple(Detection(d.label, d.score, d.x, d.y, d.width, d.height) for d in message.detections),
        width=message.width,
        height=message.height,
        seen=_to_region(message.seen),
        labels=tuple(message.labels),
        exhaustive=message.exhaustive,
        inference_time=message.inference_time,
    )


def to_target(message: Any) -> Target:
    """theylive_msgs/Target; stamps in seconds."""
    return Target(
        stamp=_from_time(message.header.stamp),
        width=message.width,
        height=message.height,
        track=_to_track(message.target) if message.has_target else None,
        protected=tuple(_to_track(t) for t in message.protected_tracks),
        others=tuple(_to_track(t) for t in message.others),
        seen=_to_region(message.seen),
        clears_protected=message.clears_protected,
    )


def as_sent(found: Detections) -> Detections:
    """What is left of a detector's word once it has been sent: a score has 32 bits in the message."""
    items = tuple(Detection(d.label, float(np.float32(d.score)), *map(float, (d.x, d.y, d.width, d.height))) for d in found.items)
    return Detections(items, found.width, found.height, found.seen, found.labels, found.exhaustive, found.inference_time)


def _to_region(region: Any) -> Region:
    return Region(region.x_min, region.y_min, region.x_max, region.y_max)


def _to_track(t: Any) -> Track:
    return Track(
        id=t.id,
        label=t.label,
        score=t.score,
        x=t.x,
        y=t.y,
        width=t.width,
        height=t.height,
        vx=t.vx,
        vy=t.vy,
        covariance=tuple(float(c) for c in t.covariance),
        confirmed=t.confirmed,
        last_seen=_from_time(t.last_seen),
    )


def _from_time(time: Any) -> float:
    return time.sec + time.nanosec * 1e-9
