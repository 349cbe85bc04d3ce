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

"""What is in a recording's files, in whatever way it is read."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator
from typing import NamedTuple, Protocol

from rosbags.interfaces import Qos


class Message(NamedTuple):
    """One message: `stamp` when it was received (ns), `data` as it was sent (CDR)."""

    topic: str
    stamp: int
    data: bytes


@dataclasses.dataclass(frozen=True)
class TopicFacts:
    """A topic of a recording: type (`pkg/msg/Name`), its definition (empty: not recorded), number of messages, QoS of the publishers."""

    type: str
    definition: str
    count: int
    qos: tuple[Qos, ...]


class DataFile(Protocol):
    """An open file. first, last: log time (ns) of its messages, in any order; damage: what cannot be read, empty for nothing."""

    name: str
    topics: dict[str, TopicFacts]
    first: int
    last: int
    damage: list[str]

    def messages(self, topics: Collection[str], start: int) -> Iterator[Message]:
        """Messages of these topics from `start` (ns) on, as they were received. `damage` may grow."""

    def close(self) -> None:
        """Give everything back."""
