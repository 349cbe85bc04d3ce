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

import os
import select
import socket
import stat
import threading
import time

import pytest
from patience import wait_for

from theylive_ros.controller import protocol as p
from theylive_ros.controller.clock_map import ClockMap
from theylive_ros.controller.config import ExecutorSettings
from theylive_ros.controller.executor import Executor, play
from theylive_ros.controller.lines.sim import SimConfig, SimLines
from theylive_ros.controller.link import Link, Status
from theylive_ros.controller.server import SocketServer, serve
from theylive_ros.controller.session import Session
from theylive_ros.controller.stream import FdStream, StreamClosedError
from theylive_ros.controller.transports import LoopbackTransport, SocketTransport
from theylive_ros.mirrors.interface import ControllerStatus
from theylive_ros.types import Segment

GO = [
    Segment(0.02, 0, 0, 50000, 0, 0, 0, 0, 0),
    Segment(0.08, 10, 1000, 0, 0, 0, 0, 0, 0),
    Segment(0.02, 90, 1000, -50000, 0, 0, 0, 0, 0),
]


class Rig:
    """Planner and controller in one virtual time, starting at an hour."""

    def __init__(self, **config):
        self.now = 3600.0
        self.lines = SimLines(SimConfig(**config))
        self.executor = Executor(self.lines)
        self.executor.open(round(self.now * 1e6))
        self.transport = LoopbackTransport(self.executor, self.clock)
        self.link = Link(self.transport, self.clock)
        self.link.pump()

    def clock(self):
        return self.now

    def run(self, seconds, tick=0.005):
        for _ in range(round(seconds / tick)):
            self.now += tick
            self.link.pump()
        return self.link.status()


def test_a_status_has_all_that_the_planner_is_promised():
    names = list(ControllerStatus.__dataclass_fields__)
    assert list(Status.__dataclass_fields__)[: len(names)] == names


def test_one_pump_is_enough_to_know_the_controller():
    rig = Rig()
    status = rig.link.status()
    assert status is not None
    assert status.time == pytest.approx(3600.0, abs=1e-6)
    assert (status.position, status.referenced, status.has_laser, status.fault) == ((0, 0), False, True, "")
    assert rig.link.welcome.max_rate == 2000


def test_home_move_light_and_stop_do_what_they_say():
    rig = Rig(initial_offset_x=12)
    rig.link.home()
    status = rig.run(5.0)
    assert (status.referenced, status.moving, rig.lines.position) == (True, False, (0, 0))
    rig.link.move(GO, rig.now + 0.01, lit=True)
    rig.link.light(0.05)
    assert rig.run(0.02).lit
    status = rig.run(0.3)
    assert (status.position, status.lit, status.moving) == ((100, 0), False, False)
    assert rig.lines.position == (100, 0)
    rig.link.stop()
    assert not rig.run(0.005).referenced
    assert rig.link.take_errors() == []


def test_refusals_and_faults_come_as_words():
    rig = Rig()
    rig.link.light(0.05)
    rig.link.move(GO, rig.now - 1.0, lit=True)
    rig.run(0.01)
    light, move = rig.link.take_errors()
    assert light.startswith("LIGHT refused (dark): unreferenced")
    assert move.startswith("MOVE refused (late)")
    rig.lines.stop_pressed = True
    status = rig.run(0.01)
    assert status.stop
    assert status.fault.startswith("stop: the stop switch is pressed")
    assert rig.link.take_errors() == [status.fault]
    rig.lines.stop_pressed = False
    rig.run(0.01)
    rig.link.reset()
    assert rig.run(0.01).fault == ""


def test_what_no_line_can_hold_is_refused_before_it_is_sent():
    rig = Rig()
    with pytest.raises(ValueError, match="1 to 32 segments"):
        rig.link.move(GO * 20, rig.now, lit=True)
    with pytest.raises(ValueError, match="not a segment"):
        rig.link.move([(0.1, float("nan"), 0, 0, 0, 0, 0, 0, 0)], rig.now, lit=True)
    with pytest.raises(ValueError, match="1 us"):
        rig.link.move([], rig.now, lit=True)


def test_a_planner_that_no_longer_pumps_leaves_the_laser_dark():
    rig = Rig()
    rig.link.reference()
    rig.link.light(0.05)
    assert rig.run(0.005).lit
    rig.now += 0.06
    rig.transport.advance()
    assert not rig.lines.lit
    assert rig.link.status() is not None
    rig.now += 0.06
    assert rig.link.status() is None  # older than 0.1 s


def test_closing_is_dark_and_final():
    rig = Rig()
    rig.link.reference()
    rig.link.light(0.05)
    rig.run(0.005)
    rig.link.close()
    rig.link.close()
    assert not rig.lines.lit
    assert rig.link.status() is None
    rig.link.light(0.05)
    rig.link.pump()
    assert not rig.lines.lit
    assert rig.link.take_errors() == ["LIGHT not sent: the controller is gone"]


