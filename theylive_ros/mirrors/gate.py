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

"""Whether the laser may shine at this moment: one pure function that names every condition that fails.

All comparisons are written so that a NaN closes the gate.
"""

from __future__ import annotations

import dataclasses
import math

from theylive_ros.mirrors import plane
from theylive_ros.mirrors.calibration import Calibration
from theylive_ros.mirrors.clock import Clocks
from theylive_ros.mirrors.interface import ControllerStatus
from theylive_ros.mirrors.optics import OpticsError
from theylive_ros.mirrors.plane import Point
from theylive_ros.settings import setting
from theylive_ros.types import Region, Target, Track

# Every reason there is, in the order in which they are told.
REASONS = (
    "link_silent",  # the controller has said nothing for `link_timeout`
    "controller_fault",  # the controller has latched a fault
    "stop_input",  # the stop switch is pressed
    "limit_input",  # a limit switch is pressed
    "no_laser_line",  # the controller has no wire to the laser
    "unreferenced",  # the zero of the axes is not known
    "missed_steps",  # the spot is seen so far from the count of steps that the axes are not where they are thought to be
    "uncalibrated",  # there is no map from the picture to the mirrors
    "off_plan",  # the axes are not where they were sent
    "not_armed",  # nobody has armed the rig, or something has disarmed it
    "clocks_unsteady",  # a clock has jumped or a stamp was impossible
    "clock_untold",  # the camera's node does not tell its clock, so that nobody knows how old a picture is
    "clocks_differ",  # the camera's clock, another machine's, is not this one's
    "no_target",  # nothing is to be aimed at
    "target_stale",  # the target has not been seen for `target_timeout`
    "target_unseen",  # the newest frame does not show the target, nor did any of the last `unseen_timeout`
    "target_unconfirmed",  # the target was not seen often enough to be believed
    "label_not_targeted",  # the target's label is none of `target_labels`
    "cannot_clear_protected",  # the detector cannot tell that no protected head is there
    "picture_size",  # the pictures have another size than the calibration
    "outside_field",  # aim or spot is outside the calibrated field
    "outside_limits",  # aim or spot is beyond the soft limits
    "outside_seen",  # aim or spot is not `guard_radius` and `edge_margin` inside what the detector looked at
    "protected_near",  # a protected head may be within `guard_radius` of aim or spot
    "slewing",  # the mirrors are on their way to the aim
    "not_settled",  # the spot is farther from the aim than `settle_tolerance`
    "max_on_time",  # the laser has been on for `max_on_time` and must rest
    # in commissioning mode
    "no_order",  # nobody has ordered light within the last 0.3 s
    "view_unseen",  # no fresh word of the selector covers the whole picture
    "protected_in_view",  # a protected head is somewhere in the picture
    "duty",  # the laser has been on for its share of the last 2 s
)

# Stamps may seem to lie ahead by the jitter of reading two clocks (s).
_AHEAD = 0.001


@dataclasses.dataclass(frozen=True)
class GateSettings:
    """What the gate asks for before the laser may shine."""

    target_labels: list[str] = setting(["alien"], "labels that may be lit")
    guard_radius: float = setting(
        0.010, "distance kept from protected heads and from what nobody has looked at", unit="m", low=0.0, high=1.0
    )
    edge_margin: float = setting(
        0.015, "further distance kept from the edge of what was looked at: a head coming in is not seen until half of it is in", unit="m",
        low=0.0, high=1.0,
    )  # fmt: skip
    guard_sigma: float = setting(2.5, "standard deviations by which a protected head is grown", low=0.0, high=10.0)
    frame_period: float = setting(0.034, "time between frames, over which a protected head may move unseen", unit="s", low=0.001, high=1.0)
    target_timeout: float = setting(0.15, "how long ago the target may have been seen", unit="s", low=0.001, high=1.0)
    unseen_timeout: float = setting(
        0.0, "how long the laser shines on a target that newer frames do not show; 0: it may have gone, dark at once", unit="s",
        low=0.0, high=1.0,
    )  # fmt: skip
    link_timeout: float = setting(0.1, "how old the controller's last word may be", unit="s", low=0.001, high=1.0)
    link_lost: float = setting(0.5, "silence of the controller after which the rig is disarmed", unit="s", low=0.01, high=60.0)
    settle_tolerance: float = setting(0.0025, "distance of spot and aim up to which the laser may shine", unit="m", low=0.0001, high=0.05)
    max_on_time: float = setting(10.0, "light after which the laser must rest", unit="s", low=0.0, high=3600.0)
    min_off_time: float = setting(0.5, "how long it then rests; shorter pauses do not count as rest", unit="s", low=0.0, high=3600.0)
    lease: float = setting(0.05, "how long the light stays on when this program falls silent", unit="s", low=0.005, high=0.05)
    allow_unclearing_detector: bool = setting(False, "shine although the detector cannot tell that no protected head is there")


