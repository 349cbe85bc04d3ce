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

"""The rig as a URDF, for RViz's RobotModel and for whoever builds the rig into a larger robot."""

from __future__ import annotations

import dataclasses
import math
from xml.etree import ElementTree as Xml

import numpy as np

from theylive_ros.viewing.poses import pose, roll_pitch_yaw
from theylive_ros.viewing.rig_view import BASE, BOARD, Joint, RigView

_LIMIT = math.pi / 4  # rad: beyond, no light passes
_SPEED = 20.0  # rad/s, for tools that ask; the motion is limited elsewhere
_THICK = 0.004  # m, of the board
_WOOD, _GLASS, _STEEL, _DARK, _BRASS = "0.59 0.60 0.45 1", "0.75 0.88 0.95 1", "0.55 0.55 0.58 1", "0.16 0.16 0.18 1", "0.72 0.58 0.25 1"
_ALONG_X = pose(turn=[[0, 0, 1], [0, 1, 0], [-1, 0, 0]])  # a cylinder lies along its z


@dataclasses.dataclass(frozen=True)
class Shape:
    """A box of `size` x, y, z, or a cylinder of radius and length (m), in its link's frame. colour: red, green, blue, opacity."""

    size: tuple[float, ...]
    place: np.ndarray
    colour: str


def shapes(view: RigView) -> dict[str, list[Shape]]:
    """What each link looks like. The frames are exact, the shapes are for the eye."""
    corners = np.array(view.outline())
    low, high = corners.min(axis=0), corners.max(axis=0)
    middle, size = (low + high) / 2, high - low
    drop = view.geometry.mirror_distance
    return {
        BASE: [
            Shape((0.09, 0.13, 0.004), pose((-0.025, -0.005, -0.032)), _DARK),
            # motor 1 behind its mirror, motor 2 to the right of its own
            Shape((0.009, 0.03), pose((-0.027, 0.0, drop)) @ _ALONG_X, _STEEL),
            Shape((0.009, 0.03), pose((0.0, -0.032, 0.0), [[1, 0, 0], [0, 0, 1], [0, -1, 0]]), _STEEL),
        ],
        BOARD: [Shape((float(size[0]), float(size[1]), _THICK), pose((*middle, _THICK / 2)), _WOOD)],
        "laser_link": [Shape((0.005, 0.03), pose((-0.015, 0.0, 0.0)) @ _ALONG_X, _BRASS)],
        "mirror_1_link": [Shape((0.002, 0.014, 0.014), pose((-0.001, 0.0, 0.0)), _GLASS)],
        "mirror_2_link": [Shape((0.002, 0.014, 0.026), pose((-0.001, 0.0, 0.0)), _GLASS)],
        "camera_link": [
            Shape((0.018, 0.026, 0.026), pose((-0.019, 0.0, 0.0)), _DARK),
            Shape((0.006, 0.008), pose((-0.006, 0.0, 0.0)) @ _ALONG_X, _STEEL),
        ],
    }


def describe(view: RigView) -> str:
    """The URDF of a rig."""
    robot = Xml.Element("robot", name="theylive_rig")
    look = shapes(view)
    for name in (BASE, *(joint.child for joint in view.joints)):
        link = Xml.SubElement(robot, "link", name=name)
        for number, shape in enumerate(look.get(name, [])):
            _visual(link, shape, f"{name}_{number}")
    for joint in view.joints:
        _joint(robot, joint)
    Xml.indent(robot)
    return '<?xml version="1.0"?>\n' + Xml.tostring(robot, encoding="unicode") + "\n"


def _visual(link: Xml.Element, shape: Shape, name: str) -> None:
    visual = Xml.SubElement(link, "visual")
    _origin(visual, shape.place)
    form = Xml.SubElement(visual, "geometry")
    if len(shape.size) == 3:
        Xml.SubElement(form, "box", size=_words(shape.size))
    else:
        Xml.SubElement(form, "cylinder", radius=_words(shape.size[:1]), length=_words(shape.size[1:]))
    Xml.SubElement(Xml.SubElement(visual, "material", name=name), "color", rgba=shape.colour)


def _joint(robot: Xml.Element, joint: Joint) -> None:
    element = Xml.SubElement(robot, "joint", name=joint.name, type="revolute" if joint.turns else "fixed")
    Xml.SubElement(element, "parent", link=joint.parent)
    Xml.SubElement(element, "child", link=joint.child)
    _origin(element, joint.pose)
    if joint.turns:
        Xml.SubElement(element, "axis", xyz="0 0 1")
        Xml.SubElement(element, "limit", lower=f"{-_LIMIT:.6f}", upper=f"{_LIMIT:.6f}", effort="0", velocity=f"{_SPEED:g}")


def _origin(parent: Xml.Element, matrix: np.ndarray) -> None:
    Xml.SubElement(parent, "origin", xyz=_words(matrix[:3, 3]), rpy=_words(roll_pitch_yaw(matrix)))


def _words(values: np.ndarray | tuple[float, ...]) -> str:
    return " ".join(f"{float(v) + 0.0:.9f}".rstrip("0").rstrip(".") for v in values)
