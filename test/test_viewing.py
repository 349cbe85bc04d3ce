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

"""The rig in space: the URDF, the frames and the drawn beam are the optics' own, and the camera stands where its pixels say."""

from __future__ import annotations

import dataclasses
import math
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theylive_ros.mirrors.calibration import nominal
from theylive_ros.mirrors.correction import Correction
from theylive_ros.mirrors.optics import Geometry, OpticsError
from theylive_ros.viewing import poses
from theylive_ros.viewing.frame_tree import FrameError, FrameTree
from theylive_ros.viewing.rig_view import LASER_AHEAD, MIRRORS, RigView, in_base, in_optics
from theylive_ros.viewing.urdf import describe

geometries = st.builds(
    Geometry,
    board_distance=st.floats(0.1, 3.0),
    mirror_distance=st.floats(0.005, 0.2),
    invert_x=st.booleans(),
    rest_x=st.floats(-50, 50),
    rest_y=st.floats(-50, 50),
)
turns = st.tuples(st.floats(-0.25, 0.25), st.floats(-0.25, 0.25))
rests = st.tuples(st.floats(-20, 20), st.floats(-20, 20))


def rig(geometry=None, **changes):
    return RigView(dataclasses.replace(nominal(geometry=geometry), **changes))


class Robot:
    """A URDF, read by its definition alone."""

    def __init__(self, text):
        self.root = ElementTree.fromstring(text)
        self.joints = {joint.find("child").get("link"): joint for joint in self.root.iter("joint")}

    def pose(self, link, **angles):
        """A link's pose in base_link with the joints at these angles."""
        if link == "base_link":
            return np.eye(4)
        joint = self.joints[link]
        x, y, z = map(float, joint.find("origin").get("xyz").split())
        r, p, w = map(float, joint.find("origin").get("rpy").split())
        about_x = [[1, 0, 0], [0, math.cos(r), -math.sin(r)], [0, math.sin(r), math.cos(r)]]
        about_y = [[math.cos(p), 0, math.sin(p)], [0, 1, 0], [-math.sin(p), 0, math.cos(p)]]
        about_z = [[math.cos(w), -math.sin(w), 0], [math.sin(w), math.cos(w), 0], [0, 0, 1]]
        here = poses.pose((x, y, z), np.array(about_z) @ np.array(about_y) @ np.array(about_x))
        if joint.get("type") == "revolute":
            assert joint.find("axis").get("xyz") == "0 0 1"
            here = here @ poses.about_z(angles.get(joint.get("name"), 0.0))
        return self.pose(joint.find("parent").get("link"), **angles) @ here

    def beam(self, *angles):
        """Where the light of laser_link meets board, reflected by the faces (x) of the mirrors' links: m, in board."""
        turned = dict(zip(MIRRORS, angles, strict=True))
        laser, board = self.pose("laser_link"), self.pose("board")
        place, way = laser[:3, 3], laser[:3, 0]
        for link in ("mirror_1_link", "mirror_2_link", "board"):
            plane = self.pose(link, **turned)
            normal = plane[:3, 2 if link == "board" else 0]
            place = place + way * (normal @ (plane[:3, 3] - place)) / (normal @ way)
            way = way - 2 * (normal @ way) * normal
        return (poses.inverse(board) @ [*place, 1])[:3]


