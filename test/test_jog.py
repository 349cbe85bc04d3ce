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

"""Jogging: keys move what they say, outlines are round and square on the board, and backlash is what the spot tells of it."""

import math

import numpy as np
import pytest

from theylive_ros.commands import jog
from theylive_ros.jogging import backlash
from theylive_ros.jogging.hand import Hand, decode
from theylive_ros.jogging.lamp import Lamp
from theylive_ros.jogging.outline import JogError, circle, positions, square
from theylive_ros.jogging.visits import Visit, Visitor, World, trace
from theylive_ros.mirrors.commissioning import DUTY
from theylive_ros.mirrors.commissioning import WINDOW as DUTY_WINDOW
from theylive_ros.mirrors.gate import GateSettings
from theylive_ros.mirrors.optics import Geometry
from theylive_ros.types import SpotSeen

LIMITS = ((-150, 150), (-150, 150))


class Rig:
    """A rig in virtual time: axes that move 10 microsteps a tick, play between motor and mirror, a laser that lights once they stand."""

    def __init__(self, play=(0.0, 0.0), noise=0.0, seed=1):
        self.play, self.noise, self.random = play, noise, np.random.default_rng(seed)
        self.now, self.motor, self.mirror = 100.0, [0.0, 0.0], [0.0, 0.0]
        self.lit, self.moving, self.spots = False, False, []
        self.dark_because, self.unseen_because, self.says_spots, self.stuck = "", "", True, False
        self.shone_at, self.lit_while_moving = set(), False
        self.lit_times, self.most_duty = [], 0.0

    def follow(self, visit):
        self.now += 0.02
        self.lit_times = [t for t in self.lit_times if t > self.now - DUTY_WINDOW] + [self.now] * self.lit
        self.most_duty = max(self.most_duty, 0.02 * len(self.lit_times) / DUTY_WINDOW)
        before = list(self.motor)
        for axis in (0, 1):
            if not self.stuck:
                self.motor[axis] += float(np.clip(visit.steps[axis] - self.motor[axis], -10, 10))
            half = self.play[axis] / 2
            self.mirror[axis] = min(max(self.mirror[axis], self.motor[axis] - half), self.motor[axis] + half)
        self.moving = before != self.motor
        there = tuple(self.motor) == tuple(visit.steps)
        self.lit = visit.light and there and not self.moving and not self.dark_because
        self.lit_while_moving |= self.lit and self.moving
        if self.lit:
            self.shone_at.add(visit.steps)
            if self.says_spots:
                x, y = 160 + 1.9 * self.mirror[0] - 0.1 * self.mirror[1], 120 + 0.2 * self.mirror[0] + 2.1 * self.mirror[1]
                dx, dy = self.random.normal(0, 1, 2) * self.noise
                found = not self.unseen_because
                self.spots.append(SpotSeen(self.now, found, x + dx, y + dy, 0.1, self.unseen_because))

    def world(self):
        spots, self.spots = self.spots, []
        reasons = () if self.lit else (self.dark_because or "no_order",)
        return World(self.now, tuple(self.motor), not self.moving, self.lit, reasons, spots)


def drive(procedure, rig, most=20000):
    visitor = Visitor(procedure)
    for _ in range(most):
        visit = visitor.step(rig.world())
        if visit is None:
            return visitor.result
        rig.follow(visit)
    raise AssertionError("it does not end")


@pytest.mark.parametrize(("play_x", "play_y"), [(0.0, 0.0), (3.0, 0.0), (0.5, 6.0)])
def test_backlash_is_measured_per_axis(play_x, play_y):
    rig = Rig(play=(play_x, play_y), noise=0.1)
    for axis, play, scale in ((0, play_x, math.hypot(1.9, 0.2)), (1, play_y, math.hypot(0.1, 2.1))):
        found = drive(backlash.measure(axis, (0, 0), LIMITS), rig)
        assert found.axis == "xy"[axis]
        assert found.microsteps == pytest.approx(play, abs=0.1)
        assert found.px == pytest.approx(play * scale, abs=0.2)
        assert found.px_per_microstep == pytest.approx(scale, rel=0.05)
        assert found.is_seen == (play > 0)
        assert found.sigma < 0.1
    assert tuple(rig.motor) == (0, 0)
    assert not rig.lit_while_moving
    assert rig.most_duty < DUTY


