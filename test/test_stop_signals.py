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

"""Signals end a process, whatever it is doing when they come."""

import itertools
import signal
import sys

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")

from theylive_ros.nodes.process import stop_signals


def test_a_signal_ends_the_wait_in_whatever_moment_it_comes():
    """Where the flag that it sets has a lock, there are moments in which it waits for itself."""
    moments = itertools.count()
    missed = False
    while not missed:
        moment = next(moments)
        passed = itertools.count()

        def strike(frame, event, argument, moment=moment, passed=passed):
            frame.f_trace_opcodes = True
            if event == "opcode" and next(passed) == moment:
                signal.raise_signal(signal.SIGINT)
            return strike

        with stop_signals() as stop:
            sys.settrace(strike)
            for _ in range(2):
                stop.wait(0.0001)
            sys.settrace(None)
            missed = next(passed) <= moment
            assert stop.is_set() != missed
    assert moment > 10
