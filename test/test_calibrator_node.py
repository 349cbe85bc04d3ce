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

"""The calibrator node over real DDS: a crooked simulated rig is calibrated by the action and by hand, and refusals leave the old file."""

import math
import threading
import time

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")

from action_msgs.msg import GoalStatus
from geometry_msgs.msg import Point
from std_srvs.srv import SetBool, Trigger
from theylive_msgs import msg
from theylive_msgs.action import Calibrate
from theylive_msgs.srv import MarkSpot

from theylive_ros.messages import from_track
from theylive_ros.mirrors.calibration import nominal
from theylive_ros.mirrors.calibration_file import load, save
from theylive_ros.mirrors.optics import Geometry
from theylive_ros.nodes import conversions, qos
from theylive_ros.nodes.base import TransitionCallbackReturn
from theylive_ros.nodes.calibrator import CalibratorNode
from theylive_ros.nodes.mirrors import MirrorsNode
from theylive_ros.nodes.simulator import SimulatorNode
from theylive_ros.simulator.beam import CROOKED, Beam
from theylive_ros.types import Region, Target

QUICK = ["-p", "blink.exposure:=0.012", "-p", "blink.lit_frames:=1", "-p", "blink.dark_frames:=1"]


class Rig:
    """Simulator, mirrors and calibrator; the selector sees an empty board, and `protected` on it."""

    def __init__(self, bench, folder):
        self.bench, self.socket, self.file = bench, folder / "controller.sock", folder / "calibration.yaml"
        self.protected, self.silent = (), False
        self.laser = bench.hear(msg.LaserState, "laser", qos.STATE)
        self.spots = bench.hear(msg.Spot, "spot", qos.RESULT)
        self.truth = bench.hear(msg.GroundTruth, "ground_truth", qos.RESULT)
        self.feedback = []
        self._client = bench.action(Calibrate, "calibrate")
        self._say = bench.say(msg.Target, "target", qos.RESULT)
        self._say_order = bench.say(msg.Commission, "commission", qos.ORDER)
        self.order = None

    def start(self, *calibrator, mounting="crooked"):
        where = ["-p", f"controller_socket:='{self.socket}'"]
        self.simulator = self.bench.add(
            SimulatorNode, *where, "-p", "scenario:=empty_board", "-p", f"mounting:={mounting}", "-p", "rate:=60.0"
        )
        self.mirrors = self.bench.add(MirrorsNode, *where, "-p", f"calibration:='{self.file}'", "-p", "tick_rate:=100.0")
        self.node = self.bench.add(CalibratorNode, *QUICK, *calibrator)
        self.bench.until(lambda: self.simulator.active and self.mirrors.active and self.node.active)
        self.bench.repeat(self._speak)
        self.laser.next(lambda m: not {"unreferenced", "link_silent"} & set(m.reasons))
        return self.node

    def _speak(self):
        now = conversions.to_time(self.node.ros_now())
        if self.order is not None:
            angles, light = self.order
            self._say_order.publish(msg.Commission(header=conversions.header(now, ""), angles=list(angles), light=light))
        if not self.silent:
            target = Target(0.0, 320, 240, None, self.protected, (), Region(0, 0, 320, 240), True)
            self._say.publish(conversions.to_target(target, conversions.header(now, "camera_optical_frame")))

    def send(self, **goal):
        """Send a goal; a function that waits for its end and returns status and result."""
        assert self._client.wait_for_server(10.0)
        got = threading.Event()
        handles, results = [], []

        def on_result(future):
            results.append(future.result())
            got.set()

        def on_goal(future):
            handles.append(future.result())
            handles[0].get_result_async().add_done_callback(on_result)

        self._client.send_goal_async(Calibrate.Goal(**goal), self.feedback.append).add_done_callback(on_goal)

        def wait(timeout=60.0):
            assert got.wait(timeout), "the action does not end"
            return results[0].status, results[0].result

        self.bench.until(lambda: handles)
        self.handle = handles[0]
        return wait

    def trigger(self, name):
        return self.bench.call(Trigger, name, Trigger.Request())

    def mark(self, x, y):
        return self.bench.call(MarkSpot, "calibrator/mark", MarkSpot.Request(x=x, y=y))

    def go(self, steps):
        """Order the mirrors there (microsteps), in commissioning mode, and wait until they have stood a while."""
        angles = Geometry().angles(steps)
        self.order = (angles, False)
        self.bench.until(lambda: math.dist(self.node._manual._marks._angles or (9, 9), angles) < 1e-3)
        time.sleep(0.4)


