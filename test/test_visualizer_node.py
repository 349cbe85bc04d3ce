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

"""The visualizer node: an annotated picture for each target whose picture it heard, and markers that RViz can show; for who looks."""

import dataclasses
import math
import time
from xml.etree import ElementTree

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")

from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.parameter import Parameter
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, JointState
from std_msgs.msg import String
from theylive_msgs import msg
from visualization_msgs.msg import MarkerArray

from theylive_ros import messages, overlay
from theylive_ros.mirrors.calibration import nominal
from theylive_ros.mirrors.calibration_file import save
from theylive_ros.mirrors.optics import Geometry
from theylive_ros.nodes import conversions, qos, rig_keeper
from theylive_ros.nodes.visualizer import VisualizerNode
from theylive_ros.types import Region, Target, Track
from theylive_ros.viewing import poses
from theylive_ros.viewing.rig_view import MIRRORS, RigView

GREY = np.full((240, 320, 3), 127, np.uint8)
COVARIANCE = (0.0,) * 16
ALIEN = Track(1, "alien", 0.9, 200.0, 100.0, 40.0, 50.0, 20.0, 0.0, COVARIANCE, True, 1.0)
JOHN = dataclasses.replace(ALIEN, id=2, label="john", x=60.0, y=180.0)
SCENE = Target(1.0, 320, 240, ALIEN, (JOHN,), (dataclasses.replace(ALIEN, id=3, confirmed=False),), Region(0, 0, 320, 240), True)
HEAD = conversions.header(conversions.to_time(1.0), "camera_optical_frame")


class Stage:
    """Says what camera, selector and mirrors would."""

    def __init__(self, bench):
        self.bench = bench
        self.annotated = bench.hear(Image, "annotated", qos.IMAGE)
        self.markers = bench.hear(MarkerArray, "markers", qos.RESULT)
        self._image = bench.say(Image, "image_raw", qos.IMAGE)
        self._target = bench.say(msg.Target, "target", qos.RESULT)
        self._pointing = bench.say(msg.Pointing, "pointing", qos.RESULT)
        self._laser = bench.say(msg.LaserState, "laser", qos.STATE)
        self._frame = 100

    def start(self, *arguments):
        self.node = self.bench.add(VisualizerNode, *arguments)
        says = (self._image, self._target, self._pointing, self._laser)
        self.bench.until(lambda: self.node.active and all(say.get_subscription_count() for say in says))
        return self.node

    def laser(self, **what):
        self._laser.publish(msg.LaserState(**what))
        self.bench.until(lambda: self.node._keeper.laser is not None and self.node._keeper.laser.on == what.get("on", False))

    def pointing(self, **what):
        self._pointing.publish(msg.Pointing(track_id=1, referenced=True, **what))
        self.bench.until(lambda: self.node._keeper.pointing is not None)

    def show(self, target=SCENE, picture=GREY):
        """A picture, then its target, each with the next stamp, until an annotated one of it is heard."""
        end = time.monotonic() + 15
        while time.monotonic() < end:
            self._frame += 1
            head = conversions.header(conversions.to_time(float(self._frame)), "camera_optical_frame")
            if picture is not None:
                self._image.publish(conversions.to_image(picture, head))
                time.sleep(0.02)  # best effort: it must not be overtaken by its target
            self._target.publish(conversions.to_target(target, head))
            time.sleep(0.1)
            heard = [m for m in self.annotated.messages if m.header == head]
            if heard:
                return conversions.from_image(heard[0])
            if picture is None:
                return None
        raise AssertionError("no annotated picture was heard")


@pytest.fixture
def stage(bench):
    return Stage(bench)


def has(picture, colour):
    return (np.abs(picture.astype(int) - colour) < 40).all(axis=2).any()


def test_what_is_known_of_a_frame_is_drawn_over_it(stage):
    stage.start()
    stage.pointing(aim_x=200.0, aim_y=100.0, spot_x=201.0, spot_y=100.0)
    stage.laser(on=True, armed=True, track_id=1)
    picture = stage.show()
    assert picture.shape == (240 * 2 + 30, 320 * 2, 3)
    for colour in (overlay.ALIEN, overlay.PROTECTED, overlay.AIM, overlay.BEAM):
        assert has(picture, colour)


def test_dark_it_draws_no_beam_and_without_mirrors_it_says_so(stage):
    stage.start()
    silent = stage.show()
    assert not has(silent, overlay.BEAM)
    stage.laser(on=False, reasons=["no_target"])
    assert (stage.show()[480:] != silent[480:]).any()


