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

"""A controller at the other end of a serial line, such as a microcontroller. Needs pyserial."""

from __future__ import annotations

import errno
import os
import termios
from typing import Any

from theylive_ros.controller.stream import FdStream, StreamClosedError

LATE = 8192  # bytes that wait to be sent; a line on which more do is too slow for what is said on it
_CURES = {
    errno.ENOENT: "is it plugged in? `ls /dev/serial/by-id` names what is",
    errno.EACCES: "add the user to the group dialout and log in anew",
    errno.EBUSY: "another program has it: end that",
    errno.EAGAIN: "another program has it: end that",
    errno.ENOTTY: "that is no serial port",
}


class SerialTransport(FdStream):
    """Keeps `transports.Transport`. A cable that is pulled is a closed stream; of a controller that hangs nothing tells but its silence."""

    def __init__(self, port: str, baud: int) -> None:
        """Open a port for this process alone: 8 bits, no parity, one stop bit, no handshake. OSError in one line if it cannot be had."""
        self._name = f"{port} at {baud} baud"
        device = _open(port, baud)
        try:
            fd = device.fileno()
            settings = termios.tcgetattr(fd)
            # as pyserial leaves it, having nothing to read looks like the end of the stream
            settings[6][termios.VMIN], settings[6][termios.VTIME] = 1, 0
            termios.tcsetattr(fd, termios.TCSANOW, settings)
        except (OSError, termios.error) as error:
            device.close()
            raise OSError(f"serial port {port} went away while it was opened ({error}): plug it in again") from error
        super().__init__(fd, fd, device.close)

    def send(self, data: bytes) -> None:
        """Never waits. A line too slow for what is said on it counts as lost, for what comes late is wrong."""
        super().send(data)
        if len(self._unsent) > LATE:
            raise StreamClosedError(f"{self._name} is too slow, or nobody reads: set a higher rate on both sides")


def _open(port: str, baud: int) -> Any:
    try:
        import serial
    except ImportError as error:
        raise OSError("a controller on a serial port needs pyserial: apt install python3-serial, or pip install pyserial") from error
    device = serial.Serial()
    device.port, device.baudrate, device.timeout, device.exclusive = port, baud, 0, True
    device.dtr = device.rts = False  # on many boards of the ESP32 these lines are wired to reset
    try:
        device.open()
        device.reset_input_buffer()  # what was said to somebody else
    except (OSError, ValueError, termios.error) as error:
        device.close()
        number = getattr(error, "errno", None) or (error.args[0] if error.args and isinstance(error.args[0], int) else 0)
        cure = _CURES.get(number, "see that it is a serial port, and that it knows this rate")
        reason = os.strerror(number) if number else str(error)
        raise OSError(f"serial port {port} cannot be opened at {baud} baud ({reason}): {cure}") from error
    return device