@pytest.fixture
def rig(bench, tmp_path):
    return Rig(bench, tmp_path)


def test_a_crooked_rig_calibrates_itself_from_nothing_and_points_by_it(rig):
    rig.start()
    status, result = rig.send(columns=6, rows=5)()
    assert (status, result.success) == (GoalStatus.STATUS_SUCCEEDED, True), result.message
    assert result.file == str(rig.file)
    assert result.points >= 30
    assert result.rms < 0.5
    assert result.p95 < 0.8e-3
    stages = [f.feedback.stage for f in rig.feedback]
    assert list(dict.fromkeys(stages)) == ["search", "probe", "grid", "fit"]
    progress = [f.feedback.progress for f in rig.feedback]
    assert progress == sorted(progress)
    calibration = load(rig.file)
    beam = Beam(calibration.geometry, rig.simulator._world.camera, CROOKED)
    for x, y in ((60, 60), (160, 120), (260, 180)):
        assert math.dist(beam.place(*calibration.pixel_to_steps(x, y)), (x, y)) < 1.0
    state = rig.laser.next(lambda m: m.mode == m.MODE_TARGETING)
    assert not state.on
    assert "uncalibrated" not in state.reasons, "the mirrors have read it"


def test_cancelled_it_is_dark_at_once_and_the_old_file_is_as_it_was(rig):
    save(nominal(), rig.file)
    before = rig.file.read_bytes()
    rig.start()
    wait = rig.send()
    rig.bench.until(lambda: rig.feedback)
    rig.handle.cancel_goal_async()
    status, result = wait()
    assert (status, result.success) == (GoalStatus.STATUS_CANCELED, False)
    assert result.message == "cancelled; the old calibration is as it was"
    assert not rig.laser.next(lambda m: m.mode == m.MODE_TARGETING).on
    assert rig.file.read_bytes() == before


def test_a_second_goal_is_refused_while_one_is_under_way(rig):
    rig.start()
    wait = rig.send()
    first = rig.handle
    status, result = rig.send()()
    assert status == GoalStatus.STATUS_ABORTED
    assert "under way already" in result.message
    first.cancel_goal_async()
    assert wait()[0] == GoalStatus.STATUS_CANCELED


def test_john_on_the_board_is_not_lit_and_the_reason_is_told(rig):
    john = from_track(msg.Track(id=1, label="john", x=160.0, y=120.0, width=64.0, height=64.0, covariance=[1.0] * 16))
    rig.protected = (john,)
    rig.start("-p", "blink.patience:=1.0")
    status, result = rig.send()()
    assert status == GoalStatus.STATUS_ABORTED
    assert "protected_in_view" in result.message
    assert not any(m.on for m in rig.laser.messages)
    assert not rig.file.exists()


def test_the_stop_switch_ends_it_and_the_reason_is_told(rig):
    rig.start()
    wait = rig.send()
    rig.bench.until(lambda: rig.feedback)
    assert rig.bench.call(SetBool, "simulator/press_stop", SetBool.Request(data=True)).success
    status, result = wait()
    assert status == GoalStatus.STATUS_ABORTED
    assert "stop_input" in result.message
    assert not rig.laser.messages[-1].on


def test_armed_mirrors_are_not_calibrated(rig):
    save(nominal(), rig.file)
    rig.start()
    assert rig.trigger("mirrors/arm").success
    status, result = rig.send()()
    assert status == GoalStatus.STATUS_ABORTED
    assert result.message.startswith("armed: the rig is armed")


def test_a_camera_that_stops_ends_it_dark(rig):
    rig.start()
    wait = rig.send()
    rig.bench.until(lambda: rig.feedback)
    rig.simulator.trigger_deactivate()
    status, result = wait()
    assert status == GoalStatus.STATUS_ABORTED
    assert "no picture came" in result.message
    assert not rig.laser.next(lambda m: m.mode == m.MODE_TARGETING).on


