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

"""How a planner reaches a controller: in its own process and time, as a child process, or over a Unix socket."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from theylive_ros.controller.executor import Executor, play
from theylive_ros.controller.server import MAX_PATH
from theylive_ros.controller.session import Session
from theylive_ros.controller.stream import FdStream, StreamClosedError


class Transport(Protocol):
    """What a link needs. `StreamClosedError` is raised by `send` and `receive` once the controller is gone."""

    def send(self, data: bytes) -> None:
        """Never waits."""

    def receive(self) -> bytes:
        """What has come, b"" if nothing."""

    def fileno(self) -> int:
        """To wait for something to read; -1 where there is nothing to wait for."""

    def close(self) -> None:
        """Safe to call twice."""


class LoopbackTransport:
    """Straight onto an executor in the same thread, in the time of `clock` (s, virtual or not): every due moment is played exactly.

    The executor must have been opened; closing the transport makes it dark, but leaves it open to its owner.
    """

    def __init__(self, executor: Executor, clock: Callable[[], float] = time.monotonic) -> None:
        self.executor = executor
        self._clock = clock
        self._session = Session(executor)
        self._answers = b""
        self._closed = False

    def advance(self) -> int:
        """Play the executor up to now; returns the clock in us."""
        now_us = round(self._clock() * 1e6)
        play(self.executor, now_us)
        return now_us

    def send(self, data: bytes) -> None:
        """Heard and answered at once."""
        if self._closed:
            raise StreamClosedError("the link is closed")
        now_us = self.advance()
        self._answers += self._session.receive(data, now_us)

    def receive(self) -> bytes:
        """Plays the executor up to now, too."""
        if self._closed:
            raise StreamClosedError("the link is closed")
        self.advance()
        answers, self._answers = self._answers + self._session.news(), b""
        return answers

    def fileno(self) -> int:
        """-1: there is nothing to wait for."""
        return -1

    def close(self) -> None:
        """The executor sees the end of its stream."""
        if not self._closed:
            self._closed = True
            self._session.end(self.advance())


class ProcessTransport:
    """A controller in a small process of its own, which goes dark and ends when this side closes or dies."""

    def __init__(self, lines: str, settings: Mapping[str, Any] | None = None) -> None:
        """lines: `module:Class` of the lines plugin. settings: {"lines": {its config's values}, "executor": {ExecutorSettings' values},
        "process": {"priority": 0..99, "spin_us": 0..100}}, all optional."""
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-m", "theylive_ros.controller", "--lines", lines, "--settings", json.dumps(dict(settings or {}))]
        with theirs:
            # A session of its own: Ctrl-C is for the planner, whose closed stream is the end of this one.
            self.process = subprocess.Popen(command, stdin=theirs, stdout=theirs, start_new_session=True)
        self._stream = FdStream(ours.fileno(), ours.fileno(), ours.close)

    def send(self, data: bytes) -> None:
        """Never waits."""
        self._said(self._stream.send, data)

    def receive(self) -> bytes:
        """What has come."""
        return self._said(self._stream.receive)

    def fileno(self) -> int:
        """Of the socket to the child."""
        return self._stream.fileno()

    def close(self, timeout: float = 1.0) -> None:
        """Close the stream, upon which the child ends by itself; after `timeout` s it is killed."""
        self._stream.close()
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _said(self, call: Callable[..., Any], *args: Any) -> Any:
        try:
            return call(*args)
        except StreamClosedError as error:
            code = self.process.poll()
            ended = f"the controller process {self.process.pid} has ended" + ("" if code is None else f" with code {code}")
            raise StreamClosedError(f"{ended}; its last words are on stderr") from error


class SocketTransport(FdStream):
    """A controller that listens on a Unix socket, such as the simulator."""

    def __init__(self, path: str) -> None:
        """OSError in one line if nobody listens there."""
        if len(os.fsencode(path)) > MAX_PATH:
            raise OSError(f"{path}: a socket path has {MAX_PATH} bytes at most; use a shorter folder such as /tmp")
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(path)
        except OSError as error:
            connection.close()
            raise OSError(f"no controller listens on {path} ({error.strerror}): start the simulator, or correct the path") from error
        super().__init__(connection.fileno(), connection.fileno(), connection.close)
