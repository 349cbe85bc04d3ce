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

"""Something to do for every core: jobs first, and when none is left, counting in circles until told to stop."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import traceback
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection
from typing import Any

# Not fork: the bench has threads. Not spawn: the modules are imported once.
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["theylive_ros.benching.rig_process"])
_STINT = 20_000  # rounds between two looks whether to stop

Job = tuple[Callable[..., Any], tuple[Any, ...]]


class JobError(Exception):
    """A job has failed; its traceback."""


class Load:
    """Worker processes that keep all cores busy. Use as a context."""

    def __init__(self, jobs: Sequence[Job], cores: int | None = None) -> None:
        """jobs: functions of a module, with arguments that can be pickled; results come in their order. cores: default all there are."""
        self._jobs = list(jobs)
        self._stop = CONTEXT.Event()
        self._next = CONTEXT.Value("i", 0)
        self._workers: list[tuple[Any, Connection]] = []
        self._results: dict[int, Any] = {}
        for _ in range(cores or os.cpu_count() or 1):
            ours, theirs = CONTEXT.Pipe(duplex=False)
            process = CONTEXT.Process(target=_work, args=(self._jobs, self._next, self._stop, theirs), daemon=True)
            process.start()
            theirs.close()
            self._workers.append((process, ours))

    def results(self) -> Iterator[tuple[int, Any]]:
        """(number of the job, its result), each as soon as it is done. Raises JobError."""
        while len(self._results) < len(self._jobs):
            for ready in multiprocessing.connection.wait([pipe for _, pipe in self._workers]):
                try:
                    number, result, trouble = ready.recv()  # type: ignore[union-attr]
                except EOFError:
                    raise JobError("a worker process has ended before its jobs were done") from None
                if trouble:
                    raise JobError(trouble)
                self._results[number] = result
                yield number, result

    def close(self) -> None:
        """End the workers, also in the midst of a job. Safe to call twice."""
        self._stop.set()
        for process, pipe in self._workers:
            process.terminate() if len(self._results) < len(self._jobs) else None
            process.join(5.0)
            if process.is_alive():
                process.kill()
                process.join()
            pipe.close()
        self._workers = []

    def __enter__(self) -> Load:
        """Already running."""
        return self

    def __exit__(self, *error: object) -> None:
        """Ends the workers."""
        self.close()


def _work(jobs: list[Job], turn: Any, stop: Any, pipe: Connection) -> None:
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        while not stop.is_set():
            with turn.get_lock():
                number = turn.value
                turn.value += 1
            if number >= len(jobs):
                break
            call, arguments = jobs[number]
            try:
                pipe.send((number, call(*arguments), ""))
            except Exception:
                pipe.send((number, None, traceback.format_exc()))
        while not stop.is_set():
            for _ in range(_STINT):
                pass
