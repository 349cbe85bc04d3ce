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

"""Markers: such as RViz shows, where the calibration puts them, and none of what is nowhere."""

import dataclasses
import math

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")

from visualization_msgs.msg import Marker

from theylive_ros.mirrors.calibration import nominal
from theylive_ros.nodes import conversions
from theylive_ros.nodes.markers import beam_marker, scene_markers
from theylive_ros.overlay import Scene
from theylive_ros.types import Region, Target, Track
from theylive_ros.viewing.rig_view import RigView

GREY = np.full((240, 320, 3), 127, np.uint8)
ALIEN = Track(1, "alien", 0.9, 200.0, 100.0, 40.0, 50.0, 20.0, 0.0, (0.0,) * 16, True, 1.0)
JOHN = dataclasses.replace(ALIEN, id=2, label="john", x=60.0, y=180.0)
TARGET = Target(1.0, 320, 240, ALIEN, (JOHN,), (dataclasses.replace(ALIEN, id=3, confirmed=False),), Region(0, 0, 320, 240), True)
SCENE = Scene(GREY, TARGET, aim=(160.0, 120.0), spot=(320.0, 0.0), laser_on=True)
VIEW = RigView(nominal(metres_per_pixel=0.001))
STAMP = conversions.to_time(7.0)


def drawn(scene=SCENE, view=VIEW, guard=0.01):
    return scene_markers(scene, view, STAMP, guard).markers


def one(markers, space, number=0):
    (found,) = [m for m in markers if (m.ns, m.id) == (space, number)]
    return found


def place(marker):
    return marker.pose.position.x, marker.pose.position.y


def test_every_marker_is_one_that_rviz_shows():
    array = [*drawn(), beam_marker(VIEW.beam((0.0, 0.0)), True, STAMP)]
    assert len({(m.ns, m.id) for m in array}) == len(array)
    for marker in array:
        turn, size = marker.pose.orientation, marker.scale
        assert marker.action == Marker.ADD
        assert math.hypot(turn.x, turn.y, turn.z, turn.w) == pytest.approx(1)
        assert marker.color.a > 0
        assert marker.lifetime.sec + marker.lifetime.nanosec > 0, "a head that has gone leaves no marker behind"
        if marker.type in (Marker.LINE_STRIP, Marker.LINE_LIST):
            assert size.x > 0
            assert len(marker.points) >= 4
        elif marker.type == Marker.TEXT_VIEW_FACING:
            assert size.z > 0
            assert marker.text
        else:
            assert min(size.x, size.y, size.z) > 0


def test_all_stands_on_the_board_where_the_calibration_puts_it():
    array = drawn()
    assert place(one(array, "tracks", 1)) == pytest.approx((0.04, -0.02)), "x right, y down from the picture's middle"
    assert place(one(array, "spot")) == pytest.approx((0.16, -0.12))
    cross = np.mean([(p.x, p.y) for p in one(array, "aim").points], axis=0)
    assert cross == pytest.approx((0, 0))
    field = [(p.x, p.y) for p in one(array, "field").points]
    assert field[0] == field[-1] == pytest.approx((-0.16, -0.12))


def test_the_guard_is_as_wide_as_the_gate_keeps_away():
    disc, zone = one(drawn(), "tracks", 2), one(drawn(), "guard", 2)
    assert (zone.scale.x - disc.scale.x, zone.scale.y - disc.scale.y) == pytest.approx((0.02, 0.02))
    assert "guard" not in {m.ns for m in drawn(guard=0.0)}


def test_pictures_of_another_size_show_the_same_board():
    twice = dataclasses.replace(SCENE, image=np.zeros((480, 640, 3), np.uint8), spot=(640.0, 0.0))
    assert place(one(drawn(twice), "spot")) == pytest.approx((0.16, -0.12))


def test_light_is_red_and_darkness_is_not():
    lit, dark = (beam_marker(VIEW.beam((0.0, 0.0)), on, STAMP) for on in (True, False))
    assert lit.color.g < 0.3 < dark.color.g
    assert lit.scale.x > dark.scale.x
    assert one(drawn(dataclasses.replace(SCENE, laser_on=False)), "spot").color.g > 0.5


def test_without_a_target_the_field_of_aim_is_there_alone():
    assert [m.ns for m in drawn(Scene(GREY))] == ["field"]


@pytest.mark.parametrize("broken", [{"x": math.nan}, {"y": math.inf}, {"width": math.nan}, {"width": 0.0, "height": 0.0}, {"height": -1.0}])
def test_a_head_that_is_nowhere_or_has_no_size_is_deleted_in_rviz(broken):
    target = dataclasses.replace(TARGET, track=dataclasses.replace(ALIEN, **broken), others=(), protected=())
    _, marker = drawn(Scene(GREY, target))
    assert (marker.ns, marker.id, marker.action) == ("tracks", 1, Marker.DELETE)
    assert math.isfinite(marker.pose.position.x)


def test_an_aim_and_a_spot_that_are_nowhere_are_deleted():
    array = drawn(Scene(GREY, aim=(math.nan, 0.0), spot=(0.0, math.inf)))
    assert [(m.ns, m.action) for m in array[1:]] == [("aim", Marker.DELETE), ("spot", Marker.DELETE)]


def test_a_track_is_one_marker_whatever_it_is_taken_for():
    as_target = one(drawn(Scene(GREY, dataclasses.replace(TARGET, others=(), protected=()))), "tracks", 1)
    as_other = one(drawn(Scene(GREY, dataclasses.replace(TARGET, track=None, others=(ALIEN,), protected=()))), "tracks", 1)
    assert as_target.pose == as_other.pose
    assert as_target.color.a > as_other.color.a
