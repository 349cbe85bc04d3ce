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

"""The mirrors node with a controller process of its own: it lights aliens when armed, and every service does what it says."""

import dataclasses
import threading
import time

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")

from mirrors_rig import ALIEN, JOHN, Rig
from rclpy.node import Node
from rclpy.parameter import Parameter
from std_srvs.srv import Trigger
from theylive_msgs import msg

from theylive_ros.mirrors.calibration import nominal
from theylive_ros.mirrors.calibration_file import save
from theylive_ros.mirrors.optics import Geometry
from theylive_ros.mirrors.pointer import Pointer
from theylive_ros.nodes import conversions, mirrors, qos
from theylive_ros.nodes.base import TransitionCallbackReturn
from theylive_ros.nodes.camera_clock import ClockTeller
from theylive_ros.nodes.mirrors import MirrorsNode
from theylive_ros.nodes.mirrors_voice import JOINTS


@pytest.fixture
def rig(bench):
    return Rig(bench)


def test_it_homes_and_stays_dark_until_armed_then_lights_the_alien(rig):
    rig.start()
    state = rig.dark_for("unreferenced", "not_armed")
    assert not state.armed
    state = rig.armed()
    assert (state.armed, state.track_id, list(state.reasons)) == (True, 1, [])
    pointing = rig.pointing.next(lambda m: m.settled)
    assert (pointing.track_id, pointing.aim_x, pointing.aim_y) == (1, 200.0, 100.0)
    assert pointing.error < 0.0025
    joints = rig.joints.next()
    assert list(joints.name) == JOINTS
    assert joints.position[0] < 0 < joints.position[1], "right of and above the middle: turns about z and x, right-handed"


def test_arming_is_refused_with_the_reason_while_it_cannot_be(rig):
    rig.clears = False
    rig.start()
    rig.laser.next(lambda m: list(m.reasons) == ["not_armed", "cannot_clear_protected"])
    answer = rig.call("arm")
    assert not answer.success
    assert "cannot_clear_protected" in answer.message
    rig.dark_for("not_armed")


def test_asked_to_arm_too_early_it_refuses_and_homes_all_the_same(rig, monkeypatch):
    home, asked = MirrorsNode._home, threading.Event()
    monkeypatch.setattr(MirrorsNode, "_home", lambda *arguments: asked.is_set() and home(*arguments))
    rig.start()
    rig.dark_for("unreferenced")
    assert "home them" in rig.call("arm").message
    asked.set()
    rig.armed()


def test_john_near_the_alien_makes_it_dark_and_when_he_has_gone_it_shines_again(rig):
    rig.start()
    rig.armed()
    rig.protected = (dataclasses.replace(JOHN, x=230.0, y=100.0),)
    rig.dark_for("protected_near")
    rig.protected = (JOHN,)
    assert rig.lit().armed


def test_silence_of_the_selector_makes_it_dark(rig):
    rig.start()
    rig.armed()
    rig.silent = True
    rig.dark_for("target_stale")


def test_a_target_from_the_past_or_the_future_is_not_shot(rig):
    rig.start()
    rig.armed()
    rig.lag = 0.5
    rig.dark_for("target_stale")
    rig.lag = -5.0
    rig.dark_for("clocks_unsteady")
    assert rig.node.meter.counts()["impossible_stamps"] > 0


@pytest.mark.parametrize("ahead", [0.03, -0.03, -3600.0])
def test_the_clock_of_another_machine_makes_it_dark_says_so_and_nothing_need_be_armed_when_it_is_set_right(rig, ahead):
    rig.lag = 0.04  # as a picture's way takes: so much ahead, a stamp alone looks possible
    rig.start()
    rig.armed()
    rig.ahead = ahead
    rig.dark_for("clocks_differ")
    side = "ahead of" if ahead > 0 else "behind"
    rig.bench.until(lambda: f"s {side} this machine's, so the laser stays dark: set both" in rig.node.health()[1])
    rig.ahead = 0.0
    assert rig.lit().armed


def test_a_second_camera_of_the_same_name_with_another_clock_makes_it_dark_for_as_long_as_it_is_there(rig):
    rig.start()
    rig.armed()
    second = Node("ear", context=rig.bench.context)
    second.ros_now = lambda: rig.node.ros_now() + 0.059
    ClockTeller(second)
    rig.bench.nodes.append(second)
    rig.bench.executor.add_node(second)
    rig.dark_for("clocks_differ")
    begun = len(rig.laser.messages)
    for _ in range(8):
        rig.laser.next()
    assert all("clocks_differ" in m.reasons for m in rig.laser.messages[begun:])
    assert "s ahead of this machine's" in rig.node.health()[1]


