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

"""Reads a recording, whoever made it: a folder with rosbag2's metadata.yaml, or one file. What is damaged is named, the rest read."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import yaml
from rosbags.interfaces import Qos
from rosbags.typesys import Stores, get_types_from_idl, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

from theylive_ros.bags.compressed_bag import CompressedBag
from theylive_ros.bags.contents import DataFile, Message, TopicFacts
from theylive_ros.bags.definitions import Definitions
from theylive_ros.bags.errors import BagError
from theylive_ros.bags.mcap_reader import McapFile
from theylive_ros.bags.sqlite_reader import SqliteFile
from theylive_ros.bags.topic import parsed_qos

T = TypeVar("T")

SUFFIXES = (".mcap", ".db3")
# What is used of the metadata, and what else it may be than nothing.
_SHAPES = {"custom_data": dict, "files": list, "relative_file_paths": list, "topics_with_message_count": list}
_KINDS: dict[str, type[McapFile] | type[SqliteFile]] = dict(zip(SUFFIXES, (McapFile, SqliteFile), strict=True))


class BagReader:
    """An open recording; a context manager.

    topics: facts by name. paths: the data files. first, last: log time (ns). custom: what the recorder told. damage: what cannot be
    read, one line each; it may grow while messages are read.
    """

    def __init__(self, path: Path) -> None:
        """Raises BagError when nothing at all can be read."""
        if not path.exists():
            raise BagError(f"there is no {path}: give the folder of a recording, or one of its .mcap or .db3 files")
        self.path = path
        self._noticed: list[str] = []
        self._files: list[DataFile] = []
        self._store: Typestore | None = None
        facts = self._read_metadata()
        self.custom: dict[str, str] = {str(k): str(v) for k, v in (facts.get("custom_data") or {}).items()}
        self.distro = str(facts.get("ros_distro") or "")
        self.version = facts.get("version")
        self._open_files(facts)
        self.topics = self._gather(_told_qos(facts))
        stamped = [file for file in self._files if any(t.count for t in file.topics.values())]
        self.first = min((file.first for file in stamped), default=0)
        self.last = max((file.last for file in stamped), default=0)

    @property
    def damage(self) -> list[str]:
        """What could not be read so far."""
        return [*self._noticed, *(line for file in self._files for line in file.damage)]

    @property
    def files(self) -> list[str]:
        """Names of the data files that are read."""
        return [file.name for file in self._files]

    @property
    def count(self) -> int:
        """Messages, as far as known without reading them."""
        return sum(topic.count for topic in self.topics.values())

    @property
    def seconds(self) -> float:
        """From the first message to the last (s)."""
        return (self.last - self.first) / 1e9

    def messages(self, topics: Collection[str] | None = None, start: int = 0) -> Iterator[Message]:
        """Messages of these topics (None: all) from log time `start` (ns) on, file by file, in each of them in the order of reception."""
        wanted = self.topics.keys() if topics is None else set(topics)
        for file in self._files:
            yield from file.messages(wanted, start)

    def decode(self, message: Message) -> Any:
        """A message as an object with its fields as attributes. Raises BagError for an unknown type or bytes that are no such message."""
        kind = self.topics[message.topic].type
        try:
            return self.store.deserialize_cdr(message.data, kind)
        except Exception as cause:  # the decoder is generated: whatever its reading of wrong bytes leads to
            raise BagError(f"{message.topic}: a message at {message.stamp} is no {kind} ({type(cause).__name__})") from cause

    def read(self, message: Message, convert: Callable[[Any], T]) -> T:
        """A message in the types of the stages, by a function of `messages`. Raises BagError, also where the type had other fields then."""
        try:
            return convert(self.decode(message))
        except AttributeError as cause:
            kind = self.topics[message.topic].type
            raise BagError(f"{message.topic}: {kind} was another type when this was recorded ({cause})") from cause

    @property
    def store(self) -> Typestore:
        """The types of this recording, as they were when it was made; those that it does not tell as they are installed here."""
        if self._store is None:
            told = any(t.definition for t in self.topics.values())
            self._store = get_typestore(Stores.EMPTY if told else Stores.LATEST)
            for facts in self.topics.values():
                self._register(self._store, facts)
        return self._store

    def close(self) -> None:
        """Close all files."""
        for file in self._files:
            file.close()

    def __enter__(self) -> BagReader:
        """For a with statement."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close all files."""
        self.close()

    def _register(self, store: Typestore, facts: TopicFacts) -> None:
        try:
            text = facts.definition
            if not text:
                text = "" if facts.type in store.fielddefs else Definitions().find(facts.type).text
            if text.startswith("=" * 80 + "\nIDL: "):
                for part in text.split("=" * 80 + "\n")[1:]:
                    store.register(get_types_from_idl(part.split("\n", 1)[1]))
            elif text:
                store.register(get_types_from_msg(text, facts.type))
        except Exception as cause:  # a damaged or contradicting definition; its messages cannot be decoded, but copied
            self._noticed.append(f"type {facts.type}: {' '.join(str(cause).split()) or type(cause).__name__}")

    def _read_metadata(self) -> dict[str, Any]:
        if not self.path.is_dir():
            return {}
        path = self.path / "metadata.yaml"
        try:
            facts = dict(yaml.safe_load(path.read_text(encoding="utf-8"))["rosbag2_bagfile_information"])
            sound = all(isinstance(facts.get(name) or kind(), kind) for name, kind in _SHAPES.items())
            if not sound or not all(isinstance(name, str) and Path(name).name for name in facts.get("relative_file_paths") or []):
                raise ValueError
            return facts
        except FileNotFoundError:
            self._noticed.append("no metadata.yaml: the recorder did not end in order")
        except (OSError, yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError, ValueError) as cause:
            self._noticed.append(f"metadata.yaml cannot be used ({type(cause).__name__}): the files speak for themselves")
        return {}

    def _open_files(self, facts: dict[str, Any]) -> None:
        self.paths = self._paths(facts)
        if str(facts.get("compression_mode") or "none").lower() != "none":
            self._files = [CompressedBag(self.path)]
            return
        told = [file for file in facts.get("files") or [] if isinstance(file, dict) and isinstance(file.get("message_count"), int)]
        expected = {str(file.get("path")): file["message_count"] for file in told}
        for path in self.paths:
            try:
                file = _KINDS[path.suffix](path) if path.suffix in _KINDS else None
            except (BagError, OSError) as error:
                self._noticed.append(f"{path.name}: {getattr(error, 'strerror', None) or error}")
                continue
            if file is None:
                self._noticed.append(f"{path.name}: no file of a recording; one ends in {' or '.join(_KINDS)}")
                continue
            self._files.append(file)
            count = sum(topic.count for topic in file.topics.values())
            if count != expected.get(path.name, count):
                self._noticed.append(f"{path.name}: {count} messages of {expected[path.name]} are there")
        if not self._files:
            self.close()
            reason = "; ".join(self._noticed) if self.paths else f"it holds no data file, which ends in {' or '.join(_KINDS)}"
            raise BagError(f"{self.path} is no recording that can be read: {reason}")

    def _paths(self, facts: dict[str, Any]) -> list[Path]:
        """Files in order: those that the metadata lists, then those that lie there beside them."""
        if not self.path.is_dir():
            return [self.path]
        listed = [self.path / Path(name).name for name in facts.get("relative_file_paths") or []]
        there = sorted((p for p in self.path.iterdir() if p.suffix in _KINDS), key=_by_number)
        return [*listed, *(p for p in there if p not in listed)]

    def _gather(self, told: dict[str, tuple[Qos, ...]]) -> dict[str, TopicFacts]:
        found: dict[str, TopicFacts] = {}
        for file in self._files:
            for name, facts in file.topics.items():
                before = found.get(name)
                if before is None:
                    found[name] = dataclasses.replace(facts, qos=facts.qos or told.get(name, ()))
                else:
                    definition = before.definition or facts.definition
                    found[name] = dataclasses.replace(
                        before, count=before.count + facts.count, definition=definition, qos=before.qos or facts.qos
                    )
        return dict(sorted(found.items()))


def _told_qos(facts: dict[str, Any]) -> dict[str, tuple[Qos, ...]]:
    """The QoS of the topics by the metadata: not every writer tells it in the files, too."""
    try:
        topics = [entry["topic_metadata"] for entry in facts.get("topics_with_message_count") or []]
        return {str(topic["name"]): parsed_qos(topic.get("offered_qos_profiles")) for topic in topics}
    except (KeyError, TypeError, AttributeError):
        return {}


def _by_number(path: Path) -> tuple[list[int], str]:
    """So that file 10 comes after file 9."""
    return [int(digits) for digits in re.findall(r"\d+", path.stem)], path.name
