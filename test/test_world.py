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

"""The lock-step world: it repeats itself to the bit, and heads come, go and move as the scenario says."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theylive_ros.simulator.sample import sample_picture
from theylive_ros.simulator.scenario import load_scenario, parse_scenario, scenario_names
from theylive_ros.simulator.score import Score
from theylive_ros.simulator.truth import LitSample
from theylive_ros.simulator.world import World

DEFAULT = load_scenario("default")
PX = 1 / 0.785  # px per mm


def _world(*actors, **more):
    return World(parse_scenario({"actors": list(actors), **more}))


def _play(world, seconds, fps=30):
    for k in range(1, int(seconds * fps) + 1):
        world.at(k / fps)
        yield k / fps, world.heads()


@pytest.mark.parametrize("name", scenario_names())
def test_the_same_seed_plays_the_same_to_the_bit(name):
    one, two = World(load_scenario(name)), World(load_scenario(name))
    for _ in range(3):
        one.advance(1.7)
        two.advance(1.7)
        assert one.heads() == two.heads()
        assert one.jpeg((100.0, 80.0)) == two.jpeg((100.0, 80.0))


def test_another_seed_plays_otherwise():
    one, two = World(DEFAULT, seed=1), World(DEFAULT, seed=2)
    one.at(5.0)
    two.at(5.0)
    assert one.heads() != two.heads()


@settings(max_examples=10, deadline=None)
@given(steps=st.lists(st.floats(0.001, 0.7), min_size=1, max_size=8))
def test_how_one_arrives_at_a_time_makes_no_difference(steps):
    stepped, jumped = World(DEFAULT), World(DEFAULT)
    for dt in steps:
        stepped.advance(dt)
    jumped.at(stepped.time)
    assert stepped.heads() == jumped.heads()


def test_going_back_in_time_plays_again_what_was():
    world = World(DEFAULT)
    world.at(2.0)
    before = world.heads()
    world.at(9.0)
    world.at(2.0)
    assert world.heads() == before


def test_the_frame_has_the_cameras_size_and_shows_the_spot_only_when_lit():
    world = World(load_scenario("empty_board"))
    dark, lit = world.frame(), world.frame((100.0, 80.0))
    assert dark.shape == (240, 320, 3)
    assert dark.dtype == np.uint8
    assert lit[79:82, 99:102].min() > 210 > dark[79:82, 99:102].max() + 20


def test_an_actor_comes_and_goes_in_time():
    world = _world({"appear_s": 0.5, "stay_s": 1.0, "path": {"kind": "static", "at_mm": [10, 5]}})
    there = [t for t, heads in _play(world, 3, fps=100) if heads]
    assert (min(there), max(there)) == (pytest.approx(0.5, abs=0.011), pytest.approx(1.49, abs=0.011))


def test_a_static_head_is_where_the_scenario_puts_it_with_the_box_of_the_data_set():
    (head,) = _world({"path": {"kind": "static", "at_mm": [30, -20]}}).heads()
    assert (head.x, head.y) == pytest.approx((160 + 30 * PX, 120 - 20 * PX))
    assert (head.width, head.height, head.visible) == pytest.approx((64, 64, 1))


def test_the_visible_share_is_that_of_the_box_inside_the_picture():
    edge = 320 * 0.785 / 2
    half, none = _world({"path": {"kind": "static", "at_mm": [edge, 0]}}, {"path": {"kind": "static", "at_mm": [0, 200]}}).heads()
    assert (half.visible, none.visible) == (pytest.approx(0.5), 0)


def test_waypoints_are_walked_at_the_speed_of_each_leg():
    path = {"kind": "waypoints", "points_mm": [[-50, 0], [0, 0], [0, 40]], "speed_mm_s": [50, 20]}
    world = _world({"path": path})
    places = {}
    for t in (0.5, 1.0, 2.0, 3.0, 5.0):
        world.at(t)
        (h,) = world.heads()
        places[t] = ((h.x - 160) / PX, (h.y - 120) / PX)
    expected = {0.5: (-25, 0), 1.0: (0, 0), 2.0: (0, 20), 3.0: (0, 40), 5.0: (0, 40)}
    assert all(places[t] == pytest.approx(expected[t], abs=1e-6) for t in places)


@pytest.mark.parametrize(("after", "x"), [("back", 0.0), ("round", 0.0), ("stay", 50.0)])
def test_after_the_last_waypoint_it_stays_goes_back_or_round(after, x):
    world = _world({"path": {"kind": "waypoints", "points_mm": [[0, 0], [50, 0]], "speed_mm_s": 50, "after": after}})
    world.at(2.0)
    assert (world.heads()[0].x - 160) / PX == pytest.approx(x, abs=1e-6)


def test_a_bouncing_head_stays_inside_at_its_speed():
    world = _world({"path": {"kind": "bounce", "at_mm": [0, 0], "velocity_mm_s": [100, 60]}})
    speeds = []
    for _, (head,) in _play(world, 10):
        assert head.visible > 0.97
        speeds.append(math.hypot(head.vx, head.vy) / PX)
    assert np.median(speeds) == pytest.approx(math.hypot(100, 60))


@pytest.mark.parametrize("seed", range(4))
def test_a_wanderer_keeps_to_the_picture_its_speed_and_its_acceleration(seed):
    path = {"kind": "wander", "at_mm": [0, 0], "speed_mm_s": 60, "acceleration_mm_s2": 200}
    world = World(parse_scenario({"actors": [{"path": path}]}), seed=seed)
    last = None
    for _, (head,) in _play(world, 20, fps=100):
        assert head.visible > 0.9
        assert math.hypot(head.vx, head.vy) / PX <= 76
        if last:
            assert math.hypot(head.vx - last.vx, head.vy - last.vy) / PX <= 200 * 0.01 + 1e-6
        last = head


def test_velocity_is_what_the_places_say():
    world = World(load_scenario("moving_aliens"))
    world.at(3.0031)
    before = world.heads()
    world.at(3.0051)
    for a, b in zip(before, world.heads(), strict=True):
        assert ((b.x - a.x) / 0.002, (b.y - a.y) / 0.002) == pytest.approx((a.vx, a.vy), abs=1e-6)


def test_a_head_that_slides_in_and_out_begins_and_ends_outside_the_picture():
    actor = {"entry": "slide", "leave": "slide", "stay_s": 2, "slide_mm_s": 100, "path": {"kind": "static", "at_mm": [80, 0]}}
    seen = [heads[0].visible for _, heads in _play(_world(actor), 6, fps=100) if heads]
    assert seen[0] < 0.05
    assert max(seen) == 1
    assert seen[-1] < 0.05
    assert sum(np.diff(np.sign(np.diff(seen))) != 0) <= 2  # in, still, out


def test_spawned_heads_keep_their_distance_and_their_number():
    rule = {"every_s": 0.2, "stay_s": 3, "most": 4, "clear_mm": 60, "path": {"kind": "static"}}
    world = World(parse_scenario({"spawn": [rule]}))
    ids = set()
    for _, heads in _play(world, 12):
        assert len(heads) <= 4
        ids |= {h.id for h in heads}
        assert all(math.dist(a[2:4], b[2:4]) >= 60 * PX - 1e-6 for a, b in itertools.combinations(heads, 2))
    assert len(ids) > 8


def test_no_id_is_used_twice_over_loops_and_all_are_positive():
    world = World(load_scenario("fast_swap"))
    lives = {}
    for t, heads in _play(world, 13):
        for h in heads:
            assert h.id > 0
            label, born, last = lives.setdefault(h.id, (h.label, h.appeared_at, t))
            assert (label, born) == (h.label, h.appeared_at)
            assert t - last < 0.05
            lives[h.id] = (label, born, t)
    assert len(lives) == 5 + 5 + 2


def test_in_the_fast_swap_john_stands_where_the_alien_was_within_two_frames():
    at = {}
    for t, heads in _play(World(load_scenario("fast_swap")), 3, fps=100):
        for h in heads:
            if h.x < 160:
                at.setdefault(h.label, []).append((t, h.x, h.y))
    (gone, *place), (come, *same) = at["alien"][-1], at["john"][0]
    assert place == same
    assert come - gone <= 2 / 30


def test_john_walks_over_the_alien_in_his_scenario():
    gaps = []
    for _, heads in _play(World(load_scenario("john_walks_through")), 8):
        where = {h.label: h for h in heads}
        if "john" in where:
            gaps.append(math.dist(where["john"][2:4], where["alien"][2:4]))
    assert gaps[0] > 90
    assert min(gaps) < 10
    assert gaps[-1] > 90


def test_nobody_is_on_the_empty_board():
    assert not any(heads for _, heads in _play(World(load_scenario("empty_board")), 10))


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_the_default_scenario_is_lively_and_fair(seed):
    """Three aliens and one or two Johns, rarely in each other's way."""
    aliens = johns = close = frames = fastest = 0
    ids = set()
    for _, heads in _play(World(DEFAULT, seed=seed), 40, fps=15):
        frames += 1
        a, j = [h for h in heads if h.label == "alien"], [h for h in heads if h.label == "john"]
        ids |= {h.id for h in a}
        aliens, johns = aliens + len(a), johns + len(j)
        fastest = max([fastest, *(math.hypot(h.vx, h.vy) / PX for h in heads)])
        close += sum(math.dist(p[2:4], q[2:4]) < 50 for p, q in itertools.combinations(heads, 2))
    assert 2.2 <= aliens / frames <= 3.6
    assert 1.0 <= johns / frames <= 2.0
    assert len(ids) >= 14
    assert fastest <= 100
    assert close / frames <= 0.05


