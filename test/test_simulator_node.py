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

"""The simulator node: it films as a camera would, obeys as a controller would, and tells the truth about both."""

import math
import threading

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")

from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_srvs.srv import SetBool, Trigger
from theylive_msgs import msg

from theylive_ros import messages
from theylive_ros.controller.link import Link
from theylive_ros.controller.transports import SocketTransport
from theylive_ros.nodes import conversions, qos
from theylive_ros.nodes.base import TransitionCallbackReturn
from theylive_ros.nodes.parameters import ConfigurationError
from theylive_ros.nodes.simulator import SimulatorNode


class Planner:
    """Talks to the simulated controller in a thread, as the mirrors node does."""

    def __init__(self, path):
        self.link = Link(SocketTransport(str(path)))
        self.lease = 0.0
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._talk, name="planner")
        self._thread.start()

    def _talk(self):
        while not self._stop.wait(0.005):
            with self._lock:
                self.link.pump()
                if self.lease:
                    self.link.light(self.lease)

    def say(self, command, *words):
        with self._lock:
            getattr(self.link, command)(*words)

    def status(self):
        with self._lock:
            return self.link.status()

    def close(self):
        self._stop.set()
        self._thread.join()
        self.link.close()


class Rig:
    def __init__(self, bench, path):
        self.bench, self.path = bench, path
        self.images = bench.hear(Image, "image_raw", qos.IMAGE)
        self.truth = bench.hear(msg.GroundTruth, "ground_truth", qos.RESULT)
        self.planners = []

    def start(self, *arguments):
        where = ["-p", f"controller_socket:='{self.path}'"]
        self.node = self.bench.add(SimulatorNode, "-p", "scenario:=one_alien", *where, *arguments)
        self.bench.until(lambda: self.node.active)
        return self.node

    def planner(self):
        self.planners.append(Planner(self.path))
        self.bench.until(self.planners[-1].status)
        return self.planners[-1]

    def lit(self):
        """A planner that has found the reference and keeps the light on; and the first truth of it."""
        planner = self.planner()
        planner.say("home")
        self.bench.until(lambda: (now := planner.status()) and now.referenced and not now.moving)
        assert not self.truth.next().lit_x
        planner.lease = 0.05
        return planner, self.truth.next(lambda t: len(t.lit_x) > 10)


@pytest.fixture
def rig(bench, tmp_path):
    made = Rig(bench, tmp_path / "controller.sock")
    yield made
    for planner in made.planners:
        planner.close()


def test_a_frame_its_camera_info_and_its_truth_have_one_stamp(bench, rig):
    infos = bench.hear(CameraInfo, "camera_info", qos.IMAGE)
    node = rig.start()
    image = rig.images.next()
    truth = rig.truth.wait(lambda heard: any(t.header == image.header for t in heard))
    infos.wait(lambda heard: any(i.header == image.header for i in heard))
    assert conversions.from_image(image).shape == (240, 320, 3)
    assert 0 <= node.ros_now() - messages.from_time(image.header.stamp) < 5
    (head,) = next(t for t in truth if t.header == image.header).heads
    assert (head.label, head.visible, head.vx, head.vy) == ("alien", 1.0, 0.0, 0.0)


def test_the_head_is_in_the_picture_where_the_truth_says(rig):
    rig.start()
    image, (head,) = rig.images.next(), rig.truth.next().heads
    picture = conversions.from_image(image).astype(float)
    x, y, half = round(head.x), round(head.y), round(head.width / 4)
    inside, board = picture[y - half : y + half, x - half : x + half], picture[200:230, 20:80]
    assert np.abs(inside.mean((0, 1)) - board.mean((0, 1))).max() > 10


def test_asked_for_jpeg_it_publishes_nothing_else(bench, rig):
    ear = bench.hear(CompressedImage, "image_raw/compressed", qos.IMAGE)
    infos = bench.hear(CameraInfo, "camera_info", qos.IMAGE)
    rig.start("-p", "compressed:=true")
    assert messages.from_compressed(ear.next()).shape == (240, 320, 3)
    assert (infos.next().width, infos.messages[0].height) == (320, 240)
    assert not rig.images.messages