class LossyTransport:
    """To a session, losing what a test asks to lose; the controller's clock is its own."""

    def __init__(self, executor, clock, ahead=0.0):
        self.session, self.clock, self.ahead = Session(executor), clock, ahead
        self.lose, self.answers = False, b""

    def send(self, data):
        if not self.lose:
            self.answers += self.session.receive(data, round((self.clock() + self.ahead) * 1e6))

    def receive(self):
        answers, self.answers = self.answers, b""
        return answers

    def fileno(self):
        return -1

    def close(self):
        pass


def lossy(ahead=0.0):
    now = [100.0]
    lines = SimLines(SimConfig())
    executor = Executor(lines)
    executor.open(round((now[0] + ahead) * 1e6))
    transport = LossyTransport(executor, lambda: now[0], ahead)
    link = Link(transport, lambda: now[0])
    link.pump()
    return now, lines, executor, transport, link


def test_a_lost_line_puts_the_light_out():
    now, lines, _, transport, link = lossy()
    link.reference()
    link.light(0.05)
    assert lines.lit
    transport.lose = True
    link.move(GO, 100.01, lit=False)
    transport.lose = False
    link.light(0.05)
    assert not lines.lit
    link.pump()
    assert any("sequence" in e for e in link.take_errors())
    link.light(0.05)
    assert not lines.lit  # it may have been sent before the planner heard of the loss
    now[0] += 0.05
    link.light(0.05)
    assert lines.lit


def test_a_lost_stop_is_repeated():
    now, _, executor, transport, link = lossy()
    link.reference()
    link.move(GO, 100.01, lit=True)
    assert executor.report(0).moving
    transport.lose = True
    link.stop()
    transport.lose = False
    assert executor.report(0).moving
    now[0] += 0.03
    link.pump()
    assert not executor.report(0).moving


def test_an_unanswered_command_is_said():
    now, _, _, transport, link = lossy()
    transport.lose = True
    link.home()
    now[0] += 0.6
    link.pump()
    assert "no answer to HOME within 0.5 s" in link.take_errors()


@pytest.mark.parametrize("ahead", [0.0, 1234.5, -70.25])
def test_times_of_a_controller_with_a_clock_of_its_own_are_mapped_to_ours(ahead):
    now, _, executor, _, link = lossy(ahead)
    for _ in range(10):
        now[0] += 0.005
        link.pump()
    assert link.status().time == pytest.approx(now[0], abs=1e-4)
    link.reference()
    link.move(GO, now[0] + 0.01, lit=True)
    link.pump()
    assert link.take_errors() == []
    assert executor.player.plan[1].start_us == pytest.approx((now[0] + 0.01 + ahead) * 1e6, abs=10)


def test_answers_that_lie_unread_do_not_bend_the_clock():
    clocks = ClockMap()
    for i in range(200):  # the question takes 0.1 ms, its answer is read 5 ms later
        clocks.update(i * 0.005, i * 0.005 + 0.005, i * 0.005 + 0.0001 + 500.0)
    assert clocks.offset == pytest.approx(500.0, abs=2e-4)
    same = ClockMap()
    for i in range(200):
        same.update(i * 0.005, i * 0.005 + 0.005, i * 0.005 + 0.0001)
    assert same.offset == 0.0


def test_what_is_not_known_of_the_controllers_clock_shortens_the_lease():
    now, lines, executor, _, link = lossy(ahead=500.0)
    link.reference()
    for _ in range(5):
        now[0] += 0.005
        link.pump()  # the answer to each question is read 5 ms late
    link.light(0.05)
    asked, us = now[0], round((now[0] + 500.0) * 1e6)
    play(executor, us + 44_000)
    assert lines.lit
    play(executor, us + 50_000)
    assert not lines.lit
    assert asked == now[0]
    assert link.take_errors() == []


def test_light_that_lies_unread_longer_than_its_lease_does_not_shine():
    now, lines, _, transport, link = lossy()
    link.reference()
    link.pump()
    late = []
    transport.session.receive, hear = (lambda data, _: late.append(data) or b""), transport.session.receive
    link.light(0.05)
    transport.session.receive = hear
    now[0] += 0.06
    transport.send(b"".join(late))
    assert not lines.lit
    link.pump()
    assert any("LIGHT refused (late)" in e for e in link.take_errors())


def test_a_jump_of_a_clock_is_followed():
    clocks = ClockMap()
    clocks.update(1.0, 1.0001, 501.0)
    clocks.update(2.0, 2.0001, 902.0)
    assert clocks.offset == pytest.approx(900.0, abs=2e-4)


def test_a_controller_that_never_greets_gives_no_status():
    ours, theirs = socket.socketpair()
    now = [0.0]
    link = Link(FdStream(ours.fileno(), ours.fileno(), ours.close), lambda: now[0])
    for _ in range(100):
        now[0] += 0.05
        link.pump()
    assert link.status() is None
    assert theirs.recv(100).count(b"HELLO") >= 3
    link.light(0.05)
    assert "has not answered yet" in link.take_errors()[0]
    theirs.close()
    link.pump()
    assert link.closed
    assert "the controller is gone" in link.take_errors()[0]


