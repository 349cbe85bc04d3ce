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

"""Draws what RViz shows of a running rig, where no RViz can run: `.venv/bin/python tools/draw_view.py docs/rviz.png`.

Hears robot_description, joint_states, markers and annotated, of a `theylive run --sim --arm` in another terminal, waits for a moment at
which the laser is lit and all is to be seen that was asked for, and draws with the view, colours and frames of config/theylive.rviz.
What is drawn is in the messages alone: the URDF's links are put in their places as robot_state_publisher would put them.
"""

from __future__ import annotations

import argparse
import collections
import itertools
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from xml.etree import ElementTree as Xml

import cv2
import numpy as np
import rclpy
import yaml
from rclpy.node import Node
from sensor_msgs.msg import Image, JointState
from std_msgs.msg import String
from view_canvas import Canvas, Colour, ball, box, cylinder
from visualization_msgs.msg import Marker, MarkerArray

from theylive_ros import overlay
from theylive_ros.nodes import conversions, qos
from theylive_ros.viewing import poses

CONFIG = Path(__file__).resolve().parent.parent / "config" / "theylive.rviz"
_SIZE = 900, 680
_ASIDE = 420  # px, width of the panel with the annotated picture
_PANEL = 46  # its grey
_AXES = ((1.0, 0.2, 0.2, 1.0), (0.2, 0.8, 0.2, 1.0), (0.3, 0.4, 1.0, 1.0))


class Listener(Node):
    """Keeps the newest of everything."""

    def __init__(self) -> None:
        super().__init__("draw_view")
        self.description = ""
        self.angles: dict[str, float] = {}
        self.markers: dict[tuple[str, int], tuple[Marker, float]] = {}  # and when it was heard
        self.annotated: Image | None = None
        self.create_subscription(String, "robot_description", lambda m: setattr(self, "description", m.data), qos.STATE)
        self.create_subscription(JointState, "joint_states", self._on_joints, qos.RESULT)
        self.create_subscription(MarkerArray, "markers", self._on_markers, qos.RESULT)
        self.create_subscription(Image, "annotated", lambda m: setattr(self, "annotated", m), qos.IMAGE)

    def shown(self) -> list[Marker]:
        """Markers that have not outlived their lifetime."""
        now = time.monotonic()
        return [m for m, heard in self.markers.values() if now - heard < m.lifetime.sec + 1e-9 * m.lifetime.nanosec]

    def complete(self, wanted: Sequence[str]) -> bool:
        """Whether all has been heard, the picture is of the markers' frame, the light is red, and these markers are there."""
        shown = {m.ns: m for m in self.shown()}
        if not (self.description and self.angles and self.annotated and {"beam", "spot", *wanted} <= set(shown)):
            return False
        red = all(shown[space].color.g < 0.3 for space in ("beam", "spot"))
        return red and self.annotated.header.stamp == shown["spot"].header.stamp

    def _on_joints(self, message: JointState) -> None:
        self.angles = dict(zip(message.name, message.position, strict=True))

    def _on_markers(self, message: MarkerArray) -> None:
        for marker in message.markers:
            if marker.action == Marker.DELETE:
                self.markers.pop((marker.ns, marker.id), None)
            else:
                self.markers[marker.ns, marker.id] = marker, time.monotonic()


class Robot:
    """A URDF with its joints at some angles."""

    def __init__(self, text: str, angles: dict[str, float]) -> None:
        self._root, self._angles = Xml.fromstring(text), angles
        self._joints = {joint.find("child").get("link"): joint for joint in self._root.iter("joint")}
        self.frames = {link.get("name"): self._pose(link.get("name")) for link in self._root.iter("link")}

    def draw(self, canvas: Canvas) -> None:
        """Every link's shapes."""
        for link in self._root.iter("link"):
            for visual in link.iter("visual"):
                colour = _numbers(visual.find("material/color").get("rgba"))
                shape = visual.find("geometry")[0]
                if shape.tag == "box":
                    corners, faces = box(_numbers(shape.get("size")))
                else:
                    across = 2 * float(shape.get("radius"))
                    corners, faces = cylinder(across, across, float(shape.get("length")))
                canvas.mesh(_moved(self.frames[link.get("name")] @ _origin(visual), corners), faces, colour)

    def _pose(self, link: str) -> np.ndarray:
        if link not in self._joints:
            return np.eye(4)
        joint = self._joints[link]
        here = self._pose(joint.find("parent").get("link")) @ _origin(joint)
        if joint.get("type") == "revolute":  # those of the rig turn about z
            here = here @ poses.about_z(self._angles.get(joint.get("name"), 0.0))
        return here


