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

"""The spot between lit and dark frames: to a small part of a pixel on anything, and not at all where it could be something else."""

from __future__ import annotations

import math
import random

import cv2
import numpy as np
import pytest

from theylive_ros.calibrator.finder import Found, Missing, find
from theylive_ros.simulator.camera import CameraSettings
from theylive_ros.simulator.scenario import Actor, Disturbance, Scenario, Static, Waypoints
from theylive_ros.simulator.spot import add_spot
from theylive_ros.simulator.world import World

HEADS = tuple(Actor(label, path=Static(at_mm=at)) for label, at in (("alien", [-60, -30]), ("john", [10, 40]), ("alien", [70, -20])))


def course(world, spot, t=1.0, rate=30.0, pattern="ddlld"):
    """Lit and dark frames one after the other."""
    lit, dark = [], []
    for k, kind in enumerate(pattern):
        world.at(t + k / rate)
        (lit if kind == "l" else dark).append(world.frame(spot if kind == "l" else None))
    return lit, dark


def errors(world, places):
    for k, place in enumerate(places):
        found = find(*course(world, place, t=0.5 + 0.25 * k))
        yield math.dist(found[:2], place) if isinstance(found, Found) else found.reason


def somewhere(count, seed=1, margin=12, width=320, height=240):
    rng = random.Random(seed)
    return [(rng.uniform(margin, width - margin), rng.uniform(margin, height - margin)) for _ in range(count)]


def test_the_spot_on_plywood_is_found_to_a_seventh_of_a_pixel():
    off = list(errors(World(Scenario()), somewhere(40)))
    assert not [e for e in off if isinstance(e, str)]
    assert np.percentile(off, 95) < 0.15
    assert max(off) < 0.25


def test_its_deviation_is_what_it_says():
    world = World(Scenario())
    ratios = []
    for k, (x, y) in enumerate(somewhere(30, seed=2)):
        found = find(*course(world, (x, y), t=0.3 * k))
        ratios += [(found.x - x) / found.sigma, (found.y - y) / found.sigma]
    assert 0.4 < np.std(ratios) < 1.6


def test_a_spot_on_a_standing_head_is_found_as_well():
    rng = random.Random(3)
    world = World(Scenario(actors=HEADS))
    world.at(0.1)
    heads = world.heads()
    places = [(h.x + rng.uniform(-18, 18), h.y + rng.uniform(-18, 18)) for h in heads for _ in range(8)]
    off = [e for e in errors(world, places) if not isinstance(e, str)]
    assert len(off) >= 20, "on white it may be refused, not on most of a head"
    assert np.percentile(off, 90) < 0.35
    assert max(off) < 0.8


@pytest.mark.parametrize(
    "camera",
    [
        CameraSettings(width=640, height=480, mm_per_px=0.3925),
        CameraSettings(spot_colour="green"),
        CameraSettings(jpeg_quality=40),
        CameraSettings(read_noise=4.0, shot_noise=0.1),
        CameraSettings(blur_px=1.5),
        CameraSettings(brightness=0.3),
        CameraSettings(exposure_drift=0.3, white_drift=0.2),
    ],
    ids=["large", "green", "jpeg", "noisy", "blurred", "dim", "drifting"],
)
def test_every_camera_will_do(camera):
    world = World(Scenario(camera=camera))
    off = list(errors(world, somewhere(12, margin=14 * camera.width / 320, width=camera.width, height=camera.height)))
    assert not [e for e in off if isinstance(e, str)]
    assert max(off) < 0.5 * camera.width / 320


def test_bloom_and_saturation_do_not_pull_it_aside():
    board = np.full((240, 320, 3), 90, np.uint8)
    board[:, 150:] = 190  # bright on the right: the sensor ends sooner there
    lit = board.copy()
    add_spot(lit, 151.3, 100.4, power=6.0)
    found = find([lit], [board])
    assert math.dist(found[:2], (151.3, 100.4)) < 0.15


def test_a_lamp_that_flickers_line_by_line_is_no_spot():
    rng = np.random.default_rng(5)
    rows = np.arange(240)[:, None, None]

    def taken(phase, spot):
        wood = 120 + 15 * np.sin(np.arange(320) / 7)[None, :, None] + rng.normal(0, 1.5, (240, 320, 3))
        image = np.clip(wood * (1 + 0.15 * np.sin(rows / 30 + phase)), 0, 255).astype(np.uint8)
        if spot:
            add_spot(image, *spot)
        return image

    dark = [taken(p, None) for p in (0.3, 2.1, 4.0)]
    assert math.dist(find([taken(1.0, (200.2, 50.7)), taken(3.3, (200.2, 50.7))], dark)[:2], (200.2, 50.7)) < 0.3
    assert isinstance(find([taken(1.0, None), taken(5.0, None)], dark), Missing)


