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

"""`theylive jog` with a mirrors node and a simulated controller: it moves, shines where it may, and leaves the rig dark and in its mode."""

import argparse
import dataclasses
import os
import pty
import termios
import threading
import time

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")

from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger
from theylive_msgs import msg

from theylive_ros.commands import jog
from theylive_ros.jogging.outline import JogError
from theylive_ros.nodes import conversions, qos
from theylive_ros.nodes.camera_clock import ClockTeller
from theylive_ros.nodes.mirrors import MirrorsNode
from theylive_ros.nodes.mirrors_client import MirrorsError
from theylive_ros.types import Region, Target, Track

COVARIANCE = tuple(1.0 if row == column else 0.0 for row in range(4) for column in range(4))
JOHN = Track(2, "john", 0.9, 60.0, 180.0, 64, 64, 0, 0, COVARIANCE, True, 0.0)


class Board:
    """A mirrors node, a selector that sees an empty board (or John), and a calibrator that sees the spot where the joints put it."""

    def __init__(self, bench):
        self.bench, self.protected, self.sees_spot = bench, (), True
        self.laser = bench.hear(msg.LaserState, "laser", qos.STATE)
        self.joints = bench.hear(JointState, "joint_states", qos.RESULT)
        self.node = bench.add(MirrorsNode)
        bench.until(lambda: self.node.active)
        bench.ear_node.ros_now = self.node.ros_now
        self.clock = ClockTeller(bench.ear_node)
        self.laser.wait(lambda heard: heard and not {"unreferenced", "link_silent"} & set(heard[-1].reasons))
        self.bench.until(lambda: not any(self.joints.messages[-1].velocity))
        self.joints.messages.clear()
        self.joints.next()
        self._targets = bench.say(msg.Target, "target", qos.RESULT)
        self._spots = bench.say(msg.Spot, "spot", qos.RESULT)
        bench.repeat(self._speak)

    def _speak(self):
        stamp = self.node.ros_now()
        head = conversions.header(conversions.to_time(stamp), "camera_optical_frame")
        seen = tuple(dataclasses.replace(t, last_seen=stamp) for t in self.protected)
        self._targets.publish(conversions.to_target(Target(stamp, 320, 240, None, seen, (), Region(0, 0, 320, 240), True), head))
        if self.sees_spot and self.laser.messages and self.laser.messages[-1].on:
            a, b = self.joints.messages[-1].position
            self._spots.publish(msg.Spot(header=head, found=True, x=160.0 - 1000 * a, y=120.0 - 1000 * b, sigma=0.1))


@pytest.fixture
def board(bench):
    return Board(bench)


def call(*words):
    parser = argparse.ArgumentParser()
    jog.add_arguments(parser)
    return jog.run(parser.parse_args(words))


def test_a_circle_is_lit_at_its_places_and_the_rig_is_as_it_was(board, capsys):
    start = board.joints.messages[-1].position
    assert call("--circle", "15", "--spacing", "8", "--dwell", "0.02", "--light") == 0
    assert "13 places, lit at 13" in capsys.readouterr().out
    angles = [m.position[0] for m in board.joints.messages]
    assert max(angles) - min(angles) == pytest.approx(0.030 / 0.42 / 2, rel=0.1)  # the beam turns twice as far
    board.laser.wait(lambda heard: heard[-1].mode == msg.LaserState.MODE_TARGETING and not heard[-1].on)
    assert board.joints.messages[-1].position == start
    assert any(m.on and m.mode == msg.LaserState.MODE_COMMISSIONING for m in board.laser.messages)


def test_places_that_stay_dark_are_told_by_the_exit_status(board, capsys):
    board.protected = (JOHN,)
    board.laser.messages.clear()
    jog_patience = jog.positions  # an outline of three places, for each costs the patience for light
    try:
        jog.positions = lambda *_: [(0, 0), (5, 0)]
        assert call("--square", "10", "--light") == 1
    finally:
        jog.positions = jog_patience
    assert "2 places, lit at 0" in capsys.readouterr().out
    assert not any(m.on for m in board.laser.messages)


def test_backlash_of_a_rig_without_play_is_not_seen(board, capsys):
    assert call("--backlash") == 0
    told = capsys.readouterr().out.splitlines()
    assert [line.split(";")[0] for line in told] == [f"axis {name}: a microstep moves the spot {1000 * 0.0019635:.2f} px" for name in "xy"]
    assert all("no play to be seen" in line or "play 0.0" in line for line in told)


def test_an_armed_rig_refuses_and_stays_armed(board):
    assert board.bench.call(Trigger, "mirrors/arm", Trigger.Request()).success
    with pytest.raises(MirrorsError, match="the rig is armed: disarm it first"):
        call("--circle", "10")
    assert board.laser.messages[-1].armed


def test_too_large_an_outline_is_refused_before_anything_moves(board):
    with pytest.raises(JogError, match="its soft limits are -150 to 150: choose a smaller outline"):
        call("--circle", "300")
    assert not any(any(m.velocity) for m in board.joints.messages[-20:])


def test_a_mode_that_is_ended_by_somebody_else_ends_the_jogging(board):
    def disarm():
        board.laser.wait(lambda heard: heard[-1].mode == msg.LaserState.MODE_COMMISSIONING)
        time.sleep(0.3)
        board.bench.call(Trigger, "mirrors/disarm", Trigger.Request())

    thread = threading.Thread(target=disarm)
    thread.start()
    with pytest.raises(JogError, match="has ended commissioning mode"):
        call("--circle", "20", "--laps", "50")
    thread.join()


def test_keys_move_the_axes(board, capsys, monkeypatch):
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "r") as terminal:
        monkeypatch.setattr("sys.stdin", terminal)

        def type_keys():
            board.bench.until(lambda: not termios.tcgetattr(theirs)[3] & termios.ICANON)  # what is typed before is thrown away
            os.write(ours, b"\x1b[C]\x1b[B")
            board.bench.until(lambda: round(board.joints.messages[-1].position[1] / -0.0019635) == 8)
            os.write(ours, b"q")

        thread = threading.Thread(target=type_keys)
        thread.start()
        assert call() == 0
        thread.join()
    os.close(ours)
    assert "x +4 y +8" in capsys.readouterr().out


def test_keys_need_a_terminal(monkeypatch):
    with open(os.devnull) as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        with pytest.raises(JogError, match="keys need a terminal"):
            call()
    with pytest.raises(JogError, match="--light belongs to"):
        call("--light", "--backlash")


def test_without_a_mirrors_node_it_says_so():
    with pytest.raises(MirrorsError, match="start the mirrors node"):
        call("--circle", "10")


def test_the_zero_can_be_taken_first(board):
    assert call("--reference", "--circle", "5", "--spacing", "5", "--dwell", "0") == 0
