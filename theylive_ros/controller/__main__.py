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

"""The controller as a process of its own: protocol on standard input and output or on a pseudo-terminal, all else on standard error.

python -m theylive_ros.controller --lines MODULE:CLASS [--settings JSON] [--terminal LINK]
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import gc
import importlib
import json
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

from theylive_ros.controller.config import ExecutorSettings, build
from theylive_ros.controller.executor import Executor
from theylive_ros.controller.lines.interface import Lines
from theylive_ros.controller.server import monotonic_us, serve
from theylive_ros.controller.stop_flag import StopFlag
from theylive_ros.controller.stream import FdStream
from theylive_ros.controller.terminal import Terminal

PRIORITY = 50  # SCHED_FIFO
SPIN_US = 0
PR_SET_TIMERSLACK = 29
MCL_CURRENT, MCL_FUTURE = 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Play what comes on stdin until it ends, or SIGTERM; on a terminal until SIGTERM or Ctrl-C, planner after planner. Returns 2 when it
    cannot be started as asked."""
    parser = argparse.ArgumentParser(prog="python -m theylive_ros.controller", description="Plays timed segments on the rig's wires.")
    parser.add_argument("--lines", required=True, metavar="MODULE:CLASS", help="the lines plugin")
    parser.add_argument("--settings", default="{}", metavar="JSON", help='{"lines": {...}, "executor": {...}, "process": {...}}')
    parser.add_argument("--terminal", metavar="LINK", help="serve on a pseudo-terminal of this name, as behind a serial port")
    options = parser.parse_args(arguments)
    stop = StopFlag()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    # Ctrl-C reaches the whole foreground group: the planner says goodbye by closing the stream, and only then we go.
    signal.signal(signal.SIGINT, (lambda *_: stop.set()) if options.terminal else signal.SIG_IGN)
    # Whatever a driver prints must not end up between the lines of the protocol.
    spoken = os.dup(1)
    os.dup2(2, 1)
    try:
        settings = json.loads(options.settings)
        lines = load_lines(options.lines, settings.get("lines", {}))
        executor = Executor(lines, build(ExecutorSettings, settings.get("executor", {})), monotonic_us)
        process = settings.get("process", {})
        priority, spin_us = int(process.get("priority", PRIORITY)), min(100, int(process.get("spin_us", SPIN_US)))
        terminal = Terminal(options.terminal) if options.terminal else None
    except Exception as error:
        print(f"controller: {error}", file=sys.stderr)
        return 2
    be_punctual(priority)
    gc.freeze()  # what is loaded by now need never be looked through again
    executor.open(monotonic_us())
    try:
        if terminal is None:
            serve(executor, FdStream(0, spoken, lambda: None), stop, spin_us=spin_us)
        else:
            print(f"controller: at {terminal.link}", file=sys.stderr)
            while not stop.is_set():
                serve(executor, terminal.stream(), stop, spin_us=spin_us)
    finally:
        executor.close(monotonic_us())
        if terminal is not None:
            terminal.close()
    return 0


def load_lines(name: str, values: dict[str, Any]) -> Lines:
    """Import `module:Class` and build it from its config's values. ValueError or ImportError says what is wrong."""
    module, colon, attribute = name.partition(":")
    if not colon:
        raise ValueError(f"{name!r} is not of the form module:Class")
    plugin = getattr(importlib.import_module(module), attribute, None)
    if not (isinstance(plugin, type) and issubclass(plugin, Lines)):
        raise ValueError(f"{name} is not a class of lines (theylive_ros.controller.lines.interface.Lines)")
    return plugin(build(plugin.Config, values))


def be_punctual(priority: int) -> None:
    """Real-time scheduling and locked memory where the system lets us; otherwise said once. Priority 0: do not even try."""
    libc = ctypes.CDLL(None, use_errno=True)
    with contextlib.suppress(AttributeError):
        libc.prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0)  # an ordinary process is otherwise woken up to 50 us late on purpose
    if priority <= 0:
        return
    refused = []
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
    except (OSError, AttributeError):
        refused.append(f"rtprio {priority}")
    locked = False
    with contextlib.suppress(AttributeError):
        locked = libc.mlockall(MCL_CURRENT | MCL_FUTURE) == 0
    if not locked:
        refused.append("memlock unlimited")
    if refused:
        print(f"controller: pulses may come late: this user may not have {' and '.join(refused)} (limits.conf)", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
