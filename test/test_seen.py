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

"""The spot in a single frame: on board and heads, in a fraction of a millisecond, and never a glint, a tie or a shirt."""

from __future__ import annotations

import math
import random
import time

import cv2
import numpy as np
import pytest

from theylive_ros.calibrator.background import Background
from theylive_ros.calibrator.seen import SpotSettings, find
from theylive_ros.settings import check
from theylive_ros.simulator.camera import CameraSettings
from theylive_ros.simulator.scenario import Actor, Scenario, Static, Waypoints, load_scenario
from theylive_ros.simulator.spot import add_spot
from theylive_ros.simulator.world import World

HEADS = tuple(Actor("alien", path=Static(at_mm=at)) for at in ([-70, -40], [0, 30], [70, -30]))


def learned(world, until=1.0, frames=12):
    background = Background()
    for k in range(frames):
        world.at(until - (frames - k) / 30)
        background.learn(world.frame())
    world.at(until)
    return background


def places(world, count, rng):
    """Half of them on heads."""
    heads = [h for h in world.heads() if h.visible == 1.0 and h.label == "alien"]
    for k in range(count):
        if heads and k % 2:
            head = rng.choice(heads)
            yield head.x + rng.uniform(-15, 15), head.y + rng.uniform(-15, 15)
        else:
            yield rng.uniform(15, 305), rng.uniform(15, 225)


def errors(world, background, count=24, seed=1, offset=(3.0, -4.0)):
    rng = random.Random(seed)
    found = []
    for x, y in places(world, count, rng):
        seen = find(world.frame((x, y)), 1.0, (x + offset[0], y + offset[1]), background)
        found.append(math.dist((seen.x, seen.y), (x, y)) if seen.found else math.nan)
    return np.array(found)


def test_on_a_known_scene_the_spot_is_found_to_a_third_of_a_pixel():
    off = np.concatenate([errors(w, learned(w), seed=s) for s in range(4) for w in [World(Scenario(actors=HEADS), s)]])
    assert np.isnan(off).mean() < 0.02
    assert np.nanpercentile(off, 50) < 0.15
    assert np.nanpercentile(off, 95) < 0.4


def test_on_an_aliens_middle_it_is_found_without_bias_and_as_surely_as_it_says():
    off, sure = [], []
    for look in range(8):
        world = World(Scenario(actors=(Actor("alien", look=look, path=Static(at_mm=[20.0, -10.0])),)), look)
        background = learned(world)
        (head,) = world.heads()
        for k in range(5):
            world.at(1.0 + k / 30)
            x, y = head.x + 0.7 * k - 1.4, head.y + 1.0 - 0.5 * k
            seen = find(world.frame((x, y)), 1.0, (x - 2.0, y + 1.0), background)
            assert seen.found
            off.append((seen.x - x, seen.y - y))
            sure.append((off[-1][0] / seen.sigma, off[-1][1] / seen.sigma))
    assert np.abs(np.mean(off, axis=0)).max() < 0.08
    assert np.std(off) < 0.16
    assert 0.5 < np.sqrt(np.mean(np.square(sure))) < 1.5


def test_on_a_board_that_is_all_but_washed_out_the_known_scene_shows_it():
    """Half as bright again, and little more than blue is left to rise."""
    found, without = 0, 0
    for seed in range(3):
        world = World(load_scenario("empty_board"), seed)
        background = learned(world, 4.9)
        rng = random.Random(seed)
        for k in range(10):
            world.at(5.05 + k / 30)
            x, y = rng.uniform(60, 260), rng.uniform(50, 190)
            picture = world.frame((x, y))
            seen = find(picture, 1.0, (x + 2, y - 2), background)
            found += seen.found and math.dist((seen.x, seen.y), (x, y)) < 1.5
            without += find(picture, 1.0, (x + 2, y - 2)).found
    assert found >= 27
    assert without < 15


def test_on_an_unknown_scene_it_is_found_to_a_pixel_and_a_half():
    worlds = [World(load_scenario("moving_aliens"), s) for s in range(4)]
    off = []
    for world in worlds:
        world.at(4.0)
        off.append(errors(world, None))
    off = np.concatenate(off)
    assert np.isnan(off).mean() < 0.08
    assert np.nanpercentile(off, 50) < 0.6
    assert np.nanpercentile(off, 95) < 1.7


def test_a_head_that_came_after_the_scene_was_learned_does_no_harm():
    world = World(Scenario(actors=(Actor(path=Waypoints(points_mm=[[-60, 0], [60, 0]], speed_mm_s=[80.0], after="back")),)))
    background = learned(world)
    worst = 0.0
    for k in range(20):
        world.at(1.0 + 0.1 * k)
        (head,) = world.heads()
        x, y = head.x + 4.0, head.y - 3.0
        seen = find(world.frame((x, y)), 1.0, (x, y), background)
        if seen.found:
            worst = max(worst, math.dist((seen.x, seen.y), (x, y)) / seen.sigma)
    assert 0 < worst < 5