def test_a_camera_that_does_not_tell_its_clock_is_not_believed(rig):
    rig.bench.ear_node.destroy_subscription(rig.teller._subscription)
    rig.start()
    rig.laser.next(lambda m: list(m.reasons) == ["not_armed", "clock_untold"])
    rig.bench.until(lambda: "set clock.camera_here" in rig.node.health()[1])
    assert rig.node.facts()["camera_clock"] == "not told"


def test_a_camera_that_does_not_tell_its_clock_is_believed_where_somebody_says_that_it_runs_here(rig):
    rig.bench.ear_node.destroy_subscription(rig.teller._subscription)
    rig.start("-p", "clock.camera_here:=true")
    rig.armed()


def test_whoever_stops_it_while_it_begins_to_home_has_it_home_no_more(rig, monkeypatch):
    home, homed, answers = Pointer.home, [], []

    def stop(node):
        answers.append(node._serve("stop", Pointer.stop, Trigger.Response()))

    def home_slowly(pointer, now):
        homed.append(now)
        home(pointer, now)
        if len(homed) == 1:
            node = rig.bench.nodes[-1]
            rig.bench.until(lambda: node.active)
            threading.Thread(target=stop, args=(node,)).start()
            time.sleep(0.1)

    monkeypatch.setattr(Pointer, "home", home_slowly)
    rig.start()
    rig.bench.until(lambda: answers)
    assert answers[0].success
    begun = time.monotonic()
    while time.monotonic() < begun + 1.2 * mirrors._HOMING_PAUSE:
        assert "unreferenced" in rig.laser.next().reasons
    assert len(homed) == 1


def test_disarm_makes_it_dark_until_armed_again(rig):
    rig.start()
    rig.armed()
    assert rig.call("disarm").success
    assert not rig.dark_for("not_armed").armed
    assert rig.call("arm").success
    rig.lit()


def test_stop_loses_the_reference_and_home_and_arm_bring_the_light_back(rig):
    rig.start()
    rig.armed()
    assert rig.call("stop").success
    assert not rig.dark_for("unreferenced").armed
    assert not rig.call("arm").success
    assert rig.call("home").success
    rig.armed()


def test_deactivated_it_is_dark_and_activated_again_it_is_disarmed(rig):
    rig.start()
    rig.armed()
    assert rig.node.trigger_deactivate() == TransitionCallbackReturn.SUCCESS
    rig.bench.until(lambda: rig.node._planner.link.pump() or (rig.node._planner.link.status() and not rig.node._planner.link.status().lit))
    assert not rig.call("arm").success
    assert rig.node.trigger_activate() == TransitionCallbackReturn.SUCCESS
    rig.laser.next(lambda m: list(m.reasons) == ["not_armed"])


def test_the_gate_is_tuned_while_it_runs(rig):
    node = rig.start()
    rig.armed()
    rig.protected = (dataclasses.replace(JOHN, x=260.0, y=100.0),)
    time.sleep(0.1)
    assert node.set_parameters([Parameter("gate.guard_radius", value=0.1)])[0].successful
    rig.dark_for("protected_near")
    assert not node.set_parameters([Parameter("gate.lease", value=1.0)])[0].successful


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_where_the_ticking_thread_dies_the_node_says_dark_and_arms_no_more(rig, monkeypatch):
    node = rig.start()
    rig.armed()

    def fail(*_):
        raise RuntimeError("a mistake")

    monkeypatch.setattr(node._voice, "say", fail)
    assert not rig.dark_for("not_armed").armed
    assert "RuntimeError: a mistake" in node.trouble
    assert not rig.call("arm").success
    monkeypatch.undo()
    assert node.trigger_deactivate() == TransitionCallbackReturn.SUCCESS
    assert node.trigger_activate() == TransitionCallbackReturn.SUCCESS
    rig.armed()


def test_hardware_refuses_simulated_time_at_run_time_too(rig, monkeypatch):
    node = rig.start()
    assert node.set_parameters([Parameter("use_sim_time", value=False)])[0].successful
    monkeypatch.setattr(type(node._controller), "simulated", False)
    answer = node.set_parameters([Parameter("use_sim_time", value=True)])[0]
    assert not answer.successful
    assert "real time" in answer.reason
    assert not node.get_parameter("use_sim_time").value


def test_without_a_laser_line_arming_is_refused(rig):
    rig.start("-p", "lines.has_laser:=false")
    rig.laser.next(lambda m: list(m.reasons) == ["no_laser_line", "not_armed"])
    assert "no_laser_line" in rig.call("arm").message


