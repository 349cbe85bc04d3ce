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

"""The armer: waits for a rig that gets ready, says why it is refused, arms once."""

from __future__ import annotations

import time
import types

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")

import rclpy
from std_msgs.msg import Header
from std_srvs.srv import Trigger
from theylive_msgs.msg import LaserState

from theylive_ros.nodes import armer, qos


@pytest.fixture
def rig(bench, monkeypatch):
    monkeypatch.setattr(armer, "_PAUSE", 0.05)

    class Rig:
        refusal, asked = "", 0

        def answer(self, _, answer):
            self.asked += 1
            answer.success, answer.message = not self.refusal, self.refusal
            return answer

        def say(self, *reasons, serving=True, **state):
            laser.publish(LaserState(reasons=list(reasons), **state))
            if serving:
                question.publish(Header())

        def until(self, holds, *reasons, **state):
            bench.until(lambda: self.say(*reasons, **state) or holds())

        def lose_answers(self, after=lambda: None):
            """From now on no request is answered; `after` is done when the first was sent. Returns what ends it."""
            client, call = self.armer._client, self.armer._client.call_async

            def call_async(_):
                self.asked += 1
                if self.asked == 1:
                    after()
                return rclpy.Future()

            monkeypatch.setattr(client, "call_async", call_async)
            return lambda: monkeypatch.setattr(client, "call_async", call)

    laser, question = bench.say(LaserState, "laser", qos.STATE), bench.say(Header, "clock_question", qos.PROBE)
    rig = Rig()
    bench.ear_node.create_service(Trigger, "mirrors/arm", rig.answer)
    rig.armer = armer.Armer(bench.ear_node)
    bench.executor.wake()
    return rig


def test_it_waits_for_a_rig_that_gets_ready_and_arms_it_once(bench, rig):
    heard = bench.hear(LaserState, "laser", qos.STATE)
    for _ in range(5):
        rig.say("unreferenced", "not_armed")
        heard.next()
    assert rig.asked == 0
    rig.until(lambda: rig.armer.done, "not_armed")
    rig.say("not_armed")
    heard.next()
    assert rig.asked == 1


@pytest.mark.parametrize("reason", ["uncalibrated", "missed_steps", "no_laser_line", "controller_fault"])
def test_what_does_not_pass_by_itself_is_asked_for_so_that_the_refusal_is_told(rig, reason, capfd):
    rig.refusal = f"{reason}: its cause and its cure"
    rig.until(lambda: rig.asked >= 2, reason, "not_armed")
    assert not rig.armer.done
    rig.refusal = ""
    rig.until(lambda: rig.armer.done, "not_armed")
    assert capfd.readouterr().err.count(f"not armed yet: {reason}: its cause and its cure") == 1


def test_armed_by_somebody_else_it_has_nothing_to_do(bench, rig):
    rig.say("not_armed", "unreferenced")
    bench.until(lambda: rig.say(armed=True) or rig.armer.done)
    assert rig.asked == 0


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(armer, "_PATIENCE", 1.0)
    monkeypatch.setattr(armer, "_GAP", 0.9)
    monkeypatch.setattr(armer, "_PERIOD", 0.05)


def test_a_lost_answer_is_asked_for_again_where_the_mirrors_were_there_all_the_time_and_never_armed(impatient, rig, capfd):
    answer_again = rig.lose_answers()
    rig.until(lambda: rig.asked == 2, "not_armed")
    assert not rig.armer.done
    assert not rig.armer.given_up
    answer_again()
    rig.until(lambda: rig.armer.done, "not_armed")
    assert "mirrors/arm did not answer; asking again" in capfd.readouterr().err


def test_a_lost_answer_is_no_matter_where_the_laser_is_seen_armed(impatient, rig):
    rig.lose_answers()
    rig.until(lambda: rig.asked, "not_armed")
    rig.until(lambda: rig.armer.done, armed=True)
    rig.until(lambda: time.monotonic() > rig.armer._asked_at + 1.3, "not_armed")
    assert rig.asked == 1
    assert not rig.armer.given_up


@pytest.mark.parametrize("reason", ["controller_fault", "stop_input", "missed_steps", "unreferenced", "link_silent"])
def test_what_may_have_ended_an_arming_whose_answer_is_lost_ends_the_attempt(impatient, rig, reason, capfd):
    rig.lose_answers(after=lambda: rig.say("not_armed", reason))
    rig.until(lambda: rig.armer.given_up, "not_armed")
    rig.until(lambda: time.monotonic() > rig.armer._asked_at + 1.3, "not_armed")
    assert rig.asked == 1
    assert not rig.armer.done
    assert capfd.readouterr().err.count("not armed: mirrors/arm did not answer") == 1


def test_commissioning_after_a_lost_answer_ends_the_attempt(impatient, rig):
    rig.lose_answers(after=lambda: rig.say("no_order", mode=LaserState.MODE_COMMISSIONING))
    rig.until(lambda: rig.armer.given_up, "not_armed")
    assert rig.asked == 1


def test_mirrors_that_end_after_the_request_are_not_waited_for_and_their_successors_are_not_armed(bench, impatient, rig):
    rig.lose_answers()
    rig.until(lambda: rig.asked, "not_armed")
    bench.until(lambda: rig.armer.given_up)
    for _ in range(20):
        rig.say("not_armed")
        time.sleep(0.01)
    assert rig.asked == 1


def test_mirrors_that_tick_but_do_not_serve_may_yet_read_the_request_so_that_there_is_no_second_one(impatient, rig):
    rig.lose_answers()
    rig.until(lambda: rig.asked, "not_armed")
    rig.until(lambda: rig.armer.given_up, "not_armed", serving=False)
    assert rig.asked == 1


@pytest.mark.parametrize(("ending", "status"), [("done", 0), ("given_up", 1)])
def test_the_process_ends_with_the_attempt_and_its_status_tells_what_came_of_it(bench, monkeypatch, ending, status):
    def run_node(make, until):
        made.append(make())
        assert not until()
        setattr(armers[0], ending, True)
        assert until()
        return 0

    made, armers = [], []
    monkeypatch.setattr(armer, "Node", lambda name: bench.ear_node)
    monkeypatch.setattr(armer, "Armer", lambda node: armers.append(types.SimpleNamespace(done=False, given_up=False)) or armers[0])
    monkeypatch.setattr(armer, "run_node", run_node)
    with pytest.raises(SystemExit) as ended:
        armer.main()
    assert ended.value.code == status