@pytest.mark.parametrize("seed", [7, 8])
def test_a_perfect_shooter_misses_no_alien_of_the_default_scenario(seed):
    """Takes the aliens in turn, 0.3 s each, dark for 0.1 s between them and wherever a John's box is within 20 mm of the aim."""
    score = Score(0.785)
    world = World(DEFAULT, seed=seed)
    lit, turn, until, aimed = [], 0, 0.0, None
    for t, heads in _play(world, 30, fps=60):
        score.feed(t, heads, lit)
        lit = []
        aliens = {h.id: h for h in heads if h.label == "alien" and h.visible > 0.99}
        if t >= until or aimed not in aliens:
            turn, until = turn + 1, t + 0.3
            aimed = sorted(aliens)[turn % len(aliens)] if aliens else None
        free = aimed in aliens and not any(h.covers(aliens[aimed].x, aliens[aimed].y, 20 * PX) for h in heads if h.label == "john")
        if free and t > until - 0.2:
            lit = [LitSample(t + k / 1000, aliens[aimed].x, aliens[aimed].y, aliens[aimed].x, aliens[aimed].y) for k in range(1, 16)]
    report = score.report()
    assert report["aliens_due"] >= 8
    assert (report["aliens_missed"], report["john_hits"]) == (0, 0)
    assert report["pointing_error_mm"]["p95"] < 2