@dataclasses.dataclass(frozen=True)
class Situation:
    """All that the gate looks at.

    now: monotonic clock (s), as every stamp here. target: the selector's newest word. aim, spot: where the spot should be and is (px), None
    where it has no place in the picture. aim_steps, spot_steps: the same in microsteps. on_plan: the counted steps agree with what was
    sent. slewing: a dark move is under way. on_time: light (s) since the last rest of `min_off_time`. path: where else the spot may be
    before the lease ends (px, None for no place in the picture), by the plan. suspected: where it is if the last seen spot was true and
    not a glint, None if there is no such doubt. doubt: standard deviation of the spot's place (m). missed_steps: the axes are not where
    they are thought to be.
    """

    now: float
    status: ControllerStatus | None
    armed: bool
    clocks: Clocks
    target: Target | None
    aim: Point | None
    spot: Point | None
    aim_steps: Point | None
    spot_steps: Point | None
    on_plan: bool
    slewing: bool
    on_time: float
    path: tuple[Point | None, ...] = ()
    suspected: Point | None = None
    doubt: float = 0.0
    missed_steps: bool = False


def failing(situation: Situation, calibration: Calibration | None, settings: GateSettings) -> tuple[str, ...]:
    """Every condition that fails, by its name in `REASONS` and in that order; empty while the laser may shine."""
    failed = set(controller_failing(situation.status, situation.now, settings))
    if situation.missed_steps:
        failed.add("missed_steps")
    if not situation.on_plan:
        failed.add("off_plan")
    if not situation.armed:
        failed.add("not_armed")
    failed |= clocks_failing(situation.clocks)
    if situation.slewing:
        failed.add("slewing")
    if not situation.on_time < settings.max_on_time:
        failed.add("max_on_time")
    failed |= _target(situation.target, situation.now, situation.clocks.doubt, settings)
    failed |= {"uncalibrated"} if calibration is None else _places(situation, calibration, settings)
    return tuple(reason for reason in REASONS if reason in failed)


def controller_failing(status: ControllerStatus | None, now: float, settings: GateSettings) -> tuple[str, ...]:
    """Those of the conditions that the controller's word (None: it is silent) alone decides."""
    if status is None:
        return ("link_silent",)
    checks = {
        "link_silent": not -_AHEAD <= now - status.time <= settings.link_timeout,
        "controller_fault": bool(status.fault),
        "stop_input": status.stop,
        "limit_input": status.limit_x or status.limit_y,
        "no_laser_line": not status.has_laser,
        "unreferenced": not status.referenced,
    }
    return tuple(name for name, fails in checks.items() if fails)


def clocks_failing(clocks: Clocks) -> set[str]:
    """Those of the conditions that the clocks alone decide."""
    checks = {"clocks_unsteady": not clocks.sane, "clock_untold": not clocks.told, "clocks_differ": not clocks.agree}
    return {name for name, fails in checks.items() if fails}


def distance_on_board(calibration: Calibration, a: Point, b: Point) -> float:
    """Distance on the board (m) of what is seen at two pixels; NaN if one of them does not look at the board."""
    try:
        return math.dist(calibration.pixel_to_board(*a), calibration.pixel_to_board(*b))
    except OpticsError:
        return math.nan


def clearance(track: Track, points: list[Point], age: float, calibration: Calibration, settings: GateSettings) -> float:
    """Least distance (m) from points on the board (m) to where a protected head may be, seen `age` seconds ago; NaN if that is unknown.

    The head's box is grown by `guard_sigma` standard deviations of its place, and by as much as its speed, taken at the same odds,
    carries it over its age and until light that is let out now ends: one frame later, or with the lease where nobody ends it before.
    """
    place, speed = _sigmas(track.covariance)
    pace = math.hypot(track.vx, track.vy) + settings.guard_sigma * speed
    ahead = max(settings.frame_period, settings.lease)
    growth = settings.guard_sigma * place + pace * (ahead + max(age, 0.0) if age == age else math.nan)
    if not (track.width >= 0 and track.height >= 0):
        return math.nan
    w, h = track.width / 2, track.height / 2
    box = _on_board(Region(track.x - w, track.y - h, track.x + w, track.y + h), calibration)
    if box is None or not points:
        return math.nan
    # NaN wins over any number here
    gaps = [-plane.depth_inside(box, *point) for point in points]
    nearest = math.nan if any(gap != gap for gap in gaps) else min(gaps)
    return nearest - growth * calibration.metres_per_pixel(track.x, track.y)


