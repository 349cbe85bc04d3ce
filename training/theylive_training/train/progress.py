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

"""How far a long piece of work is, and how long it still takes: a bar on a terminal, a few plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from tqdm import tqdm

_SHARE, _PAUSE = 0.1, 10.0  # between two plain lines: this share of the work and this many seconds at least


class Progress:
    """Shown on stderr while the `with` block runs."""

    def __init__(self, what: str, total: int, done: int = 0) -> None:
        """total: steps of the whole work; done: steps that an earlier run has done, which do not count into the speed."""
        self._what, self._total, self._done, self._first = what, total, done, done
        self._began = self._said_at = time.monotonic()
        self._said = done
        self._bar = None
        if sys.stderr.isatty():
            self._bar = tqdm(
                total=total, initial=done, desc=what, dynamic_ncols=True, bar_format="{desc}: {percentage:3.0f}% |{bar}|{postfix}"
            )

    def __enter__(self) -> Progress:
        """The progress itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Leave the bar as it stands."""
        if self._bar is not None:
            self._bar.close()

    def advance(self, steps: int = 1, note: str = "") -> None:
        """Note that `steps` more are done; note: what else to show."""
        self._done += steps
        told = ", ".join(filter(None, [note, self.left()]))
        if self._bar is not None:
            self._bar.set_postfix_str(told, refresh=False)
            self._bar.update(steps)
            return
        now = time.monotonic()
        if self._done - self._said >= _SHARE * self._total and now - self._said_at >= _PAUSE:
            self._said, self._said_at = self._done, now
            print(f"{self._what}: {self._done / self._total:.0%}, {told}", file=sys.stderr, flush=True)

    def left(self) -> str:
        """The time left in words, at the speed of this run so far."""
        new = self._done - self._first
        if not new:
            return ""
        return f"{in_words((time.monotonic() - self._began) / new * (self._total - self._done))} left"


def say(line: str) -> None:
    """Print a line to stdout, above a bar where one is shown."""
    tqdm.write(line, file=sys.stdout)
    sys.stdout.flush()


def in_words(seconds: float) -> str:
    """A duration for a person: 40 s, 12 min, 3.1 h."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
