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

"""A recording that runs: whoever hears messages leaves them, a thread of its own writes them."""

from __future__ import annotations

import collections
import threading
import time
from collections.abc import Callable
from pathlib import Path

from theylive_ros.bags.topic import Topic
from theylive_ros.bags.writer import BagWriter, Storage

# What may wait for a slow disk (bytes); beyond that messages are dropped, and counted.
_PATIENCE = 128 << 20
_FLUSH_EVERY = 1.0  # s


class Recording:
    """Topics and messages may come from one other thread; the writer lives in this one's own, as sqlite3 wants it."""

    def __init__(self, folder: Path, storage: Storage, custom: dict[str, str] | None = None, patience: int = _PATIENCE) -> None:
        """folder: must not exist. custom: told in the metadata. patience: bytes that may wait. Raises BagError."""
        self._news = threading.Condition()
        self._waiting: collections.deque[Callable[[BagWriter], None]] = collections.deque()
        self._waiting_bytes = 0
        self._patience = patience
        self._numbers: dict[str, int] = {}
        self._closing = False
        self._custom = dict(custom or {})
        self._error: Exception | None = None
        self.counts: collections.Counter[str] = collections.Counter()
        self.dropped: collections.Counter[str] = collections.Counter()
        self.size = 0
        opened = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(folder, storage, opened), name="recording", daemon=True)
        self._thread.start()
        opened.wait()
        self._raise()

    def announce(self, topic: Topic) -> None:
        """A topic of which messages will come."""

        def add(writer: BagWriter) -> None:
            self._numbers[topic.name] = writer.add_topic(topic)

        self._leave(add, 0)

    def tell(self, key: str, value: str) -> None:
        """A fact for the metadata."""
        self._custom[key] = value

    def put(self, topic: str, stamp: int, data: bytes) -> None:
        """A message of an announced topic, received at `stamp` (ns). Never waits: what is too much is dropped and counted."""
        if self._waiting_bytes + len(data) > self._patience:
            self.dropped[topic] += 1
            return
        self.counts[topic] += 1
        self._leave(lambda writer: writer.write(self._numbers[topic], stamp, data), len(data))

    @property
    def failed(self) -> bool:
        """Writing has ended with an error, which `close` raises."""
        return self._error is not None

    def close(self) -> None:
        """Write what waits, finish the files. Raises BagError when anything could not be written."""
        with self._news:
            self._closing = True
            self._news.notify()
        self._thread.join()
        self._raise()

    def _leave(self, work: Callable[[BagWriter], None], size: int) -> None:
        with self._news:
            self._waiting.append(work)
            self._waiting_bytes += size
            self._news.notify()

    def _run(self, folder: Path, storage: Storage, opened: threading.Event) -> None:
        try:
            writer = BagWriter(folder, storage, self._custom)
        except Exception as error:  # whatever it is: raised again by the thread that waits
            self._error = error
            return
        finally:
            opened.set()
        try:
            self._write_all(writer)
        except Exception as error:
            self._error = error
        finally:
            try:
                writer.close()
            except Exception as error:
                self._error = self._error or error

    def _write_all(self, writer: BagWriter) -> None:
        flushed = time.monotonic()
        while True:
            with self._news:
                self._news.wait_for(lambda: self._waiting or self._closing, _FLUSH_EVERY)
                work, self._waiting = self._waiting, collections.deque()
                self._waiting_bytes = 0
                closing = self._closing
            for step in work:
                step(writer)
            self.size = writer.size
            if time.monotonic() - flushed >= _FLUSH_EVERY:
                writer.flush()
                flushed = time.monotonic()
            if closing and not work:
                return

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error
