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

"""What a recording knows of a topic."""

from __future__ import annotations

import dataclasses
from typing import Any

from rosbags.interfaces import Qos
from rosbags.rosbag2.metadata import dump_qos_v8, parse_qos


def parsed_qos(told: Any) -> tuple[Qos, ...]:
    """The QoS that a recording tells of a topic, text or list as rosbag2's version has it; none where it cannot be understood."""
    try:
        return tuple(parse_qos(told))
    except Exception:  # from YAML's errors to those of a list that is none
        return ()


@dataclasses.dataclass(frozen=True)
class Definition:
    """A message type: `text` is its .msg file and those that it needs, as rosbag2 joins them; `digest` its RIHS01 hash."""

    text: str
    digest: str


@dataclasses.dataclass(frozen=True)
class Topic:
    """A topic by its full name, its type (`pkg/msg/Name`), and the QoS of those that published it."""

    name: str
    type: str
    definition: Definition
    qos: tuple[Qos, ...] = ()

    @property
    def qos_text(self) -> str:
        """The QoS as every rosbag2 up to Humble reads it: YAML with numbers. Newer ones read it too."""
        return dump_qos_v8(list(self.qos))
