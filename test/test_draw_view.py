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

"""tools/draw_view.py draws what RViz would show of the messages that the visualizer publishes."""

import dataclasses
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")

from std_msgs.msg import Header

from theylive_ros.mirrors.calibration import nominal
from theylive_ros.nodes import conversions
from theylive_ros.nodes.markers import beam_marker, scene_markers
from theylive_ros.overlay import Scene
from theylive_ros.types import Region, Target, Track
from theylive_ros.viewing.rig_view import MIRRORS, RigView
from theylive_ros.viewing.urdf import describe

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))

import draw_view
from view_canvas import Canvas, ball, box, cylinder

VIEW = RigView(nominal())
ANGLES = (0.05, -0.03)
STAMP = conversions.to_time(1.0)
ALIEN = Track(1, "alien", 0.9, 200.0, 100.0, 60.0, 60.0, 0.0, 0.0, (0.0,) * 16, True, 1.0)
TARGET = Target(1.0, 320, 240, ALIEN, (dataclasses.replace(ALIEN, id=2, label="john", x=60.0),), (), Region(0, 0, 320, 240), True)
SCENE = Scene(np.zeros((240, 320, 3), np.uint8), TARGET, spot=(200.0, 100.0), laser_on=True)


class Heard:
    """What a Listener would have heard."""

    def __init__(self, lit):
        self.lit = lit
        self.description = describe(VIEW)
        self.angles = dict(zip(MIRRORS, ANGLES, strict=True))
        self.annotated = conversions.to_image(np.full((270, 320, 3), (200, 0, 200), np.uint8), Header())

    def shown(self):
        return [*scene_markers(SCENE, VIEW, STAMP, 0.01).markers, beam_marker(VIEW.beam(ANGLES), self.lit, STAMP)]


def close(picture, colour, tolerance=25):
    """How many pixels are of this colour (red, green, blue)."""
    return (np.abs(picture.astype(int) - colour[::-1]) < tolerance).all(axis=2).sum()


def test_the_rig_the_beam_the_heads_and_the_annotated_picture_are_to_be_seen():
    lit, dark = draw_view.draw(Heard(True)), draw_view.draw(Heard(False))
    assert lit.shape == dark.shape
    assert close(lit, (200, 0, 200)) > 10_000, "the annotated picture"
    assert close(lit, (115, 117, 88)) > 5_000, "the board"
    assert close(lit, (245, 40, 60)) > close(dark, (245, 40, 60)) + 300, "the beam"
    assert close(lit, (186, 85, 48), 30) > 300, "the alien"


def seen(draw):
    """A picture of what `draw` puts on a canvas that looks along -x at the origin."""
    canvas = Canvas(100, 100, (0.0, 0.0, 0.0), 1.0, 0.0, 0.0)
    draw(canvas)
    return canvas.picture((0, 0, 0))


def test_what_is_nearer_hides_what_is_behind_whatever_comes_first():
    near, far = np.array([0.2, 0.0, 0.0]), np.array([-0.2, 0.0, 0.0])
    corners, faces = box((0.2, 0.2, 0.2))

    def both(first, second):
        return lambda canvas: [canvas.mesh(corners + at, faces, colour) for at, colour in (first, second)]

    red, green = (near, (1.0, 0.0, 0.0, 1.0)), (far, (0.0, 1.0, 0.0, 1.0))
    one, other = seen(both(red, green)), seen(both(green, red))
    assert (one == other).all()
    assert one[50, 50, 2] > 100 > one[50, 50, 1]


def test_what_is_half_clear_lets_half_through_once():
    corners, faces = ball((0.5, 0.5, 0.5))
    picture = seen(lambda canvas: canvas.mesh(corners, faces, (1.0, 1.0, 1.0, 0.5)))
    assert 60 < picture[50, 50, 0] <= 128, "its back is not seen through its front"


def test_right_is_right_and_up_is_up():
    corners, faces = cylinder(0.1, 0.1, 0.1)
    picture = seen(lambda canvas: canvas.mesh(corners + np.array([0.0, 0.2, 0.3]), faces, (1.0, 1.0, 1.0, 1.0)))
    rows, columns = np.nonzero(picture[..., 0] > 50)
    assert columns.mean() > 60, "looking along -x, y leads to the right"
    assert rows.mean() < 30