def test_a_controller_of_another_version_is_said_and_not_used():
    class Old(LossyTransport):
        def receive(self):
            return p.encode(p.Refusal(0, "version", "the controller speaks protocol 2"), 0)

    now, _, executor, _, _ = lossy()
    link = Link(Old(executor, lambda: now[0]), lambda: now[0])
    link.pump()
    assert "the controller speaks protocol 2" in link.take_errors()[0]
    assert link.status() is None


def test_a_side_that_never_reads_counts_as_gone():
    ours, theirs = socket.socketpair()
    stream = FdStream(ours.fileno(), ours.fileno(), ours.close)
    with pytest.raises(StreamClosedError, match="does not read"):
        stream.send(bytes(1 << 21))
    stream.close()
    theirs.close()


# --- Unix socket


@pytest.fixture
def served(tmp_path):
    """A simulated rig behind a Unix socket, as the simulator hosts it."""
    path = str(tmp_path / "rig.sock")
    lines = SimLines(SimConfig())
    executor = Executor(lines)
    server = SocketServer(path)
    stop = threading.Event()

    def host():
        executor.open(time.monotonic_ns() // 1000)
        try:
            server.serve(executor, stop, exact=True)
        finally:
            executor.close(time.monotonic_ns() // 1000)
            server.close()

    thread = threading.Thread(target=host)
    thread.start()
    yield path, lines, executor
    stop.set()
    thread.join(5.0)
    assert not thread.is_alive()
    assert not os.path.exists(path)


def test_planners_come_and_go_and_the_rig_stays_referenced_but_dark_and_at_rest(served):
    path, lines, _ = served
    link = Link(SocketTransport(path))
    wait_for(link, lambda s: not s.moving)
    link.reference()
    link.move(GO, time.monotonic() + 0.02, lit=True)
    link.light(0.05)
    wait_for(link, lambda s: s.lit)
    link._transport.close()  # cut, without a goodbye, in mid-move
    second = Link(SocketTransport(path))
    status = wait_for(second, lambda s: not s.moving)
    assert (status.lit, status.referenced, status.fault) == (False, True, "")
    assert lines.position == status.position != (100, 0)
    second.close()


def test_an_edge_of_a_switch_wakes_the_controller_at_once():
    reading, writing = os.pipe()
    ours, theirs = socket.socketpair()

    class EdgeLines(SimLines):
        def fds(self):
            return (reading,)

        def inputs(self):
            if select.select([reading], [], [], 0)[0]:
                os.read(reading, 1)
                self.stop_pressed = True
            return super().inputs()

    executor = Executor(EdgeLines(SimConfig()), ExecutorSettings(input_period_us=20_000))  # a look by itself every 100 ms
    stop = threading.Event()
    executor.open(time.monotonic_ns() // 1000)
    thread = threading.Thread(target=serve, args=(executor, FdStream(theirs.fileno(), theirs.fileno(), theirs.close), stop))
    thread.start()
    try:
        took = []
        for _ in range(5):
            os.write(writing, b"!")
            began = time.monotonic()
            while executor.fault != "stop":
                assert time.monotonic() < began + 5.0
                time.sleep(0.0002)
            took.append(time.monotonic() - began)
            executor.fault, executor.lines.stop_pressed = "", False
        assert min(took) < 0.015
    finally:
        stop.set()
        ours.close()
        thread.join(5.0)
        os.close(reading)
        os.close(writing)
    assert not thread.is_alive()


def test_a_second_planner_is_turned_away(served):
    path, _, _ = served
    first = Link(SocketTransport(path))
    wait_for(first, lambda s: True)
    second = Link(SocketTransport(path))
    errors = []
    end = time.monotonic() + 5.0
    while not second.closed and time.monotonic() < end:
        first.pump()
        second.pump()
        errors += second.take_errors()
        time.sleep(0.002)
    assert any("another planner is connected" in e for e in errors)
    assert first.status() is not None
    first.close()


def test_a_socket_left_by_a_killed_server_is_replaced(tmp_path):
    path = str(tmp_path / "rig.sock")
    left = socket.socket(socket.AF_UNIX)
    left.bind(path)
    left.close()
    assert stat.S_ISSOCK(os.stat(path).st_mode)
    server = SocketServer(path)
    with pytest.raises(OSError, match="another controller listens"):
        SocketServer(path)
    server.close()
    server.close()


def test_socket_paths_that_cannot_be_are_refused_in_words(tmp_path):
    with pytest.raises(OSError, match="shorter folder"):
        SocketServer("/tmp/" + "x" * 120)
    with pytest.raises(OSError, match="shorter folder"):
        SocketTransport("/tmp/" + "x" * 120)
    with pytest.raises(OSError, match="start the simulator"):
        SocketTransport(str(tmp_path / "none"))
    with pytest.raises(OSError, match="does the folder exist"):
        SocketServer(str(tmp_path / "none" / "rig.sock"))
