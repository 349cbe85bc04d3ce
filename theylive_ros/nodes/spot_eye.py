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

"""Watches for the laser's spot in every frame that was taken while it shone, and says where it is: the topic `spot`."""

from __future__ import annotations

import collections
import math
from collections.abc import Callable

from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header
from theylive_msgs import msg

from theylive_ros import messages
from theylive_ros.calibrator.background import Background
from theylive_ros.calibrator.seen import SpotSettings, find
from theylive_ros.nodes import conversions, qos
from theylive_ros.nodes.base import ManagedNode
from theylive_ros.nodes.lit_times import LitTimes
from theylive_ros.types import SpotSeen

_EXPOSURE = 0.034  # s before and after its stamp within which a frame may have been exposed
_FRESH = 0.3  # s for which a told place of the spot says where to look
_LEARN_EVERY = 5  # frames, of which one is learned: the board changes slowly, and both decoding and learning cost time
_UNSEEN = 8  # more frames than come between two words on the laser
_TOLD = 0.02  # s after which the laser's state says at the latest that it went out


class SpotEye:
    """Hears pictures, `laser` and `pointing`, in the order in which they came."""

    def __init__(self, node: ManagedNode, settings: Callable[[], SpotSettings]) -> None:
        self._node, self._settings = node, settings
        self._publisher = node.create_lifecycle_publisher(msg.Spot, "spot", qos.RESULT)
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self._times = LitTimes()
        self._background = Background()
        self._expected: tuple[float, tuple[float, float]] | None = None
        self._waiting: Image | CompressedImage | None = None  # a dark frame, if the next word on the laser still says so
        self._dark: Image | CompressedImage | None = None  # the newest frame that was surely dark, if it is not learned yet
        self._frames = 0
        # What was not found, if the next word on the laser still says that it shone. Mirrors that have died shining say no more.
        self._unseen: collections.deque[tuple[SpotSeen, Header]] = collections.deque(maxlen=_UNSEEN)

    def on_laser(self, state: msg.LaserState) -> None:
        """Whether it shines."""
        stamp = messages.from_time(state.header.stamp)
        self._times.tell(state.on, stamp)
        waiting = list(self._unseen)
        self._unseen.clear()
        for seen, header in waiting:
            if stamp < seen.stamp + _TOLD:
                self._unseen.append((seen, header))
            elif self._times.lit(seen.stamp - _EXPOSURE, seen.stamp + _TOLD):
                self._tell(seen, header)

    def on_pointing(self, pointing: msg.Pointing) -> None:
        """Where the spot should be."""
        place = pointing.spot_x, pointing.spot_y
        if all(map(math.isfinite, place)):
            self._expected = messages.from_time(pointing.header.stamp), place

    def on_picture(self, message: Image | CompressedImage) -> None:
        """Look at it if it was lit, learn from it if it was dark."""
        stamp = messages.from_time(message.header.stamp)
        self._check_dark()
        if self._times.lit(stamp - _EXPOSURE, stamp):
            self._look(message, stamp)
        elif self._times.dark(stamp - _EXPOSURE, stamp):
            self._waiting = message

    def _look(self, message: Image | CompressedImage, stamp: float) -> None:
        image = conversions.picture_of(message)
        if image is None:
            self._node.meter.count("broken_frames")
            return
        fresh = self._expected is not None and abs(stamp - self._expected[0]) <= _FRESH
        begun = self._node.ros_now()
        self._frames += 1
        if self._dark is not None:
            self._learn(self._dark)
        seen = find(image, stamp, self._expected[1] if fresh else None, self._background, self._settings())
        if seen.found:
            self._tell(seen, message.header)
            if self._frames % _LEARN_EVERY == 0:
                self._background.learn(image, (seen.x, seen.y))
        else:
            # it may have gone out within the exposure, which nobody has said yet
            self._unseen.append((seen, message.header))
        self._node.meter.latency("find", self._node.ros_now() - begun)
        self._node.meter.latency("capture_to_spot", self._node.ros_now() - stamp)

    def _tell(self, seen: SpotSeen, header: Header) -> None:
        self._publisher.publish(conversions.to_spot(seen, header))
        self._node.meter.count("spots" if seen.found else "spots_not_found")

    def _check_dark(self) -> None:
        """Keep the frame before for a dark one, once a later word on the laser says that it stayed dark, and learn it now and then."""
        message, self._waiting = self._waiting, None
        if message is None:
            return
        stamp = messages.from_time(message.header.stamp)
        if not self._times.dark(stamp - _EXPOSURE, stamp + _EXPOSURE):
            return
        self._frames += 1
        self._dark = message
        if self._frames % _LEARN_EVERY == 0:
            self._learn(message)

    def _learn(self, message: Image | CompressedImage) -> None:
        self._dark = None
        if (image := conversions.picture_of(message)) is not None:
            self._background.learn(image)
