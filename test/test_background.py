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

"""The board without the spot: learned slowly where it stays, at once where it has changed, and never from the spot itself."""

from __future__ import annotations

import time

import cv2
import numpy as np
import pytest

from theylive_ros.calibrator.background import Background
from theylive_ros.calibrator.seen import find
from theylive_ros.simulator.scenario import Actor, Scenario, Static, load_scenario
from theylive_ros.simulator.world import World

SIZE = (240, 320, 3)


def grey(level):
    return np.full(SIZE, level, np.uint8)


def whole(background):
    return background.part(SIZE, 0, 0, 320, 240)


def test_what_stays_is_averaged():
    rng = np.random.default_rng(1)
    background = Background()
    for _ in range(40):
        background.learn(np.clip(rng.normal(120, 4, SIZE), 0, 255).astype(np.uint8))
    assert whole(background).std() < 2.0


def test_it_is_as_bright_as_the_newest_frame():
    background = Background()
    background.learn(grey(100))
    background.learn(grey(110))
    assert whole(background) == pytest.approx(110.0, abs=0.1)


def test_a_head_that_comes_is_known_at_once_and_so_is_what_it_uncovers():
    board = grey(130)
    with_head = board.copy()
    cv2.circle(with_head, (200, 90), 30, (220, 210, 230), -1)
    background = Background()
    for _ in range(5):
        background.learn(board)
    background.learn(with_head)
    assert np.abs(whole(background) - with_head).max() < 1.0
    background.learn(board)
    assert np.abs(whole(background) - board).max() < 1.0


def test_from_a_lit_frame_it_learns_everything_but_the_spot():
    background = Background()
    background.learn(grey(120))
    lit = grey(120)
    cv2.circle(lit, (100, 100), 6, (255, 255, 255), -1)
    cv2.circle(lit, (250, 60), 20, (40, 60, 90), -1)
    background.learn(lit, (100.4, 99.7))
    assert whole(background)[90:110, 90:110] == pytest.approx(120.0, abs=0.5)
    assert whole(background)[60, 250] == pytest.approx((40, 60, 90), abs=0.5)


def test_without_a_dark_frame_a_lit_one_tells_nothing():
    background = Background()
    background.learn(grey(120), (10.0, 10.0))
    assert whole(background) is None


def test_it_starts_anew_with_another_size():
    background = Background()
    background.learn(grey(120))
    background.learn(np.full((10, 30, 3), 7, np.uint8))
    assert whole(background) is None
    assert background.part((10, 30, 3), 2, 3, 5, 7) == pytest.approx(np.full((4, 3, 3), 7.0))


def test_a_spot_on_a_head_that_came_three_frames_ago_is_found_against_it():
    before, after = World(Scenario(), 1), World(Scenario(actors=(Actor("alien", look=3, path=Static(at_mm=[10.0, 5.0])),)), 1)
    background = Background()
    for k in range(12):
        before.at(k / 30)
        background.learn(before.frame())
    for k in range(12, 15):
        after.at(k / 30)
        background.learn(after.frame())
    after.at(0.5)
    (head,) = after.heads()
    seen = find(after.frame((head.x, head.y)), 0.5, (head.x, head.y), background)
    assert np.hypot(seen.x - head.x, seen.y - head.y) < 0.5
    assert seen.sigma < 0.3


def test_finding_in_every_frame_and_learning_one_in_five_costs_less_than_a_millisecond_of_one_core():
    world = World(load_scenario("default"), 7)
    background = Background()
    for k in range(8):
        world.at(1 + k / 30)
        background.learn(world.frame())
    picture = world.frame((150.0, 100.0))
    spent = []
    for _ in range(20):
        begin = time.thread_time()
        for _ in range(5):
            seen = find(picture, 1.0, (152.0, 101.0), background)
        background.learn(picture, (seen.x, seen.y))
        spent.append((time.thread_time() - begin) / 5)
    assert min(spent) < 0.001


def test_rubbish_does_no_harm():
    rng = np.random.default_rng(3)
    background = Background()
    for picture in (grey(0), grey(255), rng.integers(0, 256, SIZE, np.uint8), grey(0)):
        background.learn(picture)
        background.learn(picture, (-50.0, 1000.0))
        assert np.isfinite(whole(background)).all()