def draw_markers(canvas: Canvas, markers: list[Marker], frames: dict[str, np.ndarray]) -> None:
    """All markers whose frame is known, each by its type."""
    for marker in markers:
        place, turn, size = marker.pose.position, marker.pose.orientation, marker.scale
        pose = frames[marker.header.frame_id] @ poses.of((place.x, place.y, place.z), (turn.x, turn.y, turn.z, turn.w))
        colour: Colour = marker.color.r, marker.color.g, marker.color.b, marker.color.a
        points = _moved(pose, np.array([(p.x, p.y, p.z) for p in marker.points]).reshape(-1, 3))
        solid: dict[int, Callable[[], tuple[np.ndarray, np.ndarray]]] = {
            Marker.CUBE: lambda size=size: box((size.x, size.y, size.z)),
            Marker.SPHERE: lambda size=size: ball((size.x, size.y, size.z)),
            Marker.CYLINDER: lambda size=size: cylinder(size.x, size.y, size.z),
        }
        if marker.type in solid:
            corners, faces = solid[marker.type]()
            canvas.mesh(_moved(pose, corners), faces, colour)
        elif marker.type == Marker.LINE_STRIP:
            for start, end in itertools.pairwise(points):
                canvas.line(start, end, size.x, colour)
        elif marker.type == Marker.LINE_LIST:
            for start, end in zip(points[::2], points[1::2], strict=True):
                canvas.line(start, end, size.x, colour)
        elif marker.type == Marker.TEXT_VIEW_FACING:
            canvas.words(pose[:3, 3], marker.text, colour, size.z)


def draw(heard: Listener) -> np.ndarray:
    """The picture, BGR."""
    shown = heard.shown()
    manager = yaml.safe_load(CONFIG.read_text())["Visualization Manager"]
    view, grid = manager["Views"]["Current"], next(d for d in manager["Displays"] if d["Name"] == "Grid")
    focus = tuple(view["Focal Point"][axis] for axis in "XYZ")
    canvas = Canvas(*_SIZE, focus, view["Distance"], view["Yaw"], view["Pitch"])
    middle, half = np.array([grid["Offset"][axis] for axis in "XYZ"]), grid["Plane Cell Count"] // 2
    for k in range(-half, half + 1):
        for a, b in (((k, -half), (k, half)), ((-half, k), (half, k))):
            ends = (middle + grid["Cell Size"] * np.array([*at, 0]) for at in (a, b))
            canvas.line(*ends, 0.0006, (0.45, 0.45, 0.46, grid["Alpha"]))
    robot = Robot(heard.description, heard.angles)
    robot.draw(canvas)
    length = next(d for d in manager["Displays"] if d["Name"] == "Frames")["Marker Scale"] * 0.2  # m, as RViz has it
    for pose in robot.frames.values():
        for axis, colour in enumerate(_AXES):
            canvas.line(pose[:3, 3], pose[:3, 3] + length * pose[:3, axis], 0.0012, colour)
    draw_markers(canvas, shown, robot.frames)
    red, green, blue = (int(v) for v in manager["Global Options"]["Background Color"].split(";"))
    picture = canvas.picture((red, green, blue))
    panel = np.full((_SIZE[1], _ASIDE, 3), _PANEL, np.uint8)
    annotated = conversions.from_image(heard.annotated)
    width = _ASIDE - 16
    annotated = cv2.resize(annotated, (width, round(annotated.shape[0] * width / annotated.shape[1])), interpolation=cv2.INTER_AREA)
    panel[-annotated.shape[0] - 8 : -8, 8:-8] = annotated
    for row, (space, count) in enumerate(sorted(collections.Counter(m.ns for m in shown).items())):
        overlay.text(panel, f"{space}  {count}", (16, 64 + 22 * row), overlay.INK)
    overlay.text(panel, "markers", (8, 30), overlay.AIM, 0.55)
    return np.hstack([panel, picture])


def main() -> int:
    """Hear, draw, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("picture", type=Path)
    parser.add_argument("--showing", nargs="+", default=["tracks"], help="markers to wait for, by their namespaces (default: tracks)")
    parser.add_argument("--patience", type=float, default=60.0, help="s to wait for the light (default 60)")
    options = parser.parse_args()
    rclpy.init(args=[])
    heard = Listener()
    end = time.monotonic() + options.patience
    while not heard.complete(options.showing):
        if time.monotonic() > end:
            print("error: no light on the board was heard: start a rig with its visualizer, and arm it", file=sys.stderr)
            return 1
        rclpy.spin_once(heard, timeout_sec=0.1)
    cv2.imwrite(str(options.picture), draw(heard))
    rclpy.shutdown()
    return 0


def _origin(element: Xml.Element) -> np.ndarray:
    """The pose in a URDF's <origin>."""
    origin = element.find("origin")
    roll, pitch, yaw = _numbers(origin.get("rpy"))
    about = poses.pose(turn=_about(0, roll))
    return poses.pose(_numbers(origin.get("xyz"))) @ poses.about_z(yaw) @ poses.pose(turn=_about(1, pitch)) @ about


def _about(axis: int, angle: float) -> np.ndarray:
    """A turn about x (0) or y (1): the one about z with the axes moved on."""
    order = np.roll(np.arange(3), -axis - 1)
    matrix = np.empty((3, 3))
    matrix[np.ix_(order, order)] = poses.about_z(angle)[:3, :3]
    return matrix


def _moved(pose: np.ndarray, points: np.ndarray) -> np.ndarray:
    return points @ pose[:3, :3].T + pose[:3, 3]


def _numbers(words: str) -> tuple[float, ...]:
    return tuple(map(float, words.split()))


if __name__ == "__main__":
    sys.exit(main())
