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

"""The node behind `theylive record`: hears topics as they are sent, undecoded, and leaves them to a recording."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import partial
from typing import Any

from rclpy.exceptions import InvalidTopicNameException
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.topic_endpoint_info import TopicEndpointInfo
from rclpy.validate_topic_name import validate_topic_name

from theylive_ros.bags.definitions import Definitions
from theylive_ros.bags.errors import BagError
from theylive_ros.bags.profile import Profile, Wanted
from theylive_ros.bags.recording import Recording
from theylive_ros.bags.topic import Topic
from theylive_ros.nodes.bag_qos import to_bag
from theylive_ros.nodes.message_types import message_class
from theylive_ros.nodes.parameter_reader import ParameterReader

_LOOK_EVERY = 0.2  # s
_STAGES = ("detector", "selector")


def check_names(topics: Iterable[str]) -> None:
    """Raise BagError for what cannot be the name of a topic."""
    for topic in topics:
        try:
            validate_topic_name(topic)
        except InvalidTopicNameException as error:
            raise BagError(f"{topic!r} is no name of a topic ({str(error).splitlines()[0]}): mend it") from error


class Recorder(Node):
    """Subscribes what the profile wants as soon as somebody publishes it. Plain, not managed: it records until its process ends."""

    def __init__(self, profile: Profile, recording: Recording, **options: object) -> None:
        super().__init__("recorder", **options)
        self._profile, self._recording = profile, recording
        self._definitions = Definitions()
        self._missing = {self.resolve_topic_name(name): name for name in profile.topics}
        self._timer = self.create_timer(_LOOK_EVERY, self._look)
        recording.tell("namespace", self.get_namespace())
        # so that a replay runs the stages as they were
        self._stages = [ParameterReader(self, stage, partial(self._tell_parameters, stage)) for stage in _STAGES]
        self._look()

    @property
    def missing(self) -> list[str]:
        """Topics of the profile that nobody has published so far."""
        return sorted(self._missing)

    def _tell_parameters(self, stage: str, values: dict[str, Any]) -> None:
        self._recording.tell(f"parameters/{stage}", json.dumps(values))

    def _look(self) -> None:
        for stage in self._stages:
            stage.look()
        for name in list(self._missing):
            publishers = self.get_publishers_info_by_topic(name)
            if publishers:
                wanted = self._profile.wanted(self._missing.pop(name))
                try:
                    self._subscribe(name, publishers, wanted)
                except BagError as error:
                    self.get_logger().error(f"{name} is not recorded: {error}")

    def _subscribe(self, name: str, publishers: list[TopicEndpointInfo], wanted: Wanted) -> None:
        kinds = sorted({p.topic_type for p in publishers})
        if len(kinds) > 1:
            raise BagError(f"it is published as {' and as '.join(kinds)}: give one of them another name")
        kind = message_class(kinds[0])
        offered = tuple(to_bag(p.qos_profile) for p in publishers)
        self._recording.announce(Topic(name, kinds[0], self._definitions.find(kinds[0]), offered))
        self.create_subscription(kind, name, partial(self._hear, name), _subscribed(wanted, publishers), raw=True)

    def _hear(self, name: str, data: bytes) -> None:
        stamp = self.get_clock().now().nanoseconds
        if stamp:  # simulated time has begun
            self._recording.put(name, stamp, data)


def _subscribed(wanted: Wanted, publishers: list[TopicEndpointInfo]) -> QoSProfile:
    """What is left open is asked for as strictly as all publishers offer it."""
    offers = [p.qos_profile for p in publishers]
    reliable = all(o.reliability == ReliabilityPolicy.RELIABLE for o in offers)
    latched = all(o.durability == DurabilityPolicy.TRANSIENT_LOCAL for o in offers)
    return QoSProfile(
        history=HistoryPolicy[(wanted.history).upper()],
        depth=wanted.depth,
        reliability=ReliabilityPolicy[(wanted.reliability or ("reliable" if reliable else "best_effort")).upper()],
        durability=DurabilityPolicy[(wanted.durability or ("transient_local" if latched else "volatile")).upper()],
    )
