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

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time

import pytest
from patience import wait_for

from theylive_ros.controller.link import Link
from theylive_ros.controller.transports import ProcessTransport

SIM = "theylive_ros.controller.lines.sim:SimLines"
SETTINGS = {"process": {"priority": 0}}

GO = [(0.02, 0, 0, 50000, 0, 0, 0, 0, 0), (0.08, 10, 1000, 0, 0, 0, 0, 0, 0), (0.02, 90, 1000, -50000, 0, 0, 0, 0, 0)]


@pytest.fixture
def transport():
    made = ProcessTransport(SIM, SETTINGS)
    yield made
    made.close()


def test_a_child_process_plays_a_plan_and_ends_when_the_link_closes(transport):
    link = Link(transport)
    wait_for(link, lambda s: not s.moving)
    link.reference()
    link.move(GO, time.monotonic() + 0.01, lit=True)
    link.light(0.05)
    wait_for(link, lambda s: s.lit)
    status = wait_for(link, lambda s: s.position == (100, 0) and not s.moving)
    assert status.pulses == (100, 0)
    assert not wait_for(link, lambda s: not s.lit).lit
    assert link.take_errors() == []
    link.close()
    assert transport.process.returncode == 0


def test_ctrl_c_is_left_to_the_planner_and_sigterm_is_obeyed(transport):
    link = Link(transport)
    wait_for(link, lambda s: True)
    transport.process.send_signal(signal.SIGINT)
    wait_for(link, lambda s: time.monotonic() - s.time < 0.05)
    assert transport.process.poll() is None
    transport.process.send_signal(signal.SIGTERM)
    assert transport.process.wait(5.0) == 0
    link.pump()
    assert link.closed
    assert "has ended with code 0" in link.take_errors()[0]


def test_the_child_ends_when_its_parent_is_killed():
    parent = f"""
import os, time
from theylive_ros.controller.transports import ProcessTransport
transport = ProcessTransport({SIM!r}, {SETTINGS!r})
print(transport.process.pid, flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True) as process:
        child = int(process.stdout.readline())
        os.kill(child, 0)
        watch = os.pidfd_open(child)
        process.kill()
    try:
        assert select.select([watch], [], [], 10.0)[0], "the controller outlived its planner"
    finally:
        os.close(watch)


@pytest.mark.parametrize(
    ("lines", "settings", "words"),
    [
        ("nonsense", {}, "module:Class"),
        ("no.such.module:Lines", {}, "No module named"),
        ("theylive_ros.controller.config:ExecutorSettings", {}, "not a class of lines"),
        (SIM, {"lines": {"steps_per_turn": 0}}, "steps_per_turn"),
        (SIM, {"executor": {"max_rate": 1e5}}, "max_rate"),
        (SIM, {"executor": {"colour": "red"}}, "colour"),
    ],
)
def test_a_bad_start_is_one_line_on_stderr_and_code_2(lines, settings, words):
    command = [sys.executable, "-m", "theylive_ros.controller", "--lines", lines, "--settings", json.dumps(settings)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert words in line


def test_a_child_that_did_not_start_is_said():
    transport = ProcessTransport("nonsense", {})
    link = Link(transport)
    transport.process.wait(10.0)
    link.pump()
    assert "has ended with code 2" in link.take_errors()[0]
    link.close()


def test_the_controller_needs_the_standard_library_only():
    code = "import sys; import theylive_ros.controller.__main__, theylive_ros.controller.lines.sim, theylive_ros.controller.link\n"
    code += "print([m for m in ('numpy', 'rclpy', 'yaml', 'cv2', 'theylive_ros.types', 'theylive_ros.settings') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"
