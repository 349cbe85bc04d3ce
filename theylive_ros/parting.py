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

"""The end of a process, when all is done."""

from __future__ import annotations

import contextlib
import ctypes
import sys
import time
from typing import NoReturn

_PATIENCE = 3  # s
_SIGEV_THREAD = 2  # sigevent(7), <bits/sigevent-consts.h>


class _SigEvent(ctypes.Structure):
    """struct sigevent of 64-bit Linux."""

    _fields_ = [
        ("value", ctypes.c_uint64),
        ("signal", ctypes.c_int),
        ("notify", ctypes.c_int),
        ("function", ctypes.c_void_p),
        ("attributes", ctypes.c_void_p),
        ("rest", ctypes.c_char * 32),
    ]


class _Interval(ctypes.Structure):
    """struct itimerspec."""

    _fields_ = [(name, ctypes.c_long) for name in ("every", "every_ns", "first", "first_ns")]


def leave(status: int) -> NoReturn:
    """End this process with `status`: in order, and where ROS was used, within three seconds.

    Fast DDS may wait for itself for ever when a participant goes while it hears that others go (eProsima/Fast-DDS #6513; where it was
    built with GCC 9 or older, as in the wheels of ROS). That is in Python's last moments and with its lock held, so nothing in Python
    could end it: a thread that the C library starts does.
    """
    if "rclpy" in sys.modules:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):  # who reads has gone, which Python tells itself
                stream.flush()
        end_later(status)
    sys.exit(status)


def end_later(status: int) -> None:
    """Have this process end in three seconds, whatever it does then."""
    libc = ctypes.CDLL(None)
    timer = ctypes.c_void_p()
    event = _SigEvent(value=status, notify=_SIGEV_THREAD, function=ctypes.cast(libc._exit, ctypes.c_void_p).value)
    with contextlib.suppress(AttributeError):  # glibc before 2.34 has timers elsewhere
        if libc.timer_create(time.CLOCK_MONOTONIC, ctypes.byref(event), ctypes.byref(timer)) == 0:
            libc.timer_settime(timer, 0, ctypes.byref(_Interval(first=_PATIENCE)), None)
