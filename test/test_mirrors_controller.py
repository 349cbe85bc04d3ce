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

"""The mirrors node and its controller: one that is lost is reached for anew, one that does not fit moves nothing; dark all the while."""

import dataclasses
import itertools
import os
import signal
import socket
import time

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")

from mirrors_rig import Rig
from rclpy.parameter import Parameter
from std_srvs.srv import Trigger

from theylive_ros.controller.link import Link
from theylive_ros.controller.stream import StreamClosedError
from theylive_ros.controller.transports import ProcessTransport
from theylive_ros.messages import from_time
from theylive_ros.mirrors.calibration import nominal
from theylive_ros.mirrors.calibration_file import save
from theylive_ros.mirrors.optics import Geometry
from theylive_ros.nodes.base import TransitionCallbackReturn
from theylive_ros.nodes.mirrors import MirrorsNode
from theylive_ros.nodes.parameters import ConfigurationError


@pytest.fixture
def rig(bench):
    return Rig(bench)


def test_a_killed_controller_is_started_again_homed_and_stays_disarmed(rig):
    rig.start()
    rig.armed()
    os.kill(rig.node._planner.link._transport.process.pid, signal.SIGKILL)
    assert not rig.laser.next(lambda m: not m.armed).on
    rig.laser.next(lambda m: list(m.reasons) == ["not_armed"])
    assert rig.node.meter.counts()["controller_lost"] == 1
    assert rig.call("arm").success
    rig.lit()


def test_a_controller_that_dies_while_it_is_told_to_shine_leaves_no_word_of_light(rig, monkeypatch):
    node = rig.start()
    rig.armed()
    light = node._planner.link.light

    def light_and_die(seconds):
        light(seconds)
        node._planner.link._lose(StreamClosedError("unplugged"))

    monkeypatch.setattr(node._planner.link, "light", light_and_die)
    monkeypatch.setattr(node, "_reconnect", lambda *_: None)
    rig.dark_for("link_silent")
    assert "the controller is gone" in node._trouble
    rig.laser.wait(lambda heard: not heard[-1].on and not heard[-1].armed)


class Mute:
    """A controller that never says a word."""

    def __init__(self):
        self._ends = socket.socketpair()

    def send(self, data):
        pass

    def receive(self):
        return b""

    def fileno(self):
        return self._ends[0].fileno()

    def close(self):
        for end in self._ends:
            end.close()


def test_while_the_controller_is_reached_for_anew_it_goes_on_telling_that_it_is_dark_and_why(rig, monkeypatch):
    node = rig.start()
    rig.armed()
    tries = []

    def reach():
        tries.append(time.monotonic())
        if len(tries) == 1:
            raise OSError("unplugged")
        return Link(Mute(), time.monotonic)

    monkeypatch.setattr(node._controller, "open", reach)
    os.kill(node._planner.link._transport.process.pid, signal.SIGKILL)
    rig.laser.next(lambda m: not m.armed)
    lost = len(rig.laser.messages)
    rig.bench.until(lambda: len(tries) == 2 and time.monotonic() - tries[1] > 0.5)
    assert "unplugged" in node.health()[1], "it still waits for the second one's first word"
    told = rig.laser.messages[lost:]
    assert len(told) > 5
    assert not any(m.on or m.armed for m in told)
    assert all({"link_silent", "not_armed"} <= set(m.reasons) for m in told)
    stamps = [from_time(m.header.stamp) for m in told]
    assert max(b - a for a, b in itertools.pairwise(stamps)) < 0.4, "as often as ever, 0.1 s, on a machine that is busy with other things"
    assert stamps[-1] - stamps[0] > 1.5
    assert "link_silent" in rig.call("arm").message
    monkeypatch.undo()
    node._planner.link._lose(StreamClosedError("unplugged"))
    rig.laser.next(lambda m: list(m.reasons) == ["not_armed"])