def test_nothing_is_found_where_nothing_shines():
    for actors in ((), HEADS):
        assert find(*course(World(Scenario(actors=actors)), None)) == Missing("no spot is seen")


def moving(*points, speed=120.0):
    return Actor(path=Waypoints(points_mm=[list(p) for p in points], speed_mm_s=[speed], after="back"))


def test_a_head_that_passes_is_no_spot_and_hides_none_elsewhere():
    world = World(Scenario(actors=(moving((-80, -40), (80, -40)), moving((60, 50), (-60, 50)))))
    for k in range(12):
        nothing = find(*course(world, None, t=0.5 + 0.2 * k))
        assert isinstance(nothing, Missing)
    off = list(errors(world, [(160.3, 118.6), (30.2, 120.4), (290.1, 121.0), (158.9, 122.2)] * 3))
    good = [e for e in off if not isinstance(e, str)]
    assert len(good) >= 8
    assert max(good) < 0.4


def test_a_head_that_moves_under_the_spot_is_refused_or_does_not_matter():
    world = World(Scenario(actors=(moving((-80, 0), (80, 0), speed=200.0),)))
    off = list(errors(world, [(160.0, 120.0)] * 16))
    assert all(isinstance(e, str) or e < 0.6 for e in off)
    assert any(isinstance(e, str) for e in off)


def test_a_spot_that_moves_between_lit_frames_is_refused():
    world = World(Scenario())
    world.at(1.0)
    lit = [world.frame((100.0, 100.0)), world.frame((103.5, 100.0))]
    dark = [world.frame()] * 2
    assert isinstance(find(lit, dark), Missing)


def test_two_spots_are_refused():
    world = World(Scenario())
    lit, dark = course(world, (80.0, 90.0))
    for image in lit:
        add_spot(image, 200.0, 150.0, power=0.9)
    assert find(lit, dark) == Missing("several spots are seen")
    lit, dark = course(world, (80.0, 90.0))
    for image in lit:
        add_spot(image, 200.0, 150.0, power=0.1)
    assert isinstance(find(lit, dark), Found), "a faint reflection is not a second spot"


@pytest.mark.parametrize("place", [(2.0, 100.0), (319.0, 50.0), (160.0, 0.5), (150.0, 238.5), (0.0, 240.0)])
def test_a_spot_cut_by_the_edge_is_refused(place):
    found = find(*course(World(Scenario()), place))
    assert found == Missing("the edge of the picture cuts the spot")


def test_a_line_of_light_is_no_spot():
    world = World(Scenario())
    lit, dark = course(world, None)
    for image in lit:
        cv2.line(image, (100, 100), (140, 104), (200, 200, 255), 3)
    assert find(lit, dark) == Missing("what lights up is no round spot")


def test_a_lamp_switched_on_is_no_spot():
    dark = [np.full((240, 320, 3), 60, np.uint8)] * 2
    lamp = dark[0].copy()
    cv2.circle(lamp, (160, 120), 70, (240, 240, 240), -1)
    found = find([lamp, lamp], dark)
    assert isinstance(found, Missing)
    assert "too large" in found.reason


def test_an_overexposed_picture_says_bad_light():
    world = World(Scenario(camera=CameraSettings(brightness=2.6)))
    reasons = [e for e in errors(world, somewhere(10)) if isinstance(e, str)]
    assert reasons
    assert any("bad light" in r or "no spot" in r for r in reasons)


def test_exposure_that_jumps_between_frames_does_not_matter():
    jump = Disturbance("exposure", 0.7, at_s=1.05, for_s=0.05)
    off = [math.dist(find(*course(World(Scenario(disturbances=(jump,))), p))[:2], p) for p in somewhere(5)]
    assert max(off) < 0.5


def test_frames_that_do_not_belong_together_are_refused():
    image = np.zeros((20, 30, 3), np.uint8)
    with pytest.raises(ValueError, match="one size"):
        find([image], [image[:, :20]])
    with pytest.raises(ValueError, match="colour"):
        find([image[..., 0]], [image[..., 0]])
    assert find([], [image]) == Missing("no lit frame")
    assert find([image], []) == Missing("no dark frame")


def test_rubbish_is_no_spot():
    rng = np.random.default_rng(7)
    for _ in range(5):
        frames = rng.integers(0, 256, (5, 240, 320, 3), np.uint8)
        assert isinstance(find(list(frames[:2]), list(frames[2:])), Missing)
    for value in (0, 255):
        flat = np.full((240, 320, 3), value, np.uint8)
        assert isinstance(find([flat, flat], [flat, flat]), Missing)
