"""The visualizer node: an annotated picture for each target whose picture it heard, and markers that RViz can show."""

import dataclasses
import math
import time

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")

from rclpy.parameter import Parameter
from sensor_msgs.msg import CompressedImage, Image
from theylive_msgs import msg
from visualization_msgs.msg import Marker, MarkerArray

from theylive_ros import overlay
from theylive_ros.nodes import conversions, qos
from theylive_ros.nodes.markers import markers
from theylive_ros.nodes.visualizer import VisualizerNode
from theylive_ros.overlay import Scene
from theylive_ros.types import Region, Target, Track

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
    stage.start("-p", "diagnostics_period:=0.1")
    stage.show(picture=None)
    stage.bench.until(lambda: stage.node.facts()["targets_without_picture"] == "1")
    assert not stage.annotated.messages


def test_numbers_that_are_none_do_not_break_it(stage):
    stage.start()
    stage.pointing(aim_x=math.nan, aim_y=math.inf, spot_x=-math.inf, spot_y=math.nan)
    nowhere = dataclasses.replace(ALIEN, x=math.nan, vx=math.inf)
    assert not has(stage.show(dataclasses.replace(SCENE, track=nowhere, others=(), protected=())), overlay.ALIEN)
    assert has(stage.show(), overlay.ALIEN)


def test_compressed_pictures_make_compressed_annotated_ones(bench, stage):
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
    assert conversions.from_compressed(ear.wait()[0]).shape == (270, 320, 3)
    assert ear.messages[0].header == HEAD


def test_the_enlargement_changes_while_it_runs(stage):
    node = stage.start()
    assert node.set_parameters([Parameter("scale", value=1)])[0].successful
    assert stage.show().shape == (270, 320, 3)


def test_markers_are_published_with_the_frames_stamp(stage):
    stage.start()
    stage.pointing(aim_x=200.0, aim_y=100.0, spot_x=201.0, spot_y=100.0)
    stage.show()
    array = stage.markers.wait()[-1]
    assert {m.ns for m in array.markers} == {"aliens", "protected", "aim", "spot"}
    assert all(m.header.frame_id == "camera_optical_frame" and m.header.stamp.sec > 100 for m in array.markers)


def test_markers_are_such_as_rviz_shows():
    scene = Scene(GREY, SCENE, aim=(160.0, 120.0), spot=(320.0, 0.0), laser_on=True)
    array = markers(scene, HEAD, 0.001, 0.4).markers
    assert len({(m.ns, m.id) for m in array}) == len(array)
    for marker in array:
        turn, size = marker.pose.orientation, marker.scale
        assert marker.action == Marker.ADD
        assert math.hypot(turn.x, turn.y, turn.z, turn.w) == pytest.approx(1)
        assert min(size.x, size.y, size.z) > 0
        assert marker.color.a > 0
        assert marker.lifetime.sec + marker.lifetime.nanosec > 0, "a head that has gone leaves no marker behind"
    places = {m.ns: (m.pose.position.x, m.pose.position.y, m.pose.position.z) for m in array}
    assert places["aim"] == pytest.approx((0, 0, 0.4))
    assert places["spot"] == pytest.approx((0.16, -0.12, 0.4)), "x right, y down, z to the board"


@pytest.mark.parametrize("broken", [{"x": math.nan}, {"y": math.inf}, {"width": math.nan}, {"width": 0.0, "height": 0.0}])
def test_a_head_that_is_nowhere_or_has_no_size_is_deleted_in_rviz(broken):
    scene = Scene(GREY, dataclasses.replace(SCENE, track=dataclasses.replace(ALIEN, **broken), others=(), protected=()))
    (marker,) = markers(scene, HEAD, 0.001, 0.4).markers
    assert (marker.ns, marker.id, marker.action) == ("aliens", 1, Marker.DELETE)
    assert math.isfinite(marker.pose.position.x)
    assert math.isfinite(marker.scale.x)
