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

"""Ctrl-C in the process of a launch."""

from __future__ import annotations

import asyncio
import signal
from types import FrameType


def leave_to_launch() -> None:
    """Have Ctrl-C heard by launch alone for as long as it runs. Main thread only.

    launch hears signals by `signal.set_wakeup_fd`. Beside that Python's own handler raises KeyboardInterrupt wherever launch happens to be:
    where that is the coroutine that waits for a process, it ends without telling, and launch, all its processes gone, never does.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)


def _leave(number: int, frame: FrameType | None) -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        signal.default_int_handler(number, frame)
