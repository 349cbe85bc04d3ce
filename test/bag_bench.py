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

"""What tests of recordings share: topics as they are announced, and a small recording of a rig."""

from __future__ import annotations

import contextlib
import dataclasses
import resource

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")
pytest.importorskip("rosbags", reason="recordings need rosbags: pip install 'rosbags<0.12'")
pytest.importorskip("mcap", reason="recordings need mcap: pip install 'mcap>=1.6,<2'")

from rclpy.serialization import serialize_message
from rosbags.interfaces import Qos, QosDurability, QosHistory, QosLiveliness, QosReliability, QosTime

from theylive_ros import messages
from theylive_ros.bags.definitions import Definitions
from theylive_ros.bags.topic import Topic
from theylive_ros.bags.writer import BagWriter
from theylive_ros.nodes import conversions
from theylive_ros.targeting.round_robin import RoundRobinSelector
from theylive_ros.targeting.selection import Selection, SelectionSettings
from theylive_ros.types import Detection, Detections, Region

ENDLESS = QosTime(9223372036, 854775807)
BEGIN = 1_795_000_000_000_000_000  # ns
PERIOD = 33_333_333  # ns
LABELS = ("alien", "john")
_DEFINITIONS = Definitions()


def qos(reliable=True, latched=False, depth=10):
    return Qos(
        QosHistory.KEEP_LAST,
        depth,
        QosReliability.RELIABLE if reliable else QosReliability.BEST_EFFORT,
        QosDurability.TRANSIENT_LOCAL if latched else QosDurability.VOLATILE,
        ENDLESS,
        ENDLESS,
        QosLiveliness.AUTOMATIC,
        ENDLESS,
        False,
    )


def topic(name, kind, profile=None):
    return Topic(name, kind, _DEFINITIONS.find(kind), (profile or qos(),))


def picture_with_heads(*heads):
    """A picture that PixelDetector reads: each head (index of its label, x, y) in a row of its own."""
    picture = np.zeros((240, 320, 3), np.uint8)
    for row, (label, x, y) in enumerate(heads):
        picture[row, 0] = 255, label, 0
        picture[row, 1] = x // 256, x % 256, y
    return picture


class PixelDetector:
    """Finds what picture_with_heads wrote."""

    labels, device = LABELS, "the test's own"

    def __init__(self, shift=0.0):
        self.shift = shift
        self.pictures = 0

    def detect(self, picture):
        self.pictures += 1
        found = [
            Detection(LABELS[label], 0.9, high * 256 + low + 0.25 + self.shift, float(y), 64.0, 64.0)
            for (_, label, _), (high, low, y) in ((r[0].tolist(), r[1].tolist()) for r in picture if r[0, 0] == 255)
        ]
        return Detections(tuple(found), 320, 240, Region(0, 0, 320, 240), LABELS, True, 0.001 * self.pictures)


def selection():
    return Selection(SelectionSettings(), RoundRobinSelector(RoundRobinSelector.Config()))


def stamp_of_frame(number):
    return BEGIN + number * PERIOD


def header(stamp):
    return conversions.header(conversions.to_time(0), "camera_optical_frame").__class__(
        stamp=conversions.Time(sec=stamp // 10**9, nanosec=stamp % 10**9), frame_id="camera_optical_frame"
    )


def scene(number):
    """Two aliens and a John that move."""
    return picture_with_heads((0, 60 + number, 60), (0, 250 - number, 180), (1, 160, 60 + number))


@dataclasses.dataclass
class Messages:
    """Serialized messages of one frame; None where the live run had none."""

    stamp: int
    picture: bytes
    detections: bytes | None
    target: bytes | None


def live_run(frames=40, skipped=(), begin=0, down=(), lost=()):
    """What a rig says of `frames` frames, from frame `begin` on. The detector skips some, the selector is not there for those in `down`
    and knows nothing afterwards, and of those in `lost` its word is lost."""
    detector, selector = PixelDetector(), selection()
    for number in range(frames):
        stamp = stamp_of_frame(number)
        head, picture = header(stamp), scene(number)
        detections = target = None
        if number not in skipped:
            found = conversions.to_detections(detector.detect(picture), head)
            heard = messages.from_detections(found)
            detections = serialize_message(found)
            if number in down:
                selector = selection()
            else:
                chosen = selector.update(heard, messages.from_time(head.stamp))
                target = serialize_message(conversions.to_target(chosen, head)) if number not in lost else None
        if number >= begin:
            yield Messages(stamp, serialize_message(conversions.to_image(picture, head)), detections, target)


def record_rig(folder, storage=None, namespace="", pictures=True, detections=True, custom=None, **run):
    """A recording of a live run; returns the folder."""
    writer = BagWriter(folder, storage, custom)
    image = writer.add_topic(topic(f"{namespace}/image_raw", "sensor_msgs/msg/Image", qos(reliable=False, depth=1)))
    found = writer.add_topic(topic(f"{namespace}/detections", "theylive_msgs/msg/Detections"))
    target = writer.add_topic(topic(f"{namespace}/target", "theylive_msgs/msg/Target"))
    for m in live_run(**run):
        if pictures:
            writer.write(image, m.stamp + 1_000_000, m.picture)
        if detections and m.detections is not None:
            writer.write(found, m.stamp + 9_000_000, m.detections)
        if m.target is not None:
            writer.write(target, m.stamp + 10_000_000, m.target)
    writer.close()
    return folder


@contextlib.contextmanager
def no_file_longer_than(size):
    """As on a disk that is full then: of what is written a part arrives."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
