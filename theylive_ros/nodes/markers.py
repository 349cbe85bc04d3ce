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

"""RViz markers: what lies on the board, for each frame, and the beam, whenever the mirrors turn."""

from __future__ import annotations

import math
from collections.abc import Sequence

from builtin_interfaces.msg import Duration, Time
from geometry_msgs.msg import Point, Vector3
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker, MarkerArray

from theylive_ros.nodes.conversions import header
from theylive_ros.overlay import Scene
from theylive_ros.types import Track
from theylive_ros.viewing.rig_view import BASE, BOARD, RigView

_LIFETIME = Duration(sec=0, nanosec=300_000_000)
_Colour = tuple[float, float, float]
_ALIEN, _JOHN, _OTHER, _BEAM, _DARK = (1.0, 0.43, 0.24), (0.24, 0.78, 0.35), (0.67, 0.67, 0.67), (1.0, 0.16, 0.24), (0.8, 0.8, 0.8)
_AIM, _FIELD, _INK = (1.0, 0.86, 0.0), (0.35, 0.6, 0.9), (0.95, 0.95, 0.95)
# m in front of the board, one before the other, so that none hides in the board or in another: guard, heads, then what is drawn in lines
_ZONE, _DISC, _LINES = 0.0006, 0.002, 0.003
_THICK = 0.001  # m
_LETTER = 0.009  # m
_ARM = 0.007  # m, of the aim's cross


def scene_markers(scene: Scene, view: RigView, stamp: Time, guard_radius: float) -> MarkerArray:
    """Heads with their names, guard round the protected ones, aim, spot and field of aim, in the frame `board`. guard_radius: m."""
    return _Board(scene, view, stamp, guard_radius).markers()


def beam_marker(points: Sequence[tuple[float, float, float]], lit: bool, stamp: Time) -> Marker:
    """The way of the light through `points` (m, in `base_link`): red while lit, else a thin grey line where it would go."""
    marker = _marker(BASE, stamp, "beam", 0, Marker.LINE_STRIP, _BEAM if lit else _DARK, 0.9 if lit else 0.3)
    marker.scale.x = 0.002 if lit else 0.0008
    marker.points = [Point(x=x, y=y, z=z) for x, y, z in points]
    return marker


class _Board:
    def __init__(self, scene: Scene, view: RigView, stamp: Time, guard: float) -> None:
        self._scene, self._view, self._stamp, self._guard = scene, view, stamp, guard
        width, height = scene.size
        # pictures of another size than the calibration's show the same field
        self._zoom = view.calibration.width / max(width, 1), view.calibration.height / max(height, 1)

    def markers(self) -> MarkerArray:
        scene, found = self._scene, [self._field()]
        if scene.target is not None:
            found += [m for track in scene.target.others for m in self._head(track, _ALIEN if track.confirmed else _OTHER)]
            found += [m for track in scene.target.protected for m in self._head(track, _JOHN, guard=self._guard)]
            if scene.target.track is not None:
                found += self._head(scene.target.track, _ALIEN, chosen=True)
        if scene.aim is not None:
            found.append(self._cross(scene.aim))
        if scene.spot is not None:
            found.append(self._ball(scene.spot))
        return MarkerArray(markers=found)

    def _head(self, track: Track, colour: _Colour, guard: float = 0.0, chosen: bool = False) -> list[Marker]:
        half_w, half_h = track.width / 2, track.height / 2
        at = self._place(track.x, track.y)
        sides = [self._place(track.x + dx, track.y + dy) for dx, dy in ((-half_w, 0), (half_w, 0), (0, -half_h), (0, half_h))]
        # whatever a track is taken for, it is one marker: nothing is left behind where that changes
        disc = self._on_board("tracks", track.id, Marker.CYLINDER, colour, 0.9 if chosen else 0.5)
        if at is None or None in sides or track.width <= 0 or track.height <= 0:
            disc.action = Marker.DELETE
            return [disc]
        left, right, top, bottom = sides
        width, height = math.dist(left, right), math.dist(top, bottom)
        disc.pose.position = Point(x=at[0], y=at[1], z=-_DISC)
        disc.scale = Vector3(x=width, y=height, z=_THICK)
        name = self._on_board("names", track.id, Marker.TEXT_VIEW_FACING, _INK, 1.0)
        name.pose.position = Point(x=at[0], y=top[1] - _LETTER, z=-_LINES)
        name.scale.z = _LETTER
        name.text = f"{track.label} {track.id}  {track.score:.2f}" if track.confirmed else f"{track.label}?"
        if not guard > 0:
            return [disc, name]
        zone = self._on_board("guard", track.id, Marker.CUBE, colour, 0.22)
        zone.pose.position = Point(x=at[0], y=at[1], z=-_ZONE)
        zone.scale = Vector3(x=width + 2 * guard, y=height + 2 * guard, z=_THICK / 2)
        return [disc, name, zone]

    def _place(self, x: float, y: float) -> tuple[float, float] | None:
        return self._view.on_board(x * self._zoom[0], y * self._zoom[1])

    def _cross(self, at: tuple[float, float]) -> Marker:
        marker = self._on_board("aim", 0, Marker.LINE_LIST, _AIM, 1.0)
        if (place := self._place(*at)) is None:
            marker.action = Marker.DELETE
            return marker
        x, y = place
        marker.scale.x = 0.0012
        ends = ((x - _ARM, y), (x + _ARM, y), (x, y - _ARM), (x, y + _ARM))
        marker.points = [Point(x=px, y=py, z=-_LINES) for px, py in ends]
        return marker

    def _ball(self, at: tuple[float, float]) -> Marker:
        lit = self._scene.laser_on
        marker = self._on_board("spot", 0, Marker.SPHERE, _BEAM if lit else _DARK, 1.0)
        if (place := self._place(*at)) is None:
            marker.action = Marker.DELETE
            return marker
        size = 0.007 if lit else 0.005
        marker.pose.position = Point(x=place[0], y=place[1], z=-_LINES)
        marker.scale = Vector3(x=size, y=size, z=size)
        return marker

    def _field(self) -> Marker:
        marker = self._on_board("field", 0, Marker.LINE_STRIP, _FIELD, 0.8)
        corners = self._view.field()
        marker.scale.x = 0.001
        marker.points = [Point(x=x, y=y, z=-_ZONE) for x, y in (*corners, corners[0])]
        return marker

    def _on_board(self, space: str, number: int, kind: int, colour: _Colour, alpha: float) -> Marker:
        return _marker(BOARD, self._stamp, space, number, kind, colour, alpha)


def _marker(frame: str, stamp: Time, space: str, number: int, kind: int, colour: _Colour, alpha: float) -> Marker:
    marker = Marker(header=header(stamp, frame), ns=space, id=number & 0x7FFFFFFF, type=kind, action=Marker.ADD, lifetime=_LIFETIME)
    marker.pose.orientation.w = 1.0
    marker.color = ColorRGBA(r=colour[0], g=colour[1], b=colour[2], a=alpha)
    return marker