def test_a_disturbance_darkens_the_picture_while_it_lasts():
    world = _world(disturbances=[{"kind": "exposure", "amount": 0.5, "at_s": 1, "for_s": 0.5, "every_s": 2}])
    means = []
    for t in (0.9, 1.2, 1.6, 3.2):
        world.at(t)
        means.append(world.frame().mean())
    assert means[1] < 0.6 * means[0]
    assert means[3] < 0.6 * means[2]


def test_training_pictures_are_seeded_and_their_boxes_lie_at_least_half_inside():
    rng, again = np.random.default_rng(3), np.random.default_rng(3)
    labels = set()
    for _ in range(12):
        picture, heads = sample_picture(rng, looks=4)
        same, same_heads = sample_picture(again, looks=4)
        assert np.array_equal(picture, same)
        assert heads == same_heads
        assert picture.shape == (240, 320, 3)
        for label, x, y, w, h in heads:
            labels.add(label)
            assert w == h
            assert 0.9 * 0.9 * 64 <= w <= 1.1 * 1.1 * 64
            inside = (min(x + w / 2, 320) - max(x - w / 2, 0)) * (min(y + h / 2, 240) - max(y - h / 2, 0))
            assert inside >= 0.5 * w * h - 1e-6
    assert labels == {"alien", "john"}
