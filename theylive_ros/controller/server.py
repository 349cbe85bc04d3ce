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

"""Runs an executor in real time behind a stream or a Unix socket: sleeps until the next due moment or the next byte."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import time
from collections.abc import Callable
from typing import Protocol

from theylive_ros.controller import protocol as p
from theylive_ros.controller.executor import Executor, play
from theylive_ros.controller.messages import UNKNOWN
from theylive_ros.controller.session import Session
from theylive_ros.controller.stream import FdStream, StreamClosedError

MAX_PATH = 107  # bytes: what the kernel keeps of a Unix socket's path
EXACT_PAUSE_US = 2000  # simulated motors need no waking for every pulse
LONGEST_WAIT_US = 100_000  # how long a stop event may go unseen


class StopEvent(Protocol):
    """threading.Event or anything with its `is_set`."""

    def is_set(self) -> bool:
        """Whether to end."""


def monotonic_us() -> int:
    """The monotonic clock in whole microseconds."""
    return time.monotonic_ns() // 1000


def serve(
    executor: Executor,
    stream: FdStream,
    stop: StopEvent,
    *,
    clock_us: Callable[[], int] = monotonic_us,
    spin_us: int = 0,
    exact: bool = False,
) -> None:
    """Serve one planner until its stream ends, it says BYE, or `stop` is set. Opens nothing and closes only the stream.

    spin_us: wake this much earlier and wait for the exact moment with the processor busy (100 at most is sensible). exact: every due
    moment is played at its own time even when this loop comes late; for simulated motors only.
    """
    _converse(_Pace(executor, clock_us, spin_us, exact), stream, stop)


class SocketServer:
    """Listens on a Unix socket; one planner at a time, the next may come when it has gone."""

    def __init__(self, path: str) -> None:
        """Take the path; a file left by a dead server is replaced. OSError in one line if it cannot be had."""
        self.path = _fitting(path)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            _bind(self._listener, path)
            self._listener.listen(4)
            self._listener.setblocking(False)
        except OSError:
            self._listener.close()
            raise

    def serve(
        self,
        executor: Executor,
        stop: StopEvent,
        *,
        clock_us: Callable[[], int] = monotonic_us,
        spin_us: int = 0,
        exact: bool = False,
    ) -> None:
        """Serve planners until `stop` is set; the executor goes on between them. See `serve` for the rest."""
        pace = _Pace(executor, clock_us, spin_us, exact)
        while not stop.is_set():
            executor.take_notices()  # nobody is there to hear them
            if pace.wait([self._listener.fileno()]):
                planner = self._accept()
                if planner is not None:
                    _converse(pace, FdStream(planner.fileno(), planner.fileno(), planner.close), stop, self)

    def close(self) -> None:
        """Stop listening and remove the file. Safe to call twice."""
        if self._listener.fileno() >= 0:
            self._listener.close()
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.path)

    def fileno(self) -> int:
        """Readable when a planner calls."""
        return self._listener.fileno()

    def turn_away(self) -> None:
        """Tell a second planner that the controller is taken."""
        second = self._accept()
        if second is not None:
            with contextlib.suppress(OSError), second:
                second.send(p.encode(p.Refusal(UNKNOWN, "busy", "another planner is connected"), 0))

    def _accept(self) -> socket.socket | None:
        try:
            return self._listener.accept()[0]
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return None


class _Pace:
    """When to wake, and how to bring the executor up to the present."""

    def __init__(self, executor: Executor, clock_us: Callable[[], int], spin_us: int, exact: bool) -> None:
        self.executor, self.clock_us = executor, clock_us
        self._spin_us, self._exact = spin_us, exact

    def catch_up(self) -> int:
        """Make what is due; returns the time."""
        now_us = self.clock_us()
        if self._exact:
            play(self.executor, now_us)
        else:
            self.executor.advance(now_us)
        return now_us

    def wait(self, fds: list[int]) -> list[int]:
        """Make what is due, then sleep until the next due moment or until something can be read; returns what can. A switch that moves is
        acted on at once.

        select, because poll and epoll only know whole milliseconds.
        """
        due_us = self.executor.due_us if self.catch_up() < self.executor.due_us else 0
        if self._exact:
            due_us = max(due_us, self.clock_us() + EXACT_PAUSE_US)
        wait_us = min(due_us - self.clock_us(), LONGEST_WAIT_US)
        switches = self.executor.fds()
        readable = select.select([*fds, *switches] if switches else fds, [], [], max(0, wait_us - self._spin_us) * 1e-6)[0]
        if switches and not set(switches).isdisjoint(readable):
            self.executor.look(self.clock_us())
            return [fd for fd in readable if fd not in switches]
        if self._spin_us and not readable and wait_us < LONGEST_WAIT_US:
            while self.clock_us() < due_us:
                pass
        return readable


def _converse(pace: _Pace, stream: FdStream, stop: StopEvent, listener: SocketServer | None = None) -> None:
    session = Session(pace.executor)
    fds = [stream.fileno()] + ([listener.fileno()] if listener else [])
    try:
        while not (stop.is_set() or session.over):
            readable = pace.wait(fds)
            stream.send(session.news())
            if stream.fileno() in readable:
                data = stream.receive()
                stream.send(session.receive(data, pace.catch_up()))
            if listener and listener.fileno() in readable:
                listener.turn_away()
    except StreamClosedError:
        pass
    finally:
        session.end(pace.clock_us())
        stream.close()


def _fitting(path: str) -> str:
    size = len(os.fsencode(path))
    if size > MAX_PATH:
        raise OSError(
            errno.ENAMETOOLONG, f"socket path of {size} bytes, the kernel takes {MAX_PATH}: use a shorter folder such as /tmp", path
        )
    return path


def _bind(listener: socket.socket, path: str) -> None:
    try:
        listener.bind(path)
        return
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise OSError(error.errno, f"{error.strerror}: does the folder exist, may this user write to it", path) from error
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:  # nobody listens: left by a server that was killed
            os.unlink(path)
            listener.bind(path)
            return
    raise OSError(errno.EADDRINUSE, "another controller listens there: end it, or use another path", path)