@settings(max_examples=60, deadline=None)
@given(geometries, turns, rests)
def test_light_reflected_by_the_urdfs_mirrors_meets_the_board_where_the_optics_say(geometry, angles, rest):
    calibration = dataclasses.replace(nominal(geometry=geometry), rest=rest)
    spot = Robot(describe(RigView(calibration))).beam(*angles)
    assert spot == pytest.approx((*calibration.steps_to_board(*geometry.steps(angles)), 0), abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(geometries, turns, rests)
def test_the_drawn_beam_leaves_the_laser_and_ends_where_the_calibration_puts_the_spot(geometry, angles, rest):
    calibration = dataclasses.replace(
        nominal(geometry=geometry),
        rest=rest,
        correction=Correction(x=(0.001, 0.0, 0.0, 0.002, 0.0, 0.0), y=(0.002, 0.01, 0.0, 0.0, 0.0, 0.0)),
    )
    view = RigView(calibration)
    beam = np.array(view.beam(angles))
    laser = view.joints[1].pose
    shift = beam[0] - laser[:3, 3]
    assert np.linalg.norm(np.cross(shift, laser[:3, 0])) < 1e-9, "it leaves along the laser's x"
    assert math.dist(beam[0], beam[1]) == pytest.approx(LASER_AHEAD)
    x, y = calibration.steps_to_board(*geometry.steps(angles))
    assert beam[3] == pytest.approx(in_base((x, y, geometry.board_distance)), abs=1e-9)


def test_no_beam_is_drawn_where_no_light_goes():
    for angles in ((0.8, 0.0), (0.0, -0.8), (math.nan, 0.0)):
        with pytest.raises(OpticsError):
            rig().beam(angles)


def test_the_urdf_is_one_tree_from_base_link_and_says_what_a_revolute_joint_must():
    robot = Robot(describe(rig()))
    links = {link.get("name") for link in robot.root.iter("link")}
    assert links == {"base_link", *robot.joints}
    assert {"board", "laser_link", "camera_link", "camera_optical_frame", "mirror_1_link", "mirror_2_link"} < links
    for name in MIRRORS:
        limit = robot.root.find(f"joint[@name='{name}']/limit")
        assert float(limit.get("lower")) < 0 < float(limit.get("upper"))
        assert {"effort", "velocity"} < set(limit.keys())
    for link in links:
        assert np.isfinite(robot.pose(link)).all()
    materials = [m.get("name") for m in robot.root.iter("material")]
    assert len(set(materials)) == len(materials), "a material named twice must have one colour"


def test_the_frames_are_such_as_rep_103_and_105_ask():
    robot = Robot(describe(rig()))
    board, camera, optical = (robot.pose(link) for link in ("board", "camera_link", "camera_optical_frame"))
    assert board[:3, 3] == pytest.approx((0.4, 0, 0), abs=1e-8), "x of base_link leads to the board"
    assert board[:3, 1] == pytest.approx((0, 0, -1), abs=1e-8), "y of the board leads down"
    assert camera[:3, 0] == pytest.approx((1, 0, 0)), "x of a body leads forward"
    assert optical[:3, 2] == pytest.approx((1, 0, 0), abs=1e-8), "z of an optical frame leads forward"
    assert optical[:3, 0] == pytest.approx((0, -1, 0), abs=1e-8), "and its x to the right"


@given(st.tuples(*[st.floats(-9, 9)] * 3))
def test_base_link_and_the_optics_frame_are_one_place_with_other_axes(point):
    assert in_optics(in_base(point)) == point


# --- where the camera stands


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(*[st.floats(-0.25, 0.25)] * 3),
    st.tuples(st.floats(-0.2, 0.2), st.floats(-0.2, 0.2), st.floats(-0.6, -0.25)),
    st.floats(250, 700),
)
def test_the_camera_stands_where_its_picture_of_the_board_could_be_taken(tilt, place, focal):
    a, b, c = tilt
    turn = poses.of((0, 0, 0), (math.sin(a / 2), math.sin(b / 2), math.sin(c / 2), 1.0))[:3, :3]
    inward = poses.inverse(poses.pose(place, turn))  # board to camera
    picture = np.array([[focal, 0, 160], [0, focal, 120], [0, 0, 1]]) @ inward[:3, [0, 1, 3]]
    to_board = np.linalg.inv(picture)
    corners = to_board @ [[0, 320, 0, 320], [0, 0, 240, 240], [1, 1, 1, 1]]
    if corners[2].min() <= 0:  # its horizon is in the picture
        return
    calibration = dataclasses.replace(nominal(), to_board=tuple(to_board.ravel()))
    robot = Robot(describe(RigView(calibration, (focal, focal, 160.0, 120.0))))
    found = poses.inverse(robot.pose("board")) @ robot.pose("camera_optical_frame")
    np.testing.assert_allclose(found, poses.pose(place, turn), atol=1e-6)


def test_a_camera_of_unknown_lens_stands_as_far_from_the_board_as_mirror_2():
    camera = Robot(describe(rig(Geometry(board_distance=0.7)))).pose("camera_optical_frame")
    assert camera[:3, 3] == pytest.approx((0, 0, 0), abs=1e-9)


def test_a_pixel_without_a_place_on_the_board_has_none():
    assert rig().on_board(160, 120) == pytest.approx((0, 0))
    assert rig().on_board(math.nan, 0) is None
    assert rig().on_board(0, math.inf) is None
    assert rig(to_board=(1e-3, 0, -0.1, 0, 1e-3, -0.1, 1e-3, 0, 1)).on_board(-2000, 0) is None


# --- poses and fixed frames

axes = st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: sum(v * v for v in q) > 1e-3)


@given(axes)
def test_a_quaternion_and_a_matrix_are_one_turn(q):
    matrix = poses.of((1, 2, 3), q)
    np.testing.assert_allclose(matrix[:3, :3] @ matrix[:3, :3].T, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(poses.of((1, 2, 3), poses.quaternion(matrix)), matrix, atol=1e-12)
    np.testing.assert_allclose(matrix @ poses.inverse(matrix), np.eye(4), atol=1e-12)


@pytest.mark.parametrize("q", [(0, 0, 0, 0), (math.nan, 0, 0, 1), (math.inf, 0, 0, 1)])
def test_what_is_no_turn_is_refused(q):
    with pytest.raises(ValueError, match="no pose"):
        poses.of((0, 0, 0), q)


@given(axes)
def test_a_frame_is_found_over_its_parents_and_back(q):
    tree, step = FrameTree(), poses.of((1, 2, 3), q)
    tree.put("base", "/arm", step)
    tree.put("arm", "hand", step)
    tree.put("base", "foot", poses.pose((0, 0, -1)))
    np.testing.assert_allclose(tree.way("hand", "foot"), poses.pose((0, 0, 1)) @ step @ step, atol=1e-9)
    np.testing.assert_allclose(tree.way("foot", "hand") @ tree.way("hand", "foot"), np.eye(4), atol=1e-9)
    np.testing.assert_allclose(tree.way("unheard_of", "unheard_of"), np.eye(4))


def test_a_frame_that_nothing_leads_to_is_named_with_those_that_are_known():
    tree = FrameTree()
    tree.put("base_link", "board", np.eye(4))
    with pytest.raises(FrameError, match=r"'map' to 'base_link' \(heard of: board\)"):
        tree.way("map", "base_link")
    tree.put("a", "b", np.eye(4))
    tree.put("b", "a", np.eye(4))
    with pytest.raises(FrameError, match="circle"):
        tree.way("a", "base_link")
