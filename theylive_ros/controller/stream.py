"""A byte stream that never waits: pipe, socket, pseudo-terminal or serial port, by its file descriptors."""

from __future__ import annotations

import os
from collections.abc import Callable

BACKLOG = 1 << 18  # bytes unread by the other side before it counts as dead


class StreamClosed(Exception):
    """The other side is gone."""


class FdStream:
    """Reads and writes without waiting; what cannot be written yet is kept and written later."""

    def __init__(self, read_fd: int, write_fd: int, close: Callable[[], None]) -> None:
        os.set_blocking(read_fd, False)
        os.set_blocking(write_fd, False)
        self._read_fd, self._write_fd, self._close = read_fd, write_fd, close
        self._unsent = b""
        self.closed = False

    def fileno(self) -> int:
        """To wait for something to read."""
        return self._read_fd

    def receive(self) -> bytes:
        """What has come, b"" if nothing. Raises StreamClosed at the end of the stream."""
        self.send(b"")
        chunks = []
        while not self.closed:
            try:
                chunk = os.read(self._read_fd, 65536)
            except (BlockingIOError, InterruptedError):
                break
            except OSError as error:  # reset by peer; a pseudo-terminal whose other end closed gives EIO
                raise StreamClosed(str(error)) from error
            if not chunk:
                if chunks:  # the end is told by the next call
                    break
                raise StreamClosed("the other side has closed the stream")
            chunks.append(chunk)
            if len(chunk) < 65536:
                break
        return b"".join(chunks)

    def send(self, data: bytes) -> None:
        """Write what goes now, keep the rest. Raises StreamClosed when nobody reads any more."""
        if self.closed:
            raise StreamClosed("the stream is closed")
        self._unsent += data
        try:
            while self._unsent:
                self._unsent = self._unsent[os.write(self._write_fd, self._unsent) :]
        except (BlockingIOError, InterruptedError):
            if len(self._unsent) > BACKLOG:
                raise StreamClosed("the other side does not read") from None
        except OSError as error:
            raise StreamClosed(str(error)) from error

    def close(self) -> None:
        """Safe to call twice."""
        if not self.closed:
            self.closed = True
            self._close()