def test_its_deviation_grows_where_it_knows_less():
    world = World(Scenario(actors=HEADS))
    background = learned(world)
    head = world.heads()[1]
    image = world.frame((head.x, head.y))
    known, unknown = find(image, 1.0, (head.x, head.y), background), find(image, 1.0, (head.x, head.y))
    board = find(world.frame((160.0, 60.0)), 1.0, (160.0, 60.0))
    assert max(known.sigma, board.sigma) < unknown.sigma <= 0.7


@pytest.mark.parametrize("name", ["default", "crowd", "moving_aliens", "empty_board"])
def test_a_dark_frame_shows_no_spot(name):
    world = World(load_scenario(name), 7)
    false = 0
    for k in range(40):
        world.at(2.0 + 0.9 * k)
        false += find(world.frame(), 1.0).found
    # a lit frame is asked for where the spot is expected: a single one of all places in all frames is no harm
    assert false <= 1


def test_a_glint_a_tie_and_a_shirt_are_no_spots():
    wood = np.full((240, 320, 3), (116, 152, 151), np.uint8)
    glint, tie, shirt = wood.copy(), wood.copy(), wood.copy()
    cv2.circle(glint, (100, 100), 3, (255, 255, 255), -1)
    cv2.circle(tie, (100, 100), 4, (40, 30, 200), -1)
    cv2.circle(shirt, (100, 100), 16, (250, 250, 250), -1)
    cv2.circle(shirt, (100, 118), 5, (40, 30, 200), -1)
    for image in (glint, tie, shirt):
        image = cv2.GaussianBlur(image, (0, 0), 0.7)
        for expected in (None, (100.5, 100.5)):
            assert not find(image, 1.0, expected).found


def test_two_spots_are_refused_and_a_far_one_does_not_count():
    world = World(Scenario())
    image = world.frame((100.0, 100.0))
    add_spot(image, 122.0, 100.0)
    assert find(image, 1.0, (110.0, 100.0)).reason == "several spots are seen"
    far = world.frame((100.0, 100.0))
    add_spot(far, 250.0, 100.0)
    assert find(far, 1.0, (102.0, 100.0)).found
    assert not find(far, 1.0).found
    assert not find(far, 1.0, (102.0, 190.0)).found


def test_green_lasers_and_larger_pictures_are_seen_as_well():
    green = World(Scenario(camera=CameraSettings(spot_colour="green")))
    seen = find(green.frame((200.0, 80.0)), 1.0, (198.0, 81.0), settings=SpotSettings(colour="green"))
    assert math.dist((seen.x, seen.y), (200.0, 80.0)) < 1.0
    large = World(Scenario(camera=CameraSettings(width=640, height=480, mm_per_px=0.3925)))
    seen = find(large.frame((400.0, 160.0)), 1.0, (396.0, 162.0), learned(large))
    assert math.dist((seen.x, seen.y), (400.0, 160.0)) < 0.5


@pytest.mark.parametrize("expected", [(math.nan, 3.0), (-500.0, 100.0), (1e9, 1e9), (math.inf, 0.0), (320.0, 240.0), (0.0, 0.0)])
def test_an_impossible_expectation_finds_nothing(expected):
    seen = find(World(Scenario()).frame((160.0, 120.0)), 2.5, expected)
    assert not seen.found
    assert seen.reason
    assert seen.stamp == 2.5
    assert math.isnan(seen.x)


def test_a_spot_at_the_very_edge_is_refused():
    world = World(Scenario())
    for background in (None, learned(world)):
        for place in ((1.0, 120.0), (160.0, 239.0)):
            assert not find(world.frame(place), 1.0, place, background).found


def test_it_costs_less_than_a_millisecond_of_one_core():
    world = World(load_scenario("default"), 7)
    background = learned(world)
    image = world.frame((150.0, 100.0))
    spent = []
    for _ in range(30):
        begin = time.thread_time()
        for _ in range(5):
            find(image, 1.0, (152.0, 101.0), background)
        spent.append((time.thread_time() - begin) / 5)
    assert min(spent) < 0.001


def test_rubbish_is_no_spot():
    rng = np.random.default_rng(3)
    for _ in range(5):
        assert not find(rng.integers(0, 256, (240, 320, 3), np.uint8), 1.0).found
    for value in (0, 255):
        assert not find(np.full((240, 320, 3), value, np.uint8), 1.0, (160.0, 120.0)).found


def test_the_settings_are_within_their_own_bounds():
    check(SpotSettings())
