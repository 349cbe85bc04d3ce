"""RViz markers of a scene, in the camera's optical frame."""

from __future__ import annotations

import math

from builtin_interfaces.msg import Duration
from geometry_msgs.msg import Point, Vector3
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from theylive_ros.overlay import Scene
from theylive_ros.types import Track

_LIFETIME = Duration(sec=0, nanosec=300_000_000)
_ALIEN, _JOHN, _BEAM, _DARK, _AIM = (1.0, 0.4, 0.2), (0.3, 0.8, 0.3), (1.0, 0.1, 0.1), (0.8, 0.8, 0.8), (1.0, 0.9, 0.0)


def markers(scene: Scene, head: Header, metres_per_pixel: float, board_distance: float) -> MarkerArray:
    """Heads as discs, aim and spot as balls, on a board at `board_distance` (m) that the camera sees at `metres_per_pixel`."""
    return _Board(scene, head, metres_per_pixel, board_distance).markers()


class _Board:
    def __init__(self, scene: Scene, head: Header, scale: float, distance: float) -> None:
        height, width = scene.image.shape[:2]
        self._scene, self._header = scene, head
        self._middle = (width / 2, height / 2)
        self._scale, self._distance = scale, distance

    def markers(self) -> MarkerArray:
        scene, found = self._scene, []
        if scene.target is not None:
            aliens = [*scene.target.others, *([scene.target.track] if scene.target.track is not None else [])]
            found += [self._head(track, "aliens", _ALIEN) for track in aliens]
            found += [self._head(track, "protected", _JOHN) for track in scene.target.protected]
        if scene.aim is not None:
            found.append(self._ball("aim", scene.aim, _AIM, 0.006))
        if scene.spot is not None:
            found.append(self._ball("spot", scene.spot, _BEAM if scene.laser_on else _DARK, 0.005))
        return MarkerArray(markers=found)

    def _head(self, track: Track, space: str, colour: tuple[float, float, float]) -> Marker:
        size = max(track.width, track.height) * self._scale
        return self._marker(space, track.id, Marker.CYLINDER, (track.x, track.y), Vector3(x=size, y=size, z=0.002), colour, 0.5)

    def _ball(self, space: str, at: tuple[float, float], colour: tuple[float, float, float], size: float) -> Marker:
        return self._marker(space, 0, Marker.SPHERE, at, Vector3(x=size, y=size, z=size), colour, 1.0)

    def _marker(
        self,
        space: str,
        number: int,
        kind: int,
        at: tuple[float, float],
        size: Vector3,
        colour: tuple[float, float, float],
        alpha: float,
    ) -> Marker:
        x, y = ((p - m) * self._scale for p, m in zip(at, self._middle, strict=True))
        marker = Marker(header=self._header, ns=space, id=number & 0x7FFFFFFF, type=kind, action=Marker.ADD, lifetime=_LIFETIME)
        if not (math.isfinite(x) and math.isfinite(y) and 0 < size.x < math.inf):
            marker.action = Marker.DELETE
            return marker
        marker.scale = size
        marker.pose.position = Point(x=x, y=y, z=self._distance)
        marker.pose.orientation.w = 1.0
        marker.color = ColorRGBA(r=colour[0], g=colour[1], b=colour[2], a=alpha)
        return marker
