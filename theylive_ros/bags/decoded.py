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

"""What a recording needs beyond `messages`: stamps in bytes and seconds, pictures whose faults are the bag's, 32-bit scores."""

from __future__ import annotations

from typing import Any

import numpy as np

from theylive_ros.bags.errors import BagError
from theylive_ros.messages import CHANNELS, ConversionError, from_compressed, from_raw
from theylive_ros.types import Detection, Detections

IMAGE, COMPRESSED = "sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"


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
    try:
        if not hasattr(message, "encoding"):
            return from_compressed(message)
        if message.encoding in CHANNELS:
            return from_raw(message)
    except ConversionError as error:
        raise BagError(str(error)) from error
    raise BagError(f"pictures of encoding {message.encoding!r} are not read here; it must be one of {', '.join(CHANNELS)}")


def as_sent(found: Detections) -> Detections:
    """What is left of a detector's word once it has been sent: a score has 32 bits in the message."""
    items = tuple(Detection(d.label, float(np.float32(d.score)), *map(float, (d.x, d.y, d.width, d.height))) for d in found.items)
    return Detections(items, found.width, found.height, found.seen, found.labels, found.exhaustive, found.inference_time)