def test_a_target_without_its_picture_is_counted_and_not_drawn(stage):
    node = stage.start()
    stage.bench.until(lambda: stage.show(picture=None) or int(node.facts()["targets_without_picture"]) > 1)
    assert not stage.annotated.messages


def test_numbers_that_are_none_do_not_break_it(stage):
    stage.start()
    stage.pointing(aim_x=math.nan, aim_y=math.inf, spot_x=-math.inf, spot_y=math.nan)
    nowhere = dataclasses.replace(ALIEN, x=math.nan, vx=math.inf)
    assert not has(stage.show(dataclasses.replace(SCENE, track=nowhere, others=(), protected=())), overlay.ALIEN)
    assert has(stage.show(), overlay.ALIEN)


def test_compressed_pictures_are_drawn_over_too_and_annotated_ones_are_had_either_way(bench, stage):
    ear = bench.hear(CompressedImage, "annotated/compressed", qos.IMAGE)
    images = bench.say(CompressedImage, "image_raw/compressed", qos.IMAGE)
    targets = bench.say(msg.Target, "target", qos.RESULT)
    node = bench.add(VisualizerNode, "-p", "compressed:=true", "-p", "scale:=1")
    bench.until(lambda: node.active and images.get_subscription_count() and targets.get_subscription_count())
    end = time.monotonic() + 10
    while not ear.messages and time.monotonic() < end:
        images.publish(conversions.to_compressed(conversions.encode(GREY, 90), HEAD))
        time.sleep(0.02)
        targets.publish(conversions.to_target(SCENE, HEAD))
        time.sleep(0.1)
    small = messages.from_compressed(ear.wait()[0])
    assert small.shape == (270, 320, 3)
    assert ear.messages[0].header == HEAD
    raw = conversions.from_image(stage.annotated.wait()[0])
    assert np.abs(raw.astype(int) - small).mean() < 4


def test_the_enlargement_changes_while_it_runs(stage):
    node = stage.start()
    assert node.set_parameters([Parameter("scale", value=1)])[0].successful
    assert stage.show().shape == (270, 320, 3)


def test_markers_are_published_with_the_frames_stamp(stage):
    stage.start()
    stage.pointing(aim_x=200.0, aim_y=100.0, spot_x=201.0, spot_y=100.0)
    stage.show()
    array = stage.markers.wait()[-1]
    assert {m.ns for m in array.markers} == {"field", "tracks", "guard", "names", "aim", "spot"}
    assert all(m.header.frame_id == "board" and m.header.stamp.sec > 100 for m in array.markers)