def test_in_commissioning_mode_the_mirrors_go_where_they_are_ordered_and_shine_there_at_low_duty(rig):
    rig.start()
    rig.commissioned()
    rig.order = ((-0.02, 0.01), True)
    state = rig.lit()
    assert (state.mode, state.armed, state.track_id) == (msg.LaserState.MODE_COMMISSIONING, False, 0)
    step = Geometry().microstep
    joints = rig.joints.next(lambda m: not any(m.velocity))
    assert abs(joints.position[0] + 0.02) <= step / 2
    assert abs(joints.position[1] - 0.01) <= step / 2
    rig.dark_for("duty")
    refused = rig.call("arm")
    assert not refused.success
    assert refused.message.startswith("commissioning: ")


def test_whoever_falls_silent_in_commissioning_mode_leaves_it_dark(rig):
    rig.start()
    rig.commissioned()
    rig.order = ((0.0, 0.0), True)
    rig.lit()
    rig.order = None
    rig.dark_for("no_order")


def test_a_protected_head_anywhere_in_the_picture_makes_commissioning_dark(rig):
    rig.start()
    rig.commissioned()
    rig.order = ((0.0, 0.0), True)
    rig.lit()
    rig.protected = (JOHN,)
    rig.dark_for("protected_in_view")


def test_orders_outside_commissioning_mode_too_far_away_or_too_old_are_refused(rig):
    node = rig.start()
    rig.laser.next(lambda m: list(m.reasons) == ["not_armed"])

    def refused(angles, age=0.0):
        before = node.meter.counts().get("refused_orders", 0)
        rig.say_order(angles, True, age)
        rig.bench.until(lambda: node.meter.counts().get("refused_orders", 0) > before)

    refused((0.0, 0.0))
    rig.commissioned()
    refused((0.5, 0.0))
    refused((float("nan"), 0.0))
    refused((0.0, 0.0), age=1.0)
    refused((0.0, 0.0), age=-1.0)
    assert not rig.laser.next().on


def test_commissioning_is_refused_while_armed_and_ends_disarmed(rig):
    rig.start()
    rig.armed()
    answer = rig.commission()
    assert not answer.success
    assert answer.message.startswith("armed: ")
    assert rig.call("disarm").success
    rig.commissioned()
    assert rig.commission(on=False).success
    assert not rig.laser.next(lambda m: m.mode == m.MODE_TARGETING).armed


def test_a_seen_spot_trims_the_aim_and_tells_of_missed_steps(rig):
    rig.start()
    rig.armed()
    say = rig.bench.say(msg.Spot, "spot", qos.RESULT)
    deadline = time.monotonic() + 10.0
    while not rig.pointing.messages[-1].missed_steps.any():
        assert time.monotonic() < deadline, rig.pointing.messages[-1]
        if rig.laser.messages[-1].on:
            head = conversions.header(conversions.to_time(rig.node.ros_now() - 0.02), "camera_optical_frame")
            say.publish(msg.Spot(header=head, found=True, x=206.0, y=100.0, sigma=0.1))
        time.sleep(0.03)
    pointing = rig.pointing.messages[-1]
    assert pointing.missed_steps[0] == 3, "6 px at 2 px a step"
    assert 4.0 < pointing.trim_x < 8.0
    assert abs(pointing.trim_y) < 1.5


def test_without_a_calibration_it_is_not_armed_but_commissioned_and_pointing_once_it_has_one(rig, tmp_path):
    path = tmp_path / "calibration.yaml"
    rig.start("-p", f"calibration:='{path}'")
    rig.laser.next(lambda m: "uncalibrated" in m.reasons and "unreferenced" not in m.reasons)
    assert rig.call("arm").message.startswith("uncalibrated: ")
    assert "there is no calibration" in rig.call("reload").message
    rig.commissioned()
    save(nominal(), path)
    answer = rig.call("reload")
    assert answer.success, answer.message
    assert str(path) in answer.message
    rig.track = ALIEN
    rig.armed()


def test_a_reloaded_calibration_disarms_and_a_damaged_one_changes_nothing(rig, tmp_path):
    path = tmp_path / "calibration.yaml"
    save(nominal(), path)
    rig.start("-p", f"calibration:='{path}'")
    rig.armed()
    path.write_text("rubbish: [")
    answer = rig.call("reload")
    assert not answer.success
    assert str(path) in answer.message
    assert rig.lit().armed
    save(nominal(metres_per_pixel=0.7e-3), path)
    assert rig.call("reload").success
    assert not rig.dark_for("not_armed").armed
    assert rig.node._planner.pointer._follower.calibration == nominal(metres_per_pixel=0.7e-3)


def test_a_rig_without_a_calibration_file_is_ideal_only_where_it_is_simulated(rig, monkeypatch):
    monkeypatch.setattr("theylive_ros.nodes.controller_link.ControllerChoice.simulated", False)
    rig.start()
    rig.dark_for("uncalibrated")
    assert "names no file" in rig.call("reload").message