def test_backlash_is_told_in_words():
    words = jog.report(backlash.Backlash("x", 3.0, 0.1, 5.7, 1.9), Geometry().microstep)
    assert words == "axis x: a microstep moves the spot 1.90 px; play 3.00 +- 0.10 microsteps (5.70 px, 5.89 mrad of the mirror)"
    assert "no play to be seen" in jog.report(backlash.Backlash("y", 0.1, 0.1, 0.2, 1.9), Geometry().microstep)


@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        ({"dark_because": "protected_in_view"}, r"the laser stayed dark at \(0, 0\) \(protected_in_view\)"),
        ({"unseen_because": "two spots"}, r"the spot is not seen at \(0, 0\) \(0 of 5; two spots\): jog to where"),
        ({"says_spots": False}, "nobody says where the spot is: start the node calibrator"),
        ({"stuck": True}, r"stand at 0, 0 and do not get to \(-24, 0\): the laser's state says no_order"),
    ],
)
def test_backlash_says_why_it_cannot_be_measured(trouble, says):
    rig = Rig()
    for name, value in trouble.items():
        setattr(rig, name, value)
    with pytest.raises(JogError, match=says):
        drive(backlash.measure(0, (0, 0), LIMITS), rig)


def test_a_motor_that_does_not_turn_its_mirror_is_told():
    rig = Rig(play=(1000.0, 0.0), noise=0.1)
    with pytest.raises(JogError, match=r"hardly moves with axis x .* does its motor turn"):
        drive(backlash.measure(0, (0, 0), LIMITS), rig)


def test_backlash_too_near_to_a_limit_is_refused_before_anything_moves():
    with pytest.raises(JogError, match="axis y would go to 164 microsteps, its soft limits are -150 to 150: jog nearer"):
        next(backlash.measure(1, (0, 140), LIMITS))


def test_spots_of_frames_taken_before_the_mirrors_stood_do_not_count():
    visitor = Visitor(iter_one(Visit((0, 0), light=True, spots=1)))
    old = SpotSeen(9.0, True, 1.0, 1.0, 0.1)
    assert visitor.step(World(10.0, (0.0, 0.0), True, True, (), [old])) is not None
    assert visitor.step(World(10.1, (0.0, 0.0), True, True, (), [old])) is not None
    assert visitor.step(World(10.2, (0.0, 0.0), True, True, (), [SpotSeen(10.15, True, 5.0, 6.0, 0.1)])) is None
    assert visitor.result.spots == ((5.0, 6.0),)


def iter_one(visit):
    return (yield visit)


def on_board(geometry, places):
    return np.array([geometry.board_point(geometry.angles(place)) for place in places])


@pytest.mark.parametrize("middle", [(0, 0), (30, -20)])
def test_a_circle_is_round_on_the_board(middle):
    geometry = Geometry()
    places = positions(geometry, LIMITS, middle, circle(0.030, 0.005))
    points = on_board(geometry, places) - on_board(geometry, [middle])[0]
    assert np.abs(np.hypot(*points.T) - 0.030).max() < 0.0012  # a microstep is 1.6 mm, so rounding is up to 1.1 mm off
    assert places[0] == places[-1]
    assert np.hypot(*np.diff(points, axis=0).T).max() < 0.0075


def test_a_square_has_its_corners():
    geometry = Geometry()
    places = positions(geometry, LIMITS, (0, 0), square(0.060, 0.010))
    points = on_board(geometry, places)
    for corner in ((-0.03, -0.03), (0.03, -0.03), (0.03, 0.03), (-0.03, 0.03)):
        assert np.hypot(*(points - corner).T).min() < 0.0012
    assert np.abs(np.abs(points).max(axis=1) - 0.03).max() < 0.0012  # all on its sides


