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

"""The selection: whom the policy is shown, and what the gate is told."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theylive_ros.targeting.interface import Selector
from theylive_ros.targeting.nearest import NearestSelector
from theylive_ros.targeting.selection import Selection, SelectionSettings
from theylive_ros.targeting.tracker import StaleFrameError
from theylive_ros.types import Detection, Detections, Region, Track


class FirstSelector(Selector):
    """Takes the first and remembers what it was shown."""

    @dataclasses.dataclass
    class Config:
        pass

    def __init__(self):
        super().__init__(self.Config())
        self.shown = []

    def select(self, tracks, now):
        self.shown.append((tuple(tracks), now))
        return tracks[0] if tracks else None


def seen(*items, labels=("alien", "john"), exhaustive=True):
    heads = tuple(Detection(label, score, x, y, 60.0, 60.0) for x, y, label, score in items)
    return Detections(heads, 320, 240, Region(0, 0, 320, 240), labels, exhaustive, 0.001)


def alien(x, y, score=0.9):
    return (x, y, "alien", score)


def john(x, y, score=0.9):
    return (x, y, "john", score)


def selection(**values):
    policy = FirstSelector()
    return Selection(SelectionSettings(**values), policy), policy


def play(stage, frames, start=0.0):
    return [stage.update(frame, start + k / 30) for k, frame in enumerate(frames)]


def test_the_policy_is_shown_only_confirmed_tracks_of_target_labels():
    stage, policy = selection()
    targets = play(stage, [seen(alien(60, 60), john(200, 100), (60, 180, "tree", 0.9), labels=("alien", "john", "tree"))] * 4)
    assert [len(shown) for shown, _ in policy.shown] == [0, 0, 1, 1]
    assert [t.track is None for t in targets] == [True, True, False, False]
    last = targets[-1]
    assert last.track.label == "alien"
    assert [t.label for t in last.protected] == ["john"]
    assert [t.label for t in last.others] == ["tree"]


def test_john_is_protected_from_his_first_frame_on():
    stage, _ = selection()
    (target,) = play(stage, [seen(john(100, 100))])
    assert [(t.label, t.confirmed) for t in target.protected] == [("john", False)]


def test_an_alien_that_is_once_called_john_is_protected_at_once_and_later_a_target_again():
    stage, _ = selection()
    play(stage, [seen(alien(100, 100))] * 30)
    doubtful = stage.update(seen(john(101, 100)), 1.0)
    assert doubtful.track is None
    assert len(doubtful.protected) == 1
    later = play(stage, [seen(alien(100, 100))] * 60, start=1.0 + 1 / 30)
    assert later[0].track is None
    assert later[-1].track is not None
    assert later[-1].protected == ()


def test_a_toss_up_between_two_harmless_labels_is_protected():
    stage, _ = selection(target_labels=["alien"], protected_labels=[])
    frames = [seen((100, 100, ("alien", "tree")[k % 2], 0.8), labels=("alien", "tree")) for k in range(30)]
    targets = play(stage, frames)
    assert all(t.track is None and len(t.protected) == 1 for t in targets[3:])


def test_one_head_seen_as_alien_and_as_john_is_protected():
    stage, _ = selection()
    targets = play(stage, [seen(alien(100, 100), john(104, 100, 0.5))] * 10)
    assert all(t.track is None for t in targets)
    assert len(targets[-1].protected) == 2


def test_a_frame_without_heads_gets_its_target_too():
    stage, policy = selection()
    (target,) = play(stage, [seen()], start=5.0)
    assert (target.stamp, target.track, target.protected, target.others) == (5.0, None, (), ())
    assert (target.width, target.height, target.seen) == (320, 240, Region(0, 0, 320, 240))
    assert policy.shown == [((), 5.0)]


@pytest.mark.parametrize(
    ("labels", "exhaustive", "clears"),
    [(("alien", "john"), True, True), (("alien",), True, False), (("alien", "john"), False, False)],
)
def test_only_a_detector_that_names_and_reports_every_john_clears_him(labels, exhaustive, clears):
    stage, _ = selection()
    (target,) = play(stage, [seen(labels=labels, exhaustive=exhaustive)])
    assert target.clears_protected is clears


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"target_labels": []}, "target_labels is empty"),
        ({"target_labels": ["alien", "john"]}, "john is in target_labels and in protected_labels"),
        ({"coast": -1.0}, "coast is -1.0"),
    ],
)
def test_settings_that_cannot_work_are_refused_with_the_reason(values, message):
    with pytest.raises(ValueError, match=message):
        selection(**values)
    stage, _ = selection()
    with pytest.raises(ValueError, match=message):
        stage.configure(SelectionSettings(**values))


def test_other_labels_take_effect_at_once_and_tracks_live_on():
    stage, _ = selection()
    (*_, before) = play(stage, [seen(alien(60, 60))] * 5)
    stage.configure(SelectionSettings(target_labels=["john"], protected_labels=["alien"]))
    after = stage.update(seen(alien(60, 60)), 1.0)
    assert before.track.id == after.protected[0].id
    assert after.track is None


def test_a_policy_that_chooses_what_it_was_not_shown_is_refused():
    stage, policy = selection()
    (target,) = play(stage, [seen(john(100, 100))])
    policy.select = lambda tracks, now: target.protected[0]
    with pytest.raises(ValueError, match="FirstSelector chose track 1, which it was not shown"):
        stage.update(seen(john(100, 100)), 1.0)


def test_an_old_frame_is_refused_and_not_shown_to_the_policy():
    stage, policy = selection()
    play(stage, [seen(alien(60, 60))] * 3)
    with pytest.raises(StaleFrameError):
        stage.update(seen(alien(60, 60)), 0.01)
    assert len(policy.shown) == 3


heads = st.lists(st.tuples(st.floats(0, 320), st.floats(0, 240), st.sampled_from(["alien", "john"]), st.floats(0.05, 1)), max_size=5)


@given(frames=st.lists(heads, max_size=25))
@settings(max_examples=100, deadline=None)
def test_the_target_is_always_a_confirmed_alien_and_every_track_is_in_exactly_one_place(frames):
    stage = Selection(SelectionSettings(), NearestSelector(NearestSelector.Config()))
    for k, items in enumerate(frames):
        target = stage.update(seen(*items), k / 30)
        chosen = [target.track] if target.track else []
        everywhere: list[Track] = [*chosen, *target.protected, *target.others]
        assert len({t.id for t in everywhere}) == len(everywhere)
        assert all(t.label == "alien" and t.confirmed for t in chosen)
        assert all(t.label != "john" for t in target.others)
        assert sum(t.last_seen == target.stamp for t in everywhere) == len(items)