def test_what_is_set_while_the_controller_comes_back_holds_for_the_new_one(rig, monkeypatch):
    node = rig.start()
    declared = node.parameters._owners["gate.guard_radius"][0]
    tune = declared.on_change

    def tune_and_lose(value):
        tune(value)
        node._connect()

    monkeypatch.setattr(declared, "on_change", tune_and_lose)
    rig.node.trigger_deactivate()
    old = node._planner.link
    assert node.set_parameters([Parameter("gate.guard_radius", value=0.1)])[0].successful
    old.close()
    assert node._planner.pointer.gate.guard_radius == 0.1


def test_a_controller_that_ends_at_once_is_started_again_with_growing_pauses(bench, monkeypatch):
    begun = []
    begin = ProcessTransport.__init__

    def begin_in_vain(self, lines, settings):
        begun.append(lines)
        begin(self, "theylive_ros.controller:Nothing", settings)

    monkeypatch.setattr(ProcessTransport, "__init__", begin_in_vain)
    node = bench.add(MirrorsNode)
    bench.until(lambda: len(begun) > 1)
    time.sleep(1.2)  # after one of 0.5 s, a pause of 1 s
    assert len(begun) <= 3
    assert node.meter.counts()["controller_lost"] >= 1


def test_shut_down_while_it_still_tries_to_start_it_tries_no_more(bench, tmp_path):
    node = bench.add(MirrorsNode, "-p", f"controller_socket:={tmp_path / 'nobody'}")
    bench.until(lambda: node.trouble)
    assert node.trigger_shutdown() == TransitionCallbackReturn.SUCCESS
    bench.until(lambda: node._autostart_timer is None, 5.0)
    assert bench.call(Trigger, "mirrors/arm", Trigger.Request()).success is False, "the executor lives"


def test_a_calibration_made_with_other_microsteps_is_refused_before_anything_moves(bench, tmp_path):
    path = tmp_path / "calibration.yaml"
    save(nominal(geometry=Geometry(microsteps=16)), path)
    node = bench.add(MirrorsNode, "-p", f"calibration:='{path}'")
    bench.until(lambda: "made with geometry.microsteps 16, the parameter is 8" in node._message)
    assert node._planner.link is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["motion.max_speed:=2500.0"], "motion.max_speed is 2500, the controller's max_rate 2000"),
        (["limits.high_x:=151"], "limits of axis x are -150 to 151, the controller's soft range is -150 to 150"),
        (["controller.low_y:=-50", "limits.low_y:=-50"], "the calibration's limits of axis y are -59 to 59"),
    ],
)
def test_what_the_controller_would_refuse_is_refused_before_anything_moves(bench, arguments, words):
    node = bench.add(MirrorsNode, *(word for argument in arguments for word in ("-p", argument)))
    bench.until(lambda: words in node._message)
    bench.until(lambda: node._planner.link is None)


def test_a_speed_beyond_the_controllers_is_refused_while_it_runs(rig):
    node = rig.start()
    answer = node.set_parameters([Parameter("motion.max_speed", value=2001.0)])[0]
    assert not answer.successful
    assert "max_rate" in answer.reason


def test_a_controller_of_another_kind_that_comes_later_is_not_moved_either(rig, monkeypatch):
    node = rig.start()
    rig.armed()
    node._controller._executor.value = dataclasses.replace(node._controller._executor.value, low_x=-20, high_x=20)
    os.kill(node._planner.link._transport.process.pid, signal.SIGKILL)
    rig.bench.until(lambda: "soft range is -20 to 20" in node._trouble)
    rig.bench.until(lambda: not rig.laser.messages[-1].on)


def test_an_unknown_lines_plugin_lists_those_that_exist(bench):
    with pytest.raises(ConfigurationError, match=r"no plugin 'gpoi' in group theylive_ros\.lines; installed: .*sim"):
        bench.add(MirrorsNode, "-p", "plugin:=gpoi")


def test_a_damaged_calibration_is_refused_before_anything_moves(bench, tmp_path):
    path = tmp_path / "calibration.yaml"
    path.write_text("rubbish: [")
    node = bench.add(MirrorsNode, "-p", f"calibration:='{path}'")
    bench.until(lambda: str(path) in node._message)
    assert node._planner.link is None
