"""The armer: waits for a rig that gets ready, says why it is refused, arms once."""

from __future__ import annotations

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")

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

        def say(self, *reasons, armed=False):
            laser.publish(LaserState(armed=armed, reasons=list(reasons)))

        def until(self, holds, *reasons):
            bench.until(lambda: self.say(*reasons) or holds())

    laser = bench.say(LaserState, "laser", qos.STATE)
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
