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

"""The node `player`: a recording in place of the camera. It publishes what was recorded, as it was sent, and `/clock`."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.lifecycle import LifecyclePublisher
from rclpy.parameter import Parameter
from rclpy.publisher import Publisher
from rosgraph_msgs.msg import Clock

from theylive_ros.bags.decoded import COMPRESSED, IMAGE
from theylive_ros.bags.errors import BagError
from theylive_ros.bags.names import chosen, namespace_of, relative
from theylive_ros.bags.reader import BagReader
from theylive_ros.bags.timeline import Timeline
from theylive_ros.nodes import qos
from theylive_ros.nodes.bag_qos import from_bag
from theylive_ros.nodes.base import ManagedNode, Worker
from theylive_ros.nodes.figures import END_OF_STREAM
from theylive_ros.nodes.message_types import message_class
from theylive_ros.nodes.process import run_node
from theylive_ros.parting import leave
from theylive_ros.settings import setting

# What the nodes of this stack, or ROS itself, say anew.
_ANEW = [
    "detections",
    "target",
    "detections_2d",
    "annotated",
    "annotated/compressed",
    "markers",
    "robot_description",
    "/tf",
    "/tf_static",
    "/diagnostics",
    "/parameter_events",
    "/rosout",
    "/clock",
]
_TICK = 0.01  # s between two words on /clock, at most


@dataclasses.dataclass(frozen=True)
class PlayerConfig:
    """Parameters of the node."""

    bag: str = setting("", "Recording: a folder, or one of its files", read_only=True)
    rate: float = setting(1.0, "Seconds of the recording in one second", low=0.01, high=100.0)
    paused: bool = setting(False, "Stand still, clock and all")
    loop: bool = setting(False, "Begin again at the end")
    offset: float = setting(0.0, "Where to begin, from the first message", unit="s", low=0.0, high=1e6, read_only=True)
    patience: float = setting(10.0, "Time to wait at most until somebody hears the pictures", unit="s", low=0.0, high=600.0, read_only=True)
    delay: float = setting(
        2.0, "Time to wait for others after the last one who began to hear the pictures", unit="s", low=0.0, high=60.0, read_only=True
    )
    topics: list[str] = setting([], "Publish these alone; empty: all but `exclude`; relative to the recorded namespace", read_only=True)
    exclude: list[str] = setting(_ANEW, "Do not publish these: other nodes say them anew", read_only=True)


class PlayerNode(ManagedNode):
    """Whoever listens needs `use_sim_time`; the player itself goes by the machine's clock."""

    def __init__(self, **options: object) -> None:
        super().__init__("player", **options)
        # It makes the time that others go by: its own timers would wait for it for ever.
        if self.get_parameter("use_sim_time").value:
            self.set_parameters([Parameter("use_sim_time", value=False)])
        self._config = self.declare(PlayerConfig)
        self._reader: BagReader | None = None
        self._publishers_by_topic: dict[str, LifecyclePublisher] = {}
        self._pictures: set[str] = set()
        self._clock_publisher: Publisher | None = None
        self._worker: Worker | None = None
        self._ended = False
        self._told: set[str] = set()
        self.ready()

    @property
    def ended(self) -> bool:
        """The recording is at its end, and does not begin again."""
        return self._ended

    def open(self) -> None:
        """Open the recording and announce its topics. A topic whose type is not installed is left out, and said."""
        config = self._config.value
        if not config.bag:
            raise BagError("parameter bag is empty: name a recording, e.g. bag:=monday")
        reader = self._reader = BagReader(Path(config.bag).expanduser())
        namespace = namespace_of(reader)
        for topic in chosen(reader.topics, namespace, config.topics, config.exclude):
            facts = reader.topics[topic]
            try:
                kind = message_class(facts.type)
            except BagError as error:
                self.get_logger().warning(f"{topic} is not played: {error}")
                continue
            name = relative(topic, namespace)
            self._publishers_by_topic[topic] = self.create_lifecycle_publisher(kind, name, from_bag(list(facts.qos)))
            if facts.type in (IMAGE, COMPRESSED):
                self._pictures.add(topic)
        if not self._publishers_by_topic:
            raise BagError(f"{config.bag} holds nothing to play; it has: {', '.join(reader.topics) or 'no topic'}")
        if config.offset > reader.seconds:
            raise BagError(f"offset is {config.offset} s; {config.bag} lasts {reader.seconds:.1f} s")
        self._clock_publisher = self.create_publisher(Clock, "/clock", qos.CLOCK)
        self.get_logger().info(f"{config.bag}: {reader.seconds:.1f} s, {', '.join(self._publishers_by_topic)}")
        self._tell_damage()

    def start(self) -> None:
        """Begin to play, at the beginning."""
        self._ended = False
        self._worker = Worker(self, "play", self._play)

    def stop(self) -> None:
        """Stop playing."""
        if self._worker is not None:
            self._worker.join()
            self._worker = None

    def close(self) -> None:
        """Close the recording."""
        for publisher in [*self._publishers_by_topic.values(), *([self._clock_publisher] if self._clock_publisher else [])]:
            self.destroy_publisher(publisher)
        self._publishers_by_topic, self._pictures, self._clock_publisher = {}, set(), None
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def health(self) -> tuple[bytes, str]:
        """Warns of a damaged recording."""
        damage = self._reader.damage if self._reader is not None else []
        if damage:
            return DiagnosticStatus.WARN, f"cannot be read: {damage[0]}"
        return DiagnosticStatus.OK, END_OF_STREAM if self._ended else "paused" if self._config.value.paused else "active"

    def facts(self) -> dict[str, str]:
        """Which recording."""
        return {"bag": self._config.value.bag}

    def _play(self, worker: Worker) -> None:
        reader = self._reader
        first = reader.first + round(self._config.value.offset * 1e9)
        if not self._wait_for_listeners(worker, first):
            return
        while not worker.stopping.is_set():
            timeline = Timeline(first)
            for message in reader.messages(self._publishers_by_topic, first):
                if not self._wait(worker, timeline, message.stamp):
                    return
                if message.topic in self._pictures:
                    self._tick(message.stamp)
                    self.meter.count("frames")
                self._publishers_by_topic[message.topic].publish(message.data)
                self.meter.count("messages")
            self._tell_damage()
            if not self._config.value.loop:
                self._ended = True
                self.get_logger().info(END_OF_STREAM)
                return
            if worker.pause(_TICK):  # however short the recording is
                return

    def _wait_for_listeners(self, worker: Worker, first: int) -> bool:
        """A detector that still loads its model would miss the beginning. False when it is to end."""
        config = self._config.value
        awaited = [self._publishers_by_topic[topic] for topic in self._pictures or self._publishers_by_topic]
        listeners, last = 0, time.monotonic() + config.patience
        begin = last + config.delay
        while (now := time.monotonic()) < begin:
            count = sum(publisher.get_subscription_count() for publisher in awaited)
            if count > listeners and now < last:
                begin = now + config.delay
            listeners = count
            self._tick(first)
            if worker.pause(_TICK):
                return False
        return True

    def _wait(self, worker: Worker, timeline: Timeline, stamp: int) -> bool:
        """Let time pass until `stamp`; False when it is to end."""
        while True:
            config = self._config.value
            rate = 0.0 if config.paused else config.rate
            at = timeline.advance(time.monotonic(), rate)
            wait = timeline.wait_for(stamp, rate)
            if wait <= 0 and not config.paused:
                return not worker.stopping.is_set()
            self._tick(at)
            if worker.pause(min(wait, _TICK)):
                return False

    def _tick(self, stamp: int) -> None:
        self._clock_publisher.publish(Clock(clock=Time(sec=stamp // 1_000_000_000, nanosec=stamp % 1_000_000_000)))

    def _tell_damage(self) -> None:
        for line in self._reader.damage:
            if line not in self._told:
                self._told.add(line)
                self.get_logger().warning(f"cannot be read: {line}")


def main() -> None:
    """Run the node as a process."""
    leave(run_node(PlayerNode))