def test_deactivated_while_it_calibrates_it_ends_dark_and_says_so(rig):
    node = rig.start()
    wait = rig.send()
    rig.bench.until(lambda: rig.feedback)
    assert node.trigger_deactivate() == TransitionCallbackReturn.SUCCESS
    status, result = wait()
    assert status == GoalStatus.STATUS_ABORTED
    assert "deactivated" in result.message
    assert not rig.laser.next(lambda m: m.mode == m.MODE_TARGETING).on
    assert "not active" in rig.send()()[1].message
    assert node.trigger_activate() == TransitionCallbackReturn.SUCCESS


def test_without_mirrors_a_file_or_a_sensible_grid_it_says_so_before_anything_moves(bench, rig, tmp_path):
    node = bench.add(CalibratorNode)
    bench.until(lambda: node.active)
    rig.node = node
    assert "start the mirrors node" in rig.send()()[1].message
    mirrors = bench.add(MirrorsNode)
    bench.until(lambda: mirrors.active)
    assert "no file to write" in rig.send()()[1].message
    assert "it is a folder" in rig.send(file=str(tmp_path))()[1].message
    assert "columns is 3" in rig.send(file=str(tmp_path / "new.yaml"), columns=3)()[1].message
    assert "no picture came" in rig.send(file=str(tmp_path / "new.yaml"))()[1].message
    assert not (tmp_path / "new.yaml").exists()


def test_the_spot_is_told_in_every_frame_that_was_lit(rig):
    rig.start()
    assert rig.bench.call(SetBool, "mirrors/commission", SetBool.Request(data=True)).success
    rig.order = ((0.0, 0.0), True)
    spot = rig.spots.next(lambda s: s.found)
    truth = next(t for t in rig.truth.wait(lambda heard: any(t.header == spot.header for t in heard)) if t.header == spot.header)
    assert math.hypot(spot.x - truth.spot_x, spot.y - truth.spot_y) < 1.0
    rig.order = None
    rig.laser.next(lambda m: not m.on)
    time.sleep(0.3)
    count = len(rig.spots.messages)
    time.sleep(0.3)
    assert len(rig.spots.messages) == count, "in the dark nothing is told"


def test_four_marked_places_make_a_calibration_that_the_mirrors_take(rig):
    rig.start()
    assert rig.bench.call(SetBool, "mirrors/commission", SetBool.Request(data=True)).success
    click = rig.bench.say(Point, "annotated_mouse_left", qos.RESULT)
    assert "0 pairs" in rig.trigger("calibrator/finish").message or "nothing is known" in rig.trigger("calibrator/finish").message
    for k, steps in enumerate([(-35, -30), (35, -30), (35, 30), (-35, 30)]):
        rig.go(steps)
        x, y = rig.truth.messages[-1].spot_x, rig.truth.messages[-1].spot_y
        if k == 2:
            click.publish(Point(x=2 * x, y=2 * y))
            rig.bench.until(lambda: len(rig.node._manual._marks.sightings) == 3)
        else:
            answer = rig.mark(x, y)
            assert answer.success, answer.message
            assert answer.pairs == k + 1
    answer = rig.mark(999.0, 10.0)
    assert not answer.success
    assert "outside the picture" in answer.message
    assert rig.trigger("calibrator/undo").success
    refused = rig.trigger("calibrator/finish")
    assert not refused.success
    assert "4 are needed" in refused.message
    assert rig.mark(x, y).success
    answer = rig.trigger("calibrator/finish")
    assert answer.success, answer.message
    calibration = load(rig.file)
    assert calibration.method == "manual"
    beam = Beam(calibration.geometry, rig.simulator._world.camera, CROOKED)
    assert math.dist(beam.place(*calibration.pixel_to_steps(160, 120)), (160, 120)) < 4.0
    rig.laser.next(lambda m: m.mode == m.MODE_TARGETING and "uncalibrated" not in m.reasons)


def test_marks_are_refused_while_the_mirrors_move(rig):
    rig.start()
    assert rig.bench.call(SetBool, "mirrors/commission", SetBool.Request(data=True)).success
    for k in range(100):
        rig.order = ((0.03 * (-1) ** (k // 8), 0.0), False)
        if not (answer := rig.mark(100.0, 100.0)).success:
            break
        time.sleep(0.01)
    assert "the mirrors move" in answer.message
