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

"""A byte stream that never waits: pipe, socket, pseudo-terminal or serial port, by its file descriptors."""

from __future__ import annotations

import os
from collections.abc import Callable

BACKLOG = 1 << 18  # bytes unread by the other side before it counts as dead


class StreamClosedError(Exception):
    """The other side is gone."""


class FdStream:
    """Reads and writes without waiting; what cannot be written yet is kept and written later."""

    def __init__(self, read_fd: int, write_fd: int, close: Callable[[], None]) -> None:
        os.set_blocking(read_fd, False)
        os.set_blocking(write_fd, False)
        self._read_fd, self._write_fd, self._close = read_fd, write_fd, close
        self._unsent = b""
        self._broken = ""
        self.closed = False

    def fileno(self) -> int:
        """To wait for something to read."""
        return self._read_fd

    def receive(self) -> bytes:
        """What has come, b"" if nothing. Raises StreamClosedError at the end of the stream, after its last bytes have been read."""
        if self.closed:
            raise StreamClosedError("the stream is closed")
        if not self._broken:
            self.send(b"")
        data = b""
        while True:
            try:
                chunk = os.read(self._read_fd, 65536)
            except BlockingIOError:
                break
            except ConnectionResetError as error:  # told once, ahead of what the other side said before it left
                self._broken = str(error)
                continue
            except OSError as error:  # a pseudo-terminal whose other end closed gives EIO
                self._broken, chunk = str(error), b""
            data += chunk
            if not chunk:
                self._broken = self._broken or "the other side has closed the stream"
                break
        if self._broken and not data:
            raise StreamClosedError(self._broken)
        return data

    def send(self, data: bytes) -> None:
        """Write what goes now, keep the rest. Raises StreamClosedError once nobody reads any more; the first failure is only noted, so
        that the other side's last words can still be received."""
        if self.closed or self._broken:
            raise StreamClosedError(self._broken or "the stream is closed")
        if not data and not self._unsent:
            return
        self._unsent += data
        try:
            while self._unsent:
                self._unsent = self._unsent[os.write(self._write_fd, self._unsent) :]
        except BlockingIOError:
            if len(self._unsent) > BACKLOG:
                raise StreamClosedError("the other side does not read") from None
        except OSError as error:
            self._broken = str(error)

    def close(self) -> None:
        """Safe to call twice."""
        if not self.closed:
            self.closed = True
            self._close()