def test_an_outline_beyond_the_limits_or_the_optics_is_refused_whole():
    with pytest.raises(JogError, match=r"axis x would go to .* choose a smaller outline"):
        positions(Geometry(), ((-20, 20), (-150, 150)), (0, 0), circle(0.1, 0.005))
    assert len(circle(0.0001, 0.005)) == 13


def test_an_outline_is_lit_at_its_places_only_and_the_mirrors_come_back():
    rig = Rig()
    places = positions(Geometry(), LIMITS, (0, 0), circle(0.02, 0.005))
    assert drive(trace(places, True, 0.05, 2), rig) == 2 * len(places) - 1
    assert rig.shone_at == set(places)
    assert not rig.lit_while_moving


def test_without_light_an_outline_is_dark_and_with_a_laser_kept_dark_it_goes_on_and_counts():
    rig, places = Rig(), [(0, 0), (5, 0), (5, 5)]
    assert drive(trace(places, False, 0.05, 1), rig) == 0
    assert not rig.shone_at
    rig.dark_because = "protected_in_view"
    assert drive(trace(places, True, 0.05, 1), rig) == 0
    assert tuple(rig.motor) == (5, 5)


@pytest.mark.parametrize("period", [0.005, 0.02, 0.05])
@pytest.mark.parametrize("pattern", [(1.0, 0.0), (0.1, 0.1), (0.3, 0.2), (0.25, 0.5)])
def test_light_comes_in_bursts_that_the_duty_lets_through_whole(period, pattern):
    lamp, lit, times, bursts = Lamp(), False, [], []
    for k in range(round(20 / period)):
        now = 50 + k * period
        wanted = (k * period) % sum(pattern) < pattern[0]
        on = lamp.order(now, wanted, lit)
        assert wanted or not on
        if on and not lit:
            bursts.append(0.0)
        if lit:
            times.append(now)
            bursts[-1] += period
        lit = on
        used = sum(period for t in times if t > now - DUTY_WINDOW)
        # the mirrors node drops the light when what it has used and the next lease exceed the duty
        assert used + GateSettings().lease <= DUTY * DUTY_WINDOW + 1e-9
    assert len(bursts) > 8
    assert max(bursts) <= 0.33 + 2 * period
    if pattern == (1.0, 0.0):
        assert min(bursts[:-1]) > 0.3
        assert len(times) * period / 20 > 0.17


def press(hand, *keys):
    for key in keys:
        hand = hand.press(key)
    return hand


def test_arrows_move_the_spot_their_way_by_the_stride():
    hand = Hand((3, 4), LIMITS, (3, 4))
    assert press(hand, "right", "down").steps == (7, 8)
    assert press(hand, "[", "[", "left").steps == (2, 4)
    assert press(hand, *"[[[[[[", "up").steps == (3, 3)
    assert press(hand, *"]]]]]]]]", "up").stride == 32
    assert press(Hand((0, 0), LIMITS, (0, 0), signs=(-1, 1)), "right", "down").steps == (-4, 4)
    assert press(hand, "right", "right", "0").steps == (3, 4)


def test_arrows_stop_at_the_soft_limits_and_say_so():
    hand = Hand((0, 0), LIMITS, (148, 0)).press("right")
    assert (hand.steps, hand.words) == ((150, 0), "soft limit")
    assert hand.press("left").words == ""


def test_light_is_off_at_first_switched_by_space_and_off_at_the_end():
    hand = Hand((0, 0), LIMITS, (0, 0))
    assert not hand.light
    assert press(hand, " ").light
    assert not press(hand, " ", " ").light
    assert press(hand, " ", "q").ended
    assert not press(hand, " ", "q").light
    assert "arrows move" in press(hand, "?").words


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        (b"\x1b[A\x1b[D", ["up", "left"]),
        (b"\x1bOC q", ["right", " ", "q"]),
        (b"\x1b[5~x", []),
        (b"\x1b", []),
        (b"\xff[", ["\xff", "["]),
        (b"", []),
    ],
)
def test_keys_are_told_from_what_a_terminal_sends(data, keys):
    assert decode(data) == keys
