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

"""How the mirrors learn which clock stamps the pictures: they ask on `clock_question`, the camera's node answers on `clock_answer`."""

from __future__ import annotations

import collections
import time
import uuid

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from sensor_msgs.msg import TimeReference
from std_msgs.msg import Header

from theylive_ros import messages
from theylive_ros.mirrors.clock import Clocks, ClockSettings
from theylive_ros.mirrors.other_clock import OtherClock
from theylive_ros.nodes import conversions, qos

_PERIOD = 0.25  # s between two questions
_GRACE = 3.0  # s before silence is worth a word
_CURE = "set both machines by one time source, e.g. chrony (docs/machines.md)"


class ClockTeller:
    """Answers each question with the time of the clock that stamps this node's pictures."""

    def __init__(self, node: Node) -> None:
        """node: has `ros_now()`, the time (s) that its stamps go by."""
        self._node = node
        # Two machines may run nodes of one name.
        self._source = f"{node.get_fully_qualified_name()} {uuid.uuid4().hex[:8]}"
        # Plain ones: the time is told in every state.
        self._answers = node.create_publisher(TimeReference, "clock_answer", qos.PROBE)
        self._subscription = node.create_subscription(Header, "clock_question", self._tell, qos.PROBE)

    def _tell(self, question: Header) -> None:
        told = conversions.to_time(self._node.ros_now())
        self._answers.publish(TimeReference(header=question, time_ref=told, source=self._source))


class ClockAsker:
    """Asks from when it is made until `close`, and says in the log, once, what is wrong."""

    def __init__(self, node: Node, settings: ClockSettings) -> None:
        """node: has `ros_now()`, the time (s) that stamps are held against."""
        self._node = node
        self._other = OtherClock(settings)
        self._asked: collections.deque[tuple[int, int]] = collections.deque(maxlen=8)
        self._begun = time.monotonic()
        self._trouble = ""
        self._publisher = node.create_publisher(Header, "clock_question", qos.PROBE)
        self._subscription = node.create_subscription(TimeReference, "clock_answer", self._hear, qos.PROBE)
        # Whatever ROS time does, the questions go on.
        self._timer = node.create_timer(_PERIOD, self._ask, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def close(self) -> None:
        """Ask no more."""
        self._node.destroy_timer(self._timer)
        self._node.destroy_subscription(self._subscription)
        self._node.destroy_publisher(self._publisher)

    def clocks(self, now: float, *, sane: bool) -> Clocks:
        """What the gate is told at a moment (monotonic, s). sane: what the ClockWatch says."""
        # Where all hear the time on /clock there are no two clocks.
        return Clocks(sane=sane) if self._node.get_clock().ros_time_is_active else self._other.clocks(now, sane=sane)

    @property
    def trouble(self) -> str:
        """What is wrong and how to mend it; empty while nothing is."""
        return self._trouble

    @property
    def words(self) -> str:
        """How the camera's clock goes, for a person."""
        bounds = self._other.bounds(time.monotonic())
        if self._node.get_clock().ros_time_is_active:
            return "simulated time"
        return f"{1e3 * bounds[0]:+.1f} to {1e3 * bounds[1]:+.1f} ms from this machine's" if bounds else "not told"

    def _ask(self) -> None:
        stamp = conversions.to_time(self._node.ros_now())
        self._asked.append((stamp.sec, stamp.nanosec))
        self._publisher.publish(Header(stamp=stamp))
        self._look()

    def _hear(self, answer: TimeReference) -> None:
        asked = answer.header.stamp
        # Another rig's mirrors may ask, too. Each question may have several answers: whoever stamps pictures here is to be heard.
        if (asked.sec, asked.nanosec) in self._asked:
            times = messages.from_time(asked), messages.from_time(answer.time_ref), self._node.ros_now()
            self._other.hear(answer.source, *times, time.monotonic())

    def _look(self) -> None:
        now = time.monotonic()
        clocks = self.clocks(now, sane=True)
        trouble = ""
        if not clocks.told and now - self._begun > _GRACE:
            trouble = (
                "nobody tells the clock that stamps the pictures, so the laser stays dark: start this package's camera node,"
                " or set clock.camera_here where another package's runs on this machine"
            )
        elif not clocks.agree and (bounds := self._other.bounds(now)):
            by = sum(bounds) / 2
            side = "ahead of" if by > 0 else "behind"
            trouble = f"the camera's clock is {abs(by):.3f} s {side} this machine's, so the laser stays dark: {_CURE}"
        if bool(trouble) != bool(self._trouble):
            log = self._node.get_logger()
            log.error(trouble) if trouble else log.info("the camera's clock is as it should be")
        self._trouble = trouble