def test_light_is_in_the_truth_while_the_lease_is_renewed_and_gone_when_the_planner_falls_silent(rig):
    rig.start()
    planner, lit = rig.lit()
    assert (lit.lit_x[-1], lit.lit_y[-1]) == (lit.spot_x, lit.spot_y)
    assert all(0 <= age < 1 for age in lit.lit_age)
    planner.lease = 0.0
    rig.truth.next(lambda t: not t.lit_x)


def test_the_spot_shines_in_the_picture_where_it_is(rig):
    rig.start()
    _, truth = rig.lit()
    picture = conversions.from_image(rig.images.next()).astype(int)
    redness = picture[:, :, 2] - picture[:, :, :2].max(axis=2)
    y, x = np.nonzero(redness > redness.max() / 2)  # its halo: the core is saturated, white
    assert math.hypot(x.mean() + 0.5 - truth.spot_x, y.mean() + 0.5 - truth.spot_y) < 4


def test_homing_brings_the_mirrors_to_their_rest_wherever_they_stood(rig):
    rig.start("-p", "lines.initial_offset_x:=30", "-p", "lines.initial_offset_y:=-20")
    assert rig.truth.next().mirror_angles.any()
    planner = rig.planner()
    planner.say("home")
    rig.bench.until(lambda: (now := planner.status()) and now.referenced and not now.moving)
    angles = rig.truth.next().mirror_angles
    assert np.abs(angles).max() < 1e-9
    assert not rig.truth.messages[-1].missed_steps.any()


def test_the_stop_switch_is_a_service(bench, rig):
    rig.start()
    planner, _ = rig.lit()
    assert bench.call(SetBool, "simulator/press_stop", SetBool.Request(data=True)).success
    bench.until(lambda: (now := planner.status()) and now.stop and now.fault and not now.lit)
    rig.truth.next(lambda t: not t.lit_x)
    assert bench.call(SetBool, "simulator/press_stop", SetBool.Request(data=False)).success
    bench.until(lambda: (now := planner.status()) and not now.stop)
    assert planner.status().fault, "a fault is latched until somebody resets it"


def test_a_planner_that_has_gone_leaves_it_dark_and_the_next_one_is_served(rig):
    rig.start()
    first, _ = rig.lit()
    first.close()
    rig.planners.clear()
    rig.truth.next(lambda t: not t.lit_x)
    assert not rig.planner().status().lit


def test_deactivated_it_films_no_more_but_its_controller_lives_until_cleanup(rig):
    node = rig.start()
    rig.images.next()
    assert node.trigger_deactivate() == TransitionCallbackReturn.SUCCESS
    assert rig.planner().status()
    assert node.trigger_activate() == TransitionCallbackReturn.SUCCESS
    rig.images.next()
    node.trigger_deactivate()
    node.trigger_cleanup()
    assert not rig.path.exists()


def test_a_scenario_that_waits_leaves_the_board_empty_until_it_is_told_to_begin(bench, rig):
    rig.start("-p", "wait:=true")
    assert all(not truth.heads for truth in rig.truth.wait(lambda heard: len(heard) > 10))
    assert bench.call(Trigger, "simulator/begin", Trigger.Request()).success
    (head,) = rig.truth.next(lambda t: t.heads).heads
    assert head.age < 1.0, "its time begins now"
    again = bench.call(Trigger, "simulator/begin", Trigger.Request())
    assert not again.success
    assert "begun already" in again.message


def test_a_crooked_rig_at_rest_does_not_point_at_the_middle_of_the_picture(rig):
    rig.start("-p", "mounting:=crooked")
    truth = rig.truth.next()
    assert not truth.mirror_angles.any()
    assert math.hypot(truth.spot_x - 160, truth.spot_y - 120) > 10


def test_two_rigs_in_two_namespaces_have_two_controllers(bench):
    nodes = [bench.add(SimulatorNode, "-r", f"__ns:=/{name}", "-p", "scenario:=one_alien") for name in ("left", "right")]
    bench.until(lambda: all(node.active for node in nodes))
    left, right = (node._server.path for node in nodes)
    assert left.endswith("-left.sock")
    assert right.endswith("-right.sock")


def test_an_unknown_scenario_lists_those_that_exist(bench):
    with pytest.raises(ConfigurationError, match="no scenario 'nope'; there are: crowd, default"):
        bench.add(SimulatorNode, "-p", "scenario:=nope")
