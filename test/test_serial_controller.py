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

"""A controller behind a serial port: a pseudo-terminal stands in for the cable, our own controller for the firmware."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from patience import eventually, wait_for
from processes import Program

from theylive_ros.controller import protocol as p
from theylive_ros.controller.executor import Executor
from theylive_ros.controller.lines.sim import SimConfig, SimLines
from theylive_ros.controller.link import Link
from theylive_ros.controller.serial_port import LATE, SerialTransport
from theylive_ros.controller.server import monotonic_us, serve
from theylive_ros.controller.stream import StreamClosedError
from theylive_ros.controller.terminal import Terminal

BAUD = 921600
# A ramp to 50 microsteps/s, two seconds of cruise, a ramp to rest: long enough to be cut short well before its end.
LONG = [(0.02, 0, 0, 2500, 0, 0, 0, 0, 0), (2.0, 0.5, 50, 0, 0, 0, 0, 0, 0), (0.02, 100.5, 50, -2500, 0, 0, 0, 0, 0)]
SHORT = [(0.02, 0, 0, 50000, 0, 0, 0, 0, 0), (0.08, 10, 1000, 0, 0, 0, 0, 0, 0), (0.02, 90, 1000, -50000, 0, 0, 0, 0, 0)]


class Rig:
    """A controller with simulated motors on a terminal, served by a thread."""

    def __init__(self, link):
        self.terminal = Terminal(str(link))
        self.port = self.terminal.link
        self.lines = SimLines(SimConfig())
        self.executor = Executor(self.lines)
        self.executor.open(monotonic_us())
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        while not self._stop.is_set():
            serve(self.executor, self.terminal.stream(), self._stop, exact=True)

    def hang(self):
        """The firmware stops; its port stays."""
        self._stop.set()
        self._thread.join()

    def unplug(self):
        self.hang()
        self.terminal.close()


@pytest.fixture
def rig(tmp_path):
    made = Rig(tmp_path / "tty")
    yield made
    with contextlib.suppress(OSError):
        made.unplug()
    made.executor.close(monotonic_us())


@pytest.fixture
def link(rig):
    made = Link(SerialTransport(rig.port, BAUD))
    yield made
    made.close()


def start(link, segments):
    wait_for(link, bool)
    link.reference()
    link.move(segments, time.monotonic() + 0.02, lit=True)
    link.light(0.05)
    return wait_for(link, lambda s: s.lit and s.moving)


def test_a_plan_is_played_over_a_serial_port(rig, link):
    start(link, SHORT)
    status = wait_for(link, lambda s: s.position == (100, 0) and not s.moving and not s.lit)
    assert status.pulses == (100, 0)
    assert rig.lines.position == (100, 0)
    assert link.take_errors() == []


def test_garbage_and_half_lines_cost_nothing_but_themselves(rig, link):
    wait_for(link, bool)
    for junk in (b"\x00\xff\x13 no line\n", b">1 MOVE 1 2", b"\r\n", bytes(range(256)), b"\n"):
        link._transport.send(junk)
        link.pump()
    link.reference()
    wait_for(link, lambda s: s.referenced)
    assert any("from the controller" in e or "refused" in e for e in link.take_errors())


def test_a_planner_that_falls_silent_leaves_the_mirrors_dark_and_at_rest(rig, link):
    start(link, LONG)
    # nobody says anything from here on
    assert eventually(lambda: not rig.lines.lit, 1.0)
    assert eventually(lambda: not rig.executor.player.plan, 2.0)
    assert rig.executor.player.position[0] < 60
    assert rig.lines.position == tuple(rig.executor.player.position)


def test_a_controller_that_hangs_is_known_to_be_silent(rig, link):
    wait_for(link, bool)
    rig.hang()
    assert eventually(lambda: link.pump() or link.status() is None)
    assert not link.closed  # the cable is in: only its silence tells


def test_a_pulled_cable_is_a_lost_controller_and_one_put_back_is_found_again(rig, link, tmp_path):
    wait_for(link, bool)
    rig.unplug()
    assert eventually(lambda: link.pump() or link.closed)
    assert any("the controller is gone" in e for e in link.take_errors())
    with pytest.raises(OSError, match="is it plugged in"):
        SerialTransport(rig.port, BAUD)
    again = Rig(tmp_path / "tty")
    new = Link(SerialTransport(again.port, BAUD))
    try:
        assert wait_for(new, bool).referenced is False
    finally:
        new.close()
        again.unplug()


def test_the_next_planner_need_not_wait_for_the_last_ones_goodbye(rig):
    first = Link(SerialTransport(rig.port, BAUD))
    wait_for(first, bool)
    first._transport.close()  # killed: no word of farewell
    second = Link(SerialTransport(rig.port, BAUD))
    assert wait_for(second, bool)
    second.close()


def test_a_port_that_somebody_has_is_refused(rig, link):
    with pytest.raises(OSError, match="another program has it"):
        SerialTransport(rig.port, BAUD)


@pytest.mark.parametrize(("name", "words"), [("nowhere", "is it plugged in"), ("file", "serial port")])
def test_what_is_no_serial_port_is_refused_in_one_line(tmp_path, name, words):
    (tmp_path / "file").write_text("no port")
    with pytest.raises(OSError, match=words) as refusal:
        SerialTransport(str(tmp_path / name), BAUD)
    assert "\n" not in str(refusal.value)


def test_bytes_that_trickle_are_heard_all_the_same(rig):
    port = os.open(rig.port, os.O_RDWR | os.O_NOCTTY)
    try:
        for byte in p.encode(p.Hello(p.VERSION), 0):
            os.write(port, bytes([byte]))
            time.sleep(0.0005)
        answer = os.read(port, 4096)
    finally:
        os.close(port)
    assert isinstance(p.decode(answer.split(b"\n")[0], p.CONTROLLER).message, p.Welcome)


def test_a_line_too_slow_for_what_is_said_on_it_is_given_up(rig):
    transport = SerialTransport(rig.port, BAUD)
    rig.hang()

    def say_too_much():
        for _ in range(100):
            transport.send(b"x" * LATE)

    with pytest.raises(StreamClosedError, match="too slow"):
        say_too_much()
    transport.close()


SIM = "theylive_ros.controller.lines.sim:SimLines"
COMMAND = [sys.executable, "-m", "theylive_ros.controller", "--lines", SIM, "--settings", '{"process": {"priority": 0}}', "--terminal"]


def test_the_reference_controller_can_be_started_behind_a_port_of_any_name(tmp_path):
    port = tmp_path / "ttyRIG"
    os.symlink("/dev/pts/of-a-dead-controller", port)
    program = Program([*COMMAND, port])
    try:
        program.says(f"controller: at {port}")
        for _ in range(2):  # one planner after the other
            link = Link(SerialTransport(str(port), BAUD))
            wait_for(link, bool)
            link.close()
        program.ask_to_end(signal.SIGINT)
        assert program.process.wait(5) == 0
        assert not os.path.lexists(port)
    finally:
        program.end()


def test_a_name_that_is_taken_is_refused(tmp_path):
    taken = tmp_path / "mine"
    taken.write_text("precious")
    ended = subprocess.run([*COMMAND, str(taken)], capture_output=True, text=True, timeout=30)
    assert ended.returncode == 2
    assert "give a name that is free" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert taken.read_text() == "precious"
