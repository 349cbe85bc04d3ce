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

"""Brings together what a recording holds of each frame: the picture, and what was said of it when it was taken."""

from __future__ import annotations

import dataclasses
import heapq
from collections.abc import Iterator

from theylive_ros.bags.contents import Message
from theylive_ros.bags.decoded import COMPRESSED, IMAGE, stamp_of
from theylive_ros.bags.errors import BagError
from theylive_ros.bags.reader import BagReader

DETECTIONS, TARGET = "theylive_msgs/msg/Detections", "theylive_msgs/msg/Target"
# What is said of a frame comes later than the frame, but not later than this (ns of log time): so much is held in memory.
_HORIZON = 2_000_000_000
_PICTURES = ("image_raw/compressed", "image_raw")


@dataclasses.dataclass
class RecordedFrame:
    """A frame by its stamp (ns), and the messages that belong to it; None for what is not there."""

    stamp: int
    picture: Message | None = None
    detections: Message | None = None
    target: Message | None = None

    @property
    def processed(self) -> bool:
        """Whether the run that was recorded has said anything of it."""
        return self.detections is not None or self.target is not None


@dataclasses.dataclass(frozen=True)
class Sources:
    """The topics of one rig; empty for one that the recording does not hold."""

    picture: str
    detections: str
    target: str


def find_sources(reader: BagReader, picture: str = "") -> Sources:
    """Which topics are one rig's. picture: the topic of the pictures, where it is not to be found by its name. Raises BagError."""
    of_kind = [name for name, t in reader.topics.items() if t.type in (IMAGE, COMPRESSED) and t.count]
    if picture and picture not in of_kind:
        raise BagError(f"no pictures on {picture}; there are some on: {', '.join(of_kind) or 'no topic'}")
    found = [picture] if picture else [n for n in of_kind if n.endswith(tuple(f"/{p}" for p in _PICTURES))]
    spaces = sorted({space_of(name) for name in found})
    if len(spaces) > 1:
        raise BagError(f"several cameras: {', '.join(found)}; choose one with --image")
    heard = [n for n, t in reader.topics.items() if t.type == DETECTIONS and t.count]
    space = spaces[0] if spaces else (space_of(heard[0]) if len(heard) == 1 else reader.custom.get("namespace", "/").rstrip("/"))

    def named(short: str, kind: str) -> str:
        name = f"{space}/{short}"
        return name if name in reader.topics and reader.topics[name].type == kind and reader.topics[name].count else ""

    sources = Sources(found[0] if found else "", named("detections", DETECTIONS), named("target", TARGET))
    if not (sources.picture or sources.detections):
        raise BagError(f"{reader.path} holds neither pictures nor detections: nothing can be replayed; 'theylive info' says what it holds")
    return sources


def frames(reader: BagReader, sources: Sources) -> Iterator[RecordedFrame]:
    """Every frame of the recording of which anything is known, in the order of their stamps. Messages without a stamp are passed over."""
    roles = {sources.picture: "picture", sources.detections: "detections", sources.target: "target"}
    roles.pop("", None)
    waiting: dict[int, RecordedFrame] = {}
    order: list[tuple[int, int]] = []  # stamp, log time at which its first message came
    for message in reader.messages(roles):
        try:
            stamp = stamp_of(message.data)
        except BagError:
            continue
        if stamp not in waiting:
            waiting[stamp] = RecordedFrame(stamp)
            heapq.heappush(order, (stamp, message.stamp))
        setattr(waiting[stamp], roles[message.topic], message)
        while order and message.stamp - order[0][1] > _HORIZON:
            yield waiting.pop(heapq.heappop(order)[0])
    while order:
        yield waiting.pop(heapq.heappop(order)[0])


def space_of(topic: str) -> str:
    """The namespace of a rig's topic."""
    for name in (*_PICTURES, "detections"):
        if topic.endswith(f"/{name}"):
            return topic[: -len(name) - 1]
    return topic.rpartition("/")[0]