class Onlookers:
    """People who come to look at a topic and leave again, a camera and a selector; nobody looks yet."""

    def __init__(self, bench):
        self.bench = bench
        self.heard = []
        self.images = bench.say(Image, "image_raw", qos.IMAGE)
        self.targets = bench.say(msg.Target, "target", qos.RESULT)
        self.node = bench.add(VisualizerNode)
        bench.until(lambda: self.node.active)

    def come(self, kind, topic, profile=qos.IMAGE):
        self.heard.clear()
        looking = self.bench.ear_node.create_subscription(kind, topic, self.heard.append, profile)
        self.bench.executor.wake()
        return looking

    def leave(self, looking):
        self.bench.ear_node.destroy_subscription(looking)

    def frames(self, seconds):
        """As many as come in so long a time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.images.publish(conversions.to_image(GREY, HEAD))
            time.sleep(0.02)
            self.targets.publish(conversions.to_target(SCENE, HEAD))
            time.sleep(0.05)

    def are_heard(self, *topics):
        return all(self.bench.ear_node.count_subscribers(topic) for topic in topics)

    def are_left_alone(self, *topics):
        return not any(self.bench.ear_node.count_subscribers(topic) for topic in topics)


@pytest.fixture
def onlookers(bench):
    return Onlookers(bench)


def test_nothing_is_drawn_nor_heard_while_nobody_looks(onlookers, monkeypatch):
    drawn = []
    monkeypatch.setattr(overlay, "draw", lambda *arguments: drawn.append(arguments))
    onlookers.frames(0.5)
    assert not drawn
    assert onlookers.are_left_alone("image_raw", "target", "pointing", "laser", "joint_states", "detections")
    assert onlookers.are_heard("camera_info"), "the latched URDF tells where the camera stands, whenever somebody comes"


@pytest.mark.parametrize(("kind", "topic"), [(Image, "annotated"), (CompressedImage, "annotated/compressed")])
def test_who_comes_to_look_gets_pictures_and_when_all_have_left_none_is_heard_any_more(onlookers, kind, topic):
    for _ in range(2):
        looking = onlookers.come(kind, topic)
        onlookers.bench.until(lambda: onlookers.frames(0.1) or onlookers.heard)
        assert onlookers.are_heard("image_raw", "target", "pointing", "laser")
        onlookers.leave(looking)
        onlookers.bench.until(lambda: onlookers.are_left_alone("image_raw", "target", "pointing", "laser"))


def test_markers_are_drawn_without_a_picture(onlookers):
    looking = onlookers.come(MarkerArray, "markers", qos.RESULT)
    onlookers.bench.until(lambda: onlookers.frames(0.1) or onlookers.heard)
    assert {"field", "tracks", "guard"} <= {m.ns for m in onlookers.heard[0].markers}
    assert onlookers.are_left_alone("image_raw")
    onlookers.frames(1.5)
    assert onlookers.node.facts()["targets_without_picture"] == "0", "none was wanted"
    onlookers.leave(looking)
    onlookers.bench.until(lambda: onlookers.are_left_alone("target", "joint_states"))


def test_deactivated_it_hears_nothing_though_somebody_looks(onlookers):
    hears = ("image_raw", "target", "joint_states", "camera_info")
    onlookers.come(Image, "annotated")
    onlookers.come(MarkerArray, "markers", qos.RESULT)
    onlookers.bench.until(lambda: onlookers.are_heard(*hears))
    assert onlookers.node.trigger_deactivate() == TransitionCallbackReturn.SUCCESS
    onlookers.bench.until(lambda: onlookers.are_left_alone(*hears))
    time.sleep(0.5)
    assert onlookers.are_left_alone(*hears)
    assert onlookers.node.trigger_activate() == TransitionCallbackReturn.SUCCESS
    onlookers.bench.until(lambda: onlookers.are_heard(*hears))


# --- the rig in space


class Space:
    """What RViz would hear of the rig, and what mirrors and camera say."""

    def __init__(self, bench):
        self.bench = bench
        self.markers = bench.hear(MarkerArray, "markers", qos.RESULT)
        self.description = bench.hear(String, "robot_description", qos.STATE)
        self._joints = bench.say(JointState, "joint_states", qos.RESULT)
        self._info = bench.say(CameraInfo, "camera_info", qos.IMAGE)

    def start(self, *arguments):
        self.node = self.bench.add(VisualizerNode, *arguments)
        self.bench.until(lambda: self.node.active and self._joints.get_subscription_count() and self._info.get_subscription_count())
        return self.node

    def stand(self, *angles, names=MIRRORS):
        self._joints.publish(JointState(header=HEAD, name=list(names), position=list(angles)))

    def info(self, focal, frame="camera_optical_frame", size=(320, 240)):
        k = [focal, 0.0, size[0] / 2, 0.0, focal, size[1] / 2, 0.0, 0.0, 1.0]
        self._info.publish(CameraInfo(header=conversions.header(HEAD.stamp, frame), width=size[0], height=size[1], k=k))

    def beam(self, **how):
        """The beam's marker for these angles."""
        for _ in range(100):
            self.stand(0.05, -0.03, **how)
            time.sleep(0.05)
            found = [m for array in self.markers.messages for m in array.markers if m.ns == "beam"]
            if found:
                return found[-1]
        raise AssertionError("no beam was drawn")


@pytest.fixture
def space(bench):
    return Space(bench)


def test_the_beam_is_drawn_as_the_mirrors_stand_whether_or_not_pictures_come(space):
    space.start()
    beam = space.beam()
    x, y = Geometry().board_point((0.05, -0.03))
    end = beam.points[-1]
    assert (beam.header.frame_id, len(beam.points)) == ("base_link", 4)
    assert (end.x, end.y, end.z) == pytest.approx((0.4, -x, -y))


def test_joints_of_another_robot_or_without_numbers_draw_no_beam(space):
    space.start()
    for angles, names in (((0.1, 0.1), ("wheel", "arm")), ((math.nan, 0.0), MIRRORS), ((0.1,), MIRRORS), ((1.2, 0.0), MIRRORS)):
        space.stand(*angles, names=names)
    time.sleep(0.3)
    assert not space.markers.messages
    assert space.beam()


