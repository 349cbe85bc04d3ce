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

"""The policies: which target is aimed at, for how long, and that the aim does not flicker."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theylive_ros import plugins
from theylive_ros.targeting.highest_score import HighestScoreSelector
from theylive_ros.targeting.nearest import NearestSelector
from theylive_ros.targeting.round_robin import RoundRobinSelector
from theylive_ros.types import Track

POLICIES = [NearestSelector, HighestScoreSelector, RoundRobinSelector]


def track(identity, x=100.0, y=100.0, score=0.9, last_seen=0.0):
    return Track(identity, "alien", score, x, y, 60.0, 60.0, 0.0, 0.0, (0.0,) * 16, True, last_seen)


def make(policy, **values):
    return policy(policy.Config(**values))


def chosen_ids(policy, frames, fps=30.0):
    """frames: k, now -> tracks; the id chosen in each."""
    out = []
    for k, tracks in enumerate(frames):
        choice = policy.select(tracks, k / fps)
        out.append(choice.id if choice else 0)
    return out


def runs(ids):
    return [(i, len(list(group))) for i, group in itertools.groupby(ids)]


@pytest.mark.parametrize("policy", POLICIES)
@given(
    frames=st.lists(
        st.tuples(
            st.floats(-0.2, 0.7),
            st.dictionaries(st.integers(1, 6), st.tuples(st.floats(0, 320), st.floats(0, 240), st.floats(0, 1), st.floats(0, 0.3))),
        ),
        max_size=40,
    )
)
@settings(max_examples=60, deadline=None)
def test_the_choice_is_always_one_of_those_shown_and_none_only_without_any(policy, frames):
    selector = make(policy)
    now = 10.0
    for dt, heads in frames:
        now += dt  # also backwards: clocks do that
        tracks = [track(i, x, y, score, now - age) for i, (x, y, score, age) in heads.items()]
        choice = selector.select(tracks, now)
        assert (choice is None) == (not tracks)
        assert choice is None or any(choice is t for t in tracks)


@pytest.mark.parametrize("policy", [NearestSelector, HighestScoreSelector])
def test_noise_in_scores_and_places_never_makes_the_aim_flicker(policy):
    rng = random.Random(1)
    selector = make(policy)
    frames = (
        [track(i, 100 + 60 * i + rng.gauss(0, 2), 100 + rng.gauss(0, 2), 0.8 + rng.gauss(0, 0.08), k / 30) for i in range(1, 4)]
        for k in range(3000)
    )
    assert len(runs(chosen_ids(selector, frames))) == 1


def test_round_robin_gives_each_its_dwell_whatever_the_noise():
    rng = random.Random(1)
    selector = make(RoundRobinSelector, dwell=0.6, minimum_dwell=0.3)
    frames = ([track(i, rng.gauss(100, 3), 100, rng.random(), k / 30) for i in (1, 2, 3)] for k in range(300))
    served = runs(chosen_ids(selector, frames))
    # the first round is quick, so that all are lit soon; then everyone gets the full dwell
    assert [i for i, _ in served] == [1, 2, 3] * (len(served) // 3) + [1, 2, 3][: len(served) % 3]
    assert [n for _, n in served[:2]] == [9, 9]
    assert all(n == pytest.approx(18, abs=1) for _, n in served[2:-1])


@pytest.mark.parametrize("policy", POLICIES)
def test_a_target_that_is_only_coasting_is_left_for_one_that_is_seen(policy):
    selector = make(policy)
    first = selector.select([track(1, 160, 120, 0.9, 0.0), track(2, 300, 20, 0.5, 0.0)], 0.0)
    assert first.id == 1
    assert selector.select([track(1, 160, 120, 0.9, 0.0), track(2, 300, 20, 0.5, 0.05)], 0.05).id == 1
    assert selector.select([track(1, 160, 120, 0.9, 0.0), track(2, 300, 20, 0.5, 0.2)], 0.2).id == 2


@pytest.mark.parametrize("policy", POLICIES)
def test_a_coasting_target_is_kept_where_there_is_no_other(policy):
    selector = make(policy)
    assert chosen_ids(selector, [[track(1)]] * 9) == [1] * 9


def test_nearest_starts_at_the_centre_and_goes_on_from_the_last_aim():
    selector = make(NearestSelector)
    assert selector.select([track(1, 20, 20), track(2, 150, 110), track(3, 170, 180)], 0.0).id == 2
    assert selector.select([track(1, 20, 20), track(3, 170, 180)], 0.1).id == 3
    assert selector.select([], 0.2) is None
    assert selector.select([track(1, 20, 20), track(4, 180, 200)], 0.3).id == 4


def test_nearest_stays_with_a_moving_target_that_passes_another():
    selector = make(NearestSelector)
    frames = ([track(1, 60 + 4 * k, 120, last_seen=k / 30), track(2, 160, 130, last_seen=k / 30)] for k in range(50))
    first = selector.select([track(1, 56, 120)], -0.1)
    assert first.id == 1
    assert set(chosen_ids(selector, frames)) == {1}


def test_highest_score_changes_only_for_a_clear_and_lasting_lead():
    selector = make(HighestScoreSelector, margin=0.15, patience=0.3)

    def frame(k):
        ahead = 0.95 if k >= 10 else 0.5
        return [track(1, score=0.7, last_seen=k / 30), track(2, score=ahead, last_seen=k / 30)]

    served = runs(chosen_ids(selector, (frame(k) for k in range(60))))
    assert [i for i, _ in served] == [1, 2]
    assert served[0][1] == pytest.approx(10 + 9, abs=1)


def test_round_robin_serves_a_newcomer_after_the_minimum_dwell():
    selector = make(RoundRobinSelector, dwell=3.0, minimum_dwell=0.3)
    frames = [[track(1, last_seen=k / 30), track(2, last_seen=k / 30)] for k in range(30)]
    assert runs(chosen_ids(selector, frames))[-1][0] == 2
    late = [track(1, last_seen=1.1), track(2, last_seen=1.1), track(3, last_seen=1.1)]
    assert selector.select(late, 1.1).id == 3


def test_round_robin_serves_again_first_whose_turn_was_cut_before_the_minimum():
    selector = make(RoundRobinSelector, dwell=0.6, minimum_dwell=0.3)
    assert selector.select([track(1), track(2)], 0.0).id == 1
    assert selector.select([track(1), track(2, last_seen=0.15)], 0.15).id == 2
    assert selector.select([track(1, last_seen=0.3), track(2, last_seen=0.3)], 0.3).id == 2
    assert selector.select([track(1, last_seen=0.46), track(2, last_seen=0.46)], 0.46).id == 1


@given(n=st.integers(1, 6), fps=st.sampled_from([30, 120]))
@settings(max_examples=20, deadline=None)
def test_round_robin_lights_every_newcomer_within_the_minimum_dwells_of_those_before_it(n, fps):
    selector = make(RoundRobinSelector)
    ids = chosen_ids(selector, ([track(i, last_seen=k / fps) for i in range(1, n + 1)] for k in range(4 * fps)), fps)
    for i in range(1, n + 1):
        assert ids.index(i) / fps <= (i - 1) * (0.3 + 1 / fps) + 1e-9


@pytest.mark.parametrize("name", ["nearest", "highest_score", "round_robin"])
def test_each_policy_is_found_by_its_name_and_its_settings_are_checked(name):
    assert plugins.create(plugins.SELECTORS, name, stale=0.2).config.stale == 0.2
    with pytest.raises(plugins.PluginError, match="stale is -1"):
        plugins.create(plugins.SELECTORS, name, stale=-1.0)