def is_fresh(target: Target, now: float, doubt: float, settings: GateSettings) -> bool:
    """Whether the selector's word is of a frame young enough to be acted on, if its stamp is off by `doubt` (s)."""
    return _is_fresh(target.stamp, now, doubt, settings)


def _is_fresh(stamp: float, now: float, doubt: float, settings: GateSettings) -> bool:
    return -_AHEAD <= now - stamp <= settings.target_timeout - doubt


def _target(target: Target | None, now: float, doubt: float, settings: GateSettings) -> set[str]:
    if target is None:
        return {"no_target"}
    failed = set()
    if not is_fresh(target, now, doubt, settings):
        failed.add("target_stale")
    if not (target.clears_protected or settings.allow_unclearing_detector):
        failed.add("cannot_clear_protected")
    track = target.track
    if track is None:
        return failed | {"no_target"}
    if not _is_fresh(track.last_seen, now, doubt, settings):
        failed.add("target_stale")
    if not target.stamp - track.last_seen <= settings.unseen_timeout + _AHEAD:
        failed.add("target_unseen")
    if not track.confirmed:
        failed.add("target_unconfirmed")
    if track.label not in settings.target_labels:
        failed.add("label_not_targeted")
    return failed


def _places(s: Situation, calibration: Calibration, settings: GateSettings) -> set[str]:
    failed = set()
    target = s.target
    has_track = target is not None and target.track is not None
    pixels = [s.spot, s.aim, *s.path] if has_track else [s.spot, *s.path]
    steps = [s.spot_steps, s.aim_steps] if has_track else [s.spot_steps]
    if not all(p is not None and calibration.inside_field(*p) for p in pixels):
        failed.add("outside_field")
    if not all(p is not None and calibration.inside_limits(*p) for p in steps):
        failed.add("outside_limits")
    if has_track and s.spot is not None and s.aim is not None:
        # without a place for both, the field has closed the gate already
        error = distance_on_board(calibration, s.spot, s.aim)
        if not error <= settings.settle_tolerance:
            failed.add("not_settled")
    if target is not None:
        if (target.width, target.height) != (calibration.width, calibration.height):
            failed.add("picture_size")
        points = _points([p for p in pixels if p is not None], calibration)
        seen = _on_board(target.seen, calibration)
        inset = settings.guard_radius + settings.edge_margin
        if seen is None or not all(plane.depth_inside(seen, *p) >= inset for p in points):
            failed.add("outside_seen")
        # a glint may be anywhere, and must not keep the gate closed but where light would be worst
        points += _points([s.suspected] if s.suspected else [], calibration)
        guard = settings.guard_radius + settings.guard_sigma * s.doubt
        age = s.now - target.stamp + s.clocks.doubt
        if points and not all(clearance(t, points, age, calibration, settings) > guard for t in target.protected):
            failed.add("protected_near")
    return failed


def _points(pixels: list[Point], calibration: Calibration) -> list[Point]:
    """Points of the board (m) seen at pixels; NaN for one that does not look at the board."""
    found = (plane.apply(calibration.to_board, *p) for p in pixels)
    return [(math.nan, math.nan) if p is None else p for p in found]


def _on_board(region: Region, calibration: Calibration) -> list[Point] | None:
    """Corners (m) of a rectangle of the picture; None if it is upside down, no number, or not wholly on the board."""
    x0, y0, x1, y1 = region.x_min, region.y_min, region.x_max, region.y_max
    if not (x0 <= x1 and y0 <= y1):
        return None
    corners = [plane.apply(calibration.to_board, x, y) for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))]
    return None if None in corners else corners  # type: ignore[return-value]


def _sigmas(covariance: tuple[float, ...]) -> tuple[float, float]:
    """Standard deviations of place (px) and velocity (px/s), each in the direction in which it is greatest; NaN for no covariance."""
    if len(covariance) != 16:
        return math.nan, math.nan
    return _greatest(covariance[0], covariance[1], covariance[5]), _greatest(covariance[10], covariance[11], covariance[15])


def _greatest(xx: float, xy: float, yy: float) -> float:
    if not (xx >= 0 and yy >= 0):
        return math.nan
    return math.sqrt((xx + yy) / 2 + math.hypot((xx - yy) / 2, xy))