def test_the_urdf_is_latched_and_follows_the_parameters(space):
    space.start("-p", "geometry.mirror_distance:=0.035")
    late = space.bench.hear(String, "robot_description", qos.STATE)
    robot = ElementTree.fromstring(late.wait()[0].data)
    assert robot.find("joint[@name='mirror_1_joint']/origin").get("xyz") == "0 0 0.035"


def test_a_focal_length_puts_the_camera_where_it_stands(space):
    space.start()
    space.description.wait()
    for _ in range(100):
        space.info(254.8, frame="my_camera", size=(640, 480))
        time.sleep(0.05)
        if len(space.description.messages) > 1:
            break
    robot = ElementTree.fromstring(space.description.messages[-1].data)
    assert robot.find("link[@name='my_camera']") is not None
    # half the pixels of the calibration's size: 127.4 px there, .1 m from the board
    assert float(robot.find("joint[@name='camera_joint']/origin").get("xyz").split()[0]) == pytest.approx(0.3, abs=1e-4)


def test_a_new_calibration_is_drawn_and_a_damaged_one_is_named(space, tmp_path, monkeypatch):
    monkeypatch.setattr(rig_keeper, "_LOOK", 0.1)
    file = tmp_path / "calibration.yaml"
    node = space.start("-p", f"calibration:={file}")
    assert "there is no file" in node.facts()["calibration"]
    save(nominal(metres_per_pixel=0.5e-3), file)
    space.bench.until(lambda: "there is no file" not in node.facts()["calibration"])
    board = ElementTree.fromstring(space.description.wait(lambda heard: len(heard) > 1)[-1].data).find("link[@name='board']//box")
    assert board.get("size").startswith("0.16 0.12 ")
    file.write_text("nonsense")
    space.bench.until(lambda: "is no calibration" in node.facts()["calibration"])


def test_frames_are_left_to_a_robot_state_publisher_if_told_so(space):
    node = space.start("-p", "publish_tf:=false")
    assert space.beam()
    assert not space.description.messages
    assert node.facts()["tf"] == "left to robot_state_publisher"


def test_frames_are_published_as_the_urdf_has_them(space):
    tf2 = pytest.importorskip("tf2_msgs.msg", reason="needs tf2_msgs, which no wheel holds")
    fixed, moving = space.bench.hear(tf2.TFMessage, "tf_static", qos.FRAMES), space.bench.hear(tf2.TFMessage, "tf", qos.RESULT)
    space.start()
    space.beam()
    heard = [*fixed.wait()[-1].transforms, *moving.wait()[-1].transforms]
    robot = ElementTree.fromstring(space.description.messages[-1].data)
    assert {t.child_frame_id for t in heard} == {link.get("name") for link in robot.iter("link")} - {"base_link"}
    joints = {j.child: j for j in RigView(nominal()).joints}
    for t in heard:
        place, turn = t.transform.translation, t.transform.rotation
        found = poses.of((place.x, place.y, place.z), (turn.x, turn.y, turn.z, turn.w))
        joint = joints[t.child_frame_id]
        angle = {"mirror_1_link": 0.05, "mirror_2_link": -0.03}.get(joint.child, 0.0)
        assert t.header.frame_id == joint.parent
        np.testing.assert_allclose(found, joint.at(angle), atol=1e-9)


def test_detections_are_told_to_tools_that_know_vision_msgs_alone(bench):
    vision = pytest.importorskip("vision_msgs.msg", reason="needs vision_msgs, which no wheel holds")
    ear = bench.hear(vision.Detection2DArray, "detections_2d", qos.RESULT)
    say = bench.say(msg.Detections, "detections", qos.RESULT)
    node = bench.add(VisualizerNode)
    bench.until(lambda: node.active and say.get_subscription_count())
    say.publish(msg.Detections(header=HEAD, detections=[msg.Detection(label="john", score=0.5, x=10.0, y=20.0, width=30.0, height=40.0)]))
    (array,) = ear.wait()
    (found,) = array.detections
    box = found.bbox
    assert array.header == found.header == HEAD
    assert (box.center.position.x, box.center.position.y, box.size_x, box.size_y) == (10.0, 20.0, 30.0, 40.0)
    assert (found.results[0].hypothesis.class_id, found.results[0].hypothesis.score) == ("john", 0.5)
