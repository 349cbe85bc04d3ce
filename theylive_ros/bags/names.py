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

"""Names of topics as they were recorded, and as they are in another namespace."""

from __future__ import annotations

from collections.abc import Iterable

from theylive_ros.bags.errors import BagError
from theylive_ros.bags.frames import find_sources, space_of
from theylive_ros.bags.reader import BagReader


def namespace_of(reader: BagReader) -> str:
    """The namespace of the rig that was recorded, without a slash at its end; found by its pictures where the recorder does not tell."""
    told = reader.custom.get("namespace")
    if told is not None:
        return told.rstrip("/")
    try:
        sources = find_sources(reader)
    except BagError:  # no rig, or several
        return ""
    return space_of(sources.picture or sources.detections)


def relative(topic: str, namespace: str) -> str:
    """A recorded name as it is in any namespace; one outside of the rig's stays as it is."""
    return topic.removeprefix(f"{namespace}/") if topic.startswith(f"{namespace}/") else topic


def chosen(topics: Iterable[str], namespace: str, only: Iterable[str], exclude: Iterable[str]) -> list[str]:
    """Those of the recorded topics that `only` names (empty: all), without those that `exclude` does. Both may be relative or full."""
    only, exclude = set(only), set(exclude)

    def named(topic: str, names: set[str]) -> bool:
        return topic in names or relative(topic, namespace) in names

    return [topic for topic in topics if (named(topic, only) if only else True) and not named(topic, exclude)]
