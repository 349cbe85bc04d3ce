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

"""Rates, drops and latencies of a node, for its diagnostics and for the demo's report."""

from __future__ import annotations

import collections
import threading
import time
from collections.abc import Callable, Iterable


def percentiles(values: Iterable[float]) -> dict[str, float]:
    """p50, p95 and p99 by the nearest-rank definition, and max; empty for no values."""
    ordered = sorted(values)
    if not ordered:
        return {}
    rank = {name: ordered[max(0, -(-len(ordered) * q // 100) - 1)] for name, q in (("p50", 50), ("p95", 95), ("p99", 99))}
    return {**rank, "max": ordered[-1]}


class Meter:
    """Counts events and keeps the last latencies. Any thread may write."""

    def __init__(self, window: int = 1000, clock: Callable[[], float] = time.monotonic) -> None:
        self._lock = threading.Lock()
        self._window = window
        self._clock = clock
        self._counts: dict[str, int] = {}
        self._latencies: dict[str, collections.deque[float]] = {}
        self._last_counts: dict[str, int] = {}
        self._last_time = clock()

    def count(self, name: str, times: int = 1) -> None:
        """Something happened."""
        with self._lock:
            self._counts[name] = self._counts.get(name, 0) + times

    def latency(self, name: str, seconds: float) -> None:
        """Something took this long."""
        with self._lock:
            self._latencies.setdefault(name, collections.deque(maxlen=self._window)).append(seconds)

    def counts(self) -> dict[str, int]:
        """All counts since the start."""
        with self._lock:
            return dict(self._counts)

    def latencies(self) -> dict[str, dict[str, float]]:
        """p50, p95, p99 and max (s) of each latency over the last `window` of its values."""
        with self._lock:
            kept = {name: list(values) for name, values in self._latencies.items()}
        return {name: percentiles(values) for name, values in kept.items()}

    def rates(self) -> dict[str, float]:
        """Events per second of each count since this was last asked."""
        with self._lock:
            now, counts = self._clock(), dict(self._counts)
            passed = max(now - self._last_time, 1e-9)
            rates = {name: (n - self._last_counts.get(name, 0)) / passed for name, n in counts.items()}
            self._last_counts, self._last_time = counts, now
        return rates
