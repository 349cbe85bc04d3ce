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

"""How a node is run as a process: its signals, ROS, its end."""

from __future__ import annotations

import contextlib
import re
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from types import FrameType

import rclpy
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from theylive_ros.controller.stop_flag import StopFlag
from theylive_ros.nodes.parameters import ConfigurationError
from theylive_ros.nodes.spin import spin


@contextlib.contextmanager
def stop_signals() -> Iterator[StopFlag]:
    """A flag that SIGINT and SIGTERM set. Main thread only."""
    flag = StopFlag()

    def on_signal(number: int, frame: FrameType | None) -> None:
        flag.set()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield flag
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def start_ros(arguments: Sequence[str] | None = None) -> None:
    """rclpy.init of the default context. Raises ConfigurationError for ROS arguments or a parameter file that ROS cannot read."""
    try:
        # Signals are ours: rclpy's handlers would end the context before the nodes can leave in order.
        rclpy.init(args=arguments, signal_handler_options=SignalHandlerOptions.NO)
    except Exception as error:  # rclpy keeps their classes to itself
        cause = re.sub(r", at /\S+:\d+", "", " ".join(str(error).split()))  # where in rcl's own source
        raise ConfigurationError(f"ROS cannot start with these arguments: {cause}") from error


def run_node(make: Callable[[], Node], arguments: Sequence[str] | None = None, until: Callable[[], bool] = lambda: False) -> int:
    """Run one node as a process until SIGINT, SIGTERM or `until`. Returns the exit status: 0, or 2 for parameters that cannot be."""
    try:
        with stop_signals() as stop:
            start_ros(arguments)
            spin([make()], stop, until)
    except ConfigurationError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # under a launch Ctrl-C comes twice: once more while Python tidies up
        rclpy.try_shutdown()
    return 0
