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

"""What is recorded and how, read from a file in the form of rosbag2's recorder (config/record.yaml)."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import yaml

from theylive_ros.bags.errors import BagError
from theylive_ros.bags.writer import STORAGES, Storage

PRESETS = ("none", "zstd_fast")
_RECORD = {"topics": list, "qos_profile_overrides_path": str}
_STORAGE = {"storage_id": str, "storage_preset_profile": str, "max_bagfile_size": int, "max_bagfile_duration": int}
# Words of rosbag2's overrides, of which one of each is wanted.
_POLICIES = {
    "history": ("keep_last", "keep_all"),
    "reliability": ("reliable", "best_effort"),
    "durability": ("volatile", "transient_local"),
}
_LONGEST_QUEUE = 10_000


@dataclasses.dataclass(frozen=True)
class Wanted:
    """How a topic is subscribed: None leaves it to those who publish it."""

    history: str = "keep_last"
    depth: int = 100
    reliability: str | None = None
    durability: str | None = None


@dataclasses.dataclass(frozen=True)
class Profile:
    """topics: as they stand in the file, relative to a namespace or full. qos: by topic."""

    topics: tuple[str, ...]
    storage: Storage
    qos: dict[str, Wanted]

    def wanted(self, topic: str) -> Wanted:
        """How a topic of this profile is subscribed. Overrides are written with full names; a namespace does not matter here."""
        return self.qos.get(topic) or self.qos.get(f"/{topic}") or Wanted()


def load_profile(path: Path) -> Profile:
    """Read a profile and the QoS overrides that it names. Raises BagError."""
    sections = [s["ros__parameters"] for s in _read(path).values() if isinstance(s, dict) and isinstance(s.get("ros__parameters"), dict)]
    if len(sections) != 1:
        raise BagError(f"{path}: one section with ros__parameters is wanted, there are {len(sections)}; see config/record.yaml")
    record = _checked(path, sections[0], "record", _RECORD)
    storage = _checked(path, sections[0], "storage", _STORAGE)
    strange = sorted(set(sections[0]) - {"record", "storage"})
    if strange:
        raise BagError(f"{path}: {', '.join(strange)} is nothing that is known here; there are: record, storage")
    topics = record.get("topics", [])
    if not topics or not all(isinstance(topic, str) and topic.strip("/") for topic in topics):
        raise BagError(f"{path}: record.topics must be a list of topic names")
    overrides = record.get("qos_profile_overrides_path", "")
    qos = load_overrides(path.parent / overrides) if overrides else {}
    return Profile(tuple(dict.fromkeys(topics)), _storage(path, storage), qos)


def load_overrides(path: Path) -> dict[str, Wanted]:
    """Read a file of QoS overrides, as rosbag2 has them. Raises BagError."""
    found = {}
    for topic, values in _read(path).items():
        if not isinstance(values, dict):
            raise BagError(f"{path}: {topic} must hold policies such as reliability: best_effort")
        for name, value in values.items():
            if name == "depth":
                if not isinstance(value, int) or not 1 <= value <= _LONGEST_QUEUE:
                    raise BagError(f"{path}: {topic}: depth is {value!r}; it must be from 1 to {_LONGEST_QUEUE}")
            elif name not in _POLICIES:
                raise BagError(f"{path}: {topic}: no policy {name!r} is known here; there are: {', '.join(_POLICIES)}, depth")
            elif value not in _POLICIES[name]:
                raise BagError(f"{path}: {topic}: {name} is {value!r}; it must be one of {', '.join(_POLICIES[name])}")
        found[str(topic)] = Wanted(**values)
    return found


def _storage(path: Path, values: dict[str, Any]) -> Storage:
    kind, preset = values.get("storage_id", "mcap"), values.get("storage_preset_profile") or "none"
    if kind not in STORAGES:
        raise BagError(f"{path}: storage.storage_id is {kind!r}; it must be one of {', '.join(STORAGES)}")
    if preset not in PRESETS:
        raise BagError(f"{path}: storage.storage_preset_profile is {preset!r}; it must be one of {', '.join(PRESETS)}")
    size, duration = values.get("max_bagfile_size", 0), values.get("max_bagfile_duration", 0)
    if size < 0 or duration < 0:
        raise BagError(f"{path}: storage.max_bagfile_size and max_bagfile_duration must be 0 or more")
    return Storage(kind, preset == "zstd_fast", size, float(duration))


def _checked(path: Path, section: dict[str, Any], name: str, known: dict[str, type]) -> dict[str, Any]:
    values = section.get(name, {})
    if not isinstance(values, dict):
        raise BagError(f"{path}: {name} must hold values such as {next(iter(known))}")
    for key, value in values.items():
        if key not in known:
            raise BagError(f"{path}: no {name}.{key} is known here; there are: {', '.join(known)}")
        if not isinstance(value, known[key]) or isinstance(value, bool):
            raise BagError(f"{path}: {name}.{key} is {value!r}; it must be of type {known[key].__name__}")
    return values


def _read(path: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as cause:
        raise BagError(f"{path} cannot be read ({cause.strerror})") from cause
    except (yaml.YAMLError, UnicodeDecodeError) as cause:
        raise BagError(f"{path} is no YAML: {' '.join(str(cause).split())}") from cause
    if not isinstance(found, dict):
        raise BagError(f"{path} holds no settings; see config/record.yaml")
    return found
