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

"""How long to wait before a lost camera is opened again."""

from __future__ import annotations


class Backoff:
    """Waiting times that grow by a factor from the first to the longest (s). Pure arithmetic: the caller does the waiting."""

    def __init__(self, first: float = 0.5, factor: float = 2.0, longest: float = 10.0) -> None:
        """Raises ValueError unless 0 < first <= longest and factor >= 1."""
        if not (0 < first <= longest and factor >= 1):
            raise ValueError(f"Backoff({first}, {factor}, {longest}): needs 0 < first <= longest and factor >= 1")
        self._first, self._factor, self._longest = first, factor, longest
        self._wait = first

    def next(self) -> float:
        """The next waiting time (s)."""
        wait, self._wait = self._wait, min(self._wait * self._factor, self._longest)
        return wait

    def reset(self) -> None:
        """It worked: begin with the first waiting time again."""
        self._wait = self._first
