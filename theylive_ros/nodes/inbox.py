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
