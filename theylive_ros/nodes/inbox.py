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

"""What callbacks leave for a worker thread to take, in the order in which it came."""

from __future__ import annotations

import collections
import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class Inbox(Generic[T]):
    """Holds at most `most` items; beyond that the oldest go."""

    def __init__(self, most: int = 256) -> None:
        self._condition = threading.Condition()
        self._items: collections.deque[T] = collections.deque(maxlen=most)

    def put(self, item: T) -> None:
        """Leave an item; never waits."""
        with self._condition:
            self._items.append(item)
            self._condition.notify()

    def take_all(self, timeout: float) -> list[T]:
        """Everything that is there; waits up to `timeout` seconds for a first item."""
        with self._condition:
            self._condition.wait_for(lambda: self._items, timeout)
            items = list(self._items)
            self._items.clear()
            return items
