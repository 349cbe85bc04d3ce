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

"""The gate: each condition alone closes it, and more danger or more doubt never opens it."""

from __future__ import annotations

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from theylive_ros.mirrors.calibration import nominal
from theylive_ros.mirrors.clock import Clocks
from theylive_ros.mirrors.gate import REASONS, GateSettings, Situation, clearance, failing
from theylive_ros.mirrors.interface import ControllerStatus
from theylive_ros.types import Region, Target, Track

RIG = nominal()
SETTINGS = GateSettings()
NOW = 100.0
ALIEN_AT = (200.0, 100.0)


def track(x=ALIEN_AT[0], y=ALIEN_AT[1], label="alien", vx=0.0, vy=0.0, place=1.0, speed=10.0, **changes) -> Track:
    p, v = place * place, speed * speed
    values = {
        "id": 1,
        "label": label,
        "score": 0.9,
        "x": x,
        "y": y,
        "width": 64.0,
        "height": 64.0,
        "vx": vx,
        "vy": vy,
        "covariance": (p, 0.0, 0.0, 0.0, 0.0, p, 0.0, 0.0, 0.0, 0.0, v, 0.0, 0.0, 0.0, 0.0, v),
        "confirmed": True,
        "last_seen": NOW - 0.03,
    }
    return Track(**(values | changes))


def john(x=60.0, y=100.0, **changes) -> Track:
    return track(x, y, label="john", id=2, **changes)


STATUS = ControllerStatus(NOW - 0.005, (0, 0), False, False, True, 0.0, True, False, False, False, "")
TARGET = Target(NOW - 0.03, 320, 240, track(), (john(),), (), Region(0, 0, 320, 240), True)


def situation(**changes) -> Situation:
    """An open gate, but for the changes; fields of the status, the target and its track are found by name."""
    status, target = STATUS, TARGET
    for name in list(changes):
        if name in {f.name for f in dataclasses.fields(ControllerStatus)} and name != "position":
            status = dataclasses.replace(status, **{name: changes.pop(name)})
        elif name in {f.name for f in dataclasses.fields(Target)}:
            target = dataclasses.replace(target, **{name: changes.pop(name)})
        elif name in {"confirmed", "label", "last_seen"}:
            target = dataclasses.replace(target, track=dataclasses.replace(target.track, **{name: changes.pop(name)}))
    aim = changes.get("aim", ALIEN_AT)
    spot = changes.get("spot", aim)
    values = {
        "now": NOW,
        "status": status,
        "armed": True,
        "clocks": Clocks(),
        "target": target,
        "aim": aim,
        "spot": spot,
        "aim_steps": RIG.pixel_to_steps(*aim) if aim and math.isfinite(sum(aim)) else aim,
        "spot_steps": RIG.pixel_to_steps(*spot) if spot and math.isfinite(sum(spot)) else spot,
        "on_plan": True,
        "slewing": False,
        "on_time": 1.0,
    }
    return Situation(**(values | changes))


def reasons(**changes) -> tuple[str, ...]:
    return failing(situation(**changes), RIG, SETTINGS)


def test_the_gate_is_open_when_all_holds():
    assert reasons() == ()


ALONE = [
    ("link_silent", {"status": None}),
    ("link_silent", {"time": NOW - 0.2}),
    ("link_silent", {"time": NOW + 0.2}),
    ("controller_fault", {"fault": "driver"}),
    ("stop_input", {"stop": True}),
    ("limit_input", {"limit_x": True}),
    ("limit_input", {"limit_y": True}),
    ("no_laser_line", {"has_laser": False}),
    ("unreferenced", {"referenced": False}),
    ("missed_steps", {"missed_steps": True}),
    ("off_plan", {"on_plan": False}),
    ("not_armed", {"armed": False}),
    ("clocks_unsteady", {"clocks": Clocks(sane=False)}),
    ("clock_untold", {"clocks": Clocks(told=False)}),
    ("clocks_differ", {"clocks": Clocks(agree=False)}),
    ("no_target", {"target": None}),
    ("no_target", {"track": None}),
    ("target_stale", {"stamp": NOW - 0.2}),
    ("target_stale", {"stamp": NOW + 0.1, "last_seen": NOW + 0.1}),
    ("target_stale", {"last_seen": NOW + 0.2}),
    ("target_stale", {"clocks": Clocks(doubt=0.125)}),
    ("target_unseen", {"last_seen": NOW - 0.063}),
    ("target_unconfirmed", {"confirmed": False}),
    ("label_not_targeted", {"label": "john"}),
    ("cannot_clear_protected", {"clears_protected": False}),
    ("picture_size", {"width": 640}),
    ("outside_field", {"aim": None, "aim_steps": (0, 0), "spot": ALIEN_AT}),
    ("outside_field", {"spot": None, "spot_steps": (0, 0)}),
    ("outside_limits", {"spot_steps": (300.0, 0.0)}),
    ("outside_limits", {"aim_steps": (0.0, -300.0)}),
    ("outside_limits", {"aim_steps": None}),
    ("outside_seen", {"seen": Region(0, 0, 210, 240)}),
    ("outside_seen", {"seen": Region(320, 240, 0, 0)}),
    ("outside_seen", {"aim": (310.0, 100.0)}),
    ("protected_near", {"protected": (john(200 - 32 - 16, 100),)}),
    ("slewing", {"slewing": True}),
    ("not_settled", {"spot": (ALIEN_AT[0] + 4, ALIEN_AT[1])}),
    ("max_on_time", {"on_time": 10.0}),
]


@pytest.mark.parametrize(("reason", "changes"), ALONE)
def test_each_condition_alone_closes_the_gate(reason, changes):
    assert reasons(**changes) == (reason,)


@pytest.mark.parametrize("doubt", [math.nan, math.inf])
def test_stamps_that_may_be_off_by_nobody_knows_what_close_the_gate(doubt):
    assert "target_stale" in reasons(clocks=Clocks(doubt=doubt))


def test_a_walking_john_is_kept_as_far_away_as_if_the_picture_were_older_by_what_its_stamp_may_be_off():
    def least_gap(**changes):
        return next(gap for gap in range(150) if not reasons(protected=(john(200 - 32 - gap, 100, vx=150.0),), **changes))

    older = least_gap(stamp=NOW - 0.07, last_seen=NOW - 0.07)
    assert least_gap(clocks=Clocks(doubt=0.04)) == older > least_gap() + 5


def test_every_reason_is_shown_to_close_the_gate():
    in_commissioning = {"no_order", "view_unseen", "protected_in_view", "duty"}
    assert {reason for reason, _ in ALONE} | {"uncalibrated"} == set(REASONS) - in_commissioning


def test_without_a_calibration_the_gate_is_closed_and_says_so():
    assert failing(situation(), None, SETTINGS) == ("uncalibrated",)


@pytest.mark.parametrize(
    ("reason", "place"),
    [("outside_field", None), ("outside_field", (330.0, 100.0)), ("outside_seen", (300.0, 100.0)), ("protected_near", (90.0, 100.0))],
)
def test_every_place_where_the_spot_may_be_before_the_lease_ends_must_be_clear(reason, place):
    assert reasons(path=(ALIEN_AT, (201.0, 101.0))) == ()
    assert reason in reasons(path=(ALIEN_AT, place))


def test_a_spot_seen_elsewhere_must_be_clear_of_protected_heads_but_not_of_edges():
    for place in ((330.0, 100.0), (300.0, 100.0), (-900.0, 4.0)):
        assert reasons(suspected=place) == ()
    assert reasons(suspected=(90.0, 100.0)) == ("protected_near",)


def test_doubt_about_the_spot_widens_the_guard():
    near = {"protected": (john(200 - 32 - 24, 100),)}
    assert reasons(**near) == ()
    assert reasons(**near, doubt=0.003) == ("protected_near",)
    assert "protected_near" in reasons(doubt=math.nan)


def test_an_aim_outside_the_calibrated_field_is_refused():
    small = dataclasses.replace(RIG, field=((0.0, 0.0), (190.0, 0.0), (190.0, 240.0), (0.0, 240.0)))
    assert failing(situation(), small, SETTINGS) == ("outside_field",)


def test_a_target_that_newer_frames_do_not_show_is_lit_for_as_long_as_was_asked_for_and_never_beyond_its_timeout():
    for ago, asked, told in (
        (0.06, 0.0, ("target_unseen",)),
        (0.06, 0.05, ()),
        (0.1, 0.05, ("target_unseen",)),
        (0.2, 1.0, ("target_stale",)),
    ):
        assert failing(situation(last_seen=NOW - ago), RIG, GateSettings(unseen_timeout=asked)) == told


def test_light_keeps_from_the_edge_by_the_guard_and_the_half_head_that_may_come_in_there_unseen():
    for x, told in ((319 - 25 / 0.785, ()), (321 - 25 / 0.785, ("outside_seen",))):
        assert reasons(aim=(x, 100.0)) == told


def test_reasons_are_told_in_their_order():
    told = failing(situation(status=None, target=None, armed=False, on_time=20.0, spot=None), RIG, SETTINGS)
    assert told == tuple(r for r in REASONS if r in told)
    assert len(told) >= 5


def test_a_detector_that_cannot_clear_john_is_put_up_with_on_request():
    settings = GateSettings(allow_unclearing_detector=True)
    assert failing(situation(clears_protected=False), RIG, settings) == ()


def test_john_counts_where_the_spot_is_though_the_aim_is_clear():
    near_spot = john(100.0, 100.0)
    told = reasons(spot=(100.0, 100.0), protected=(near_spot,))
    assert "protected_near" in told


def test_john_closes_the_gate_also_while_nothing_is_aimed_at():
    assert reasons(track=None, protected=(john(*ALIEN_AT),)) == ("no_target", "protected_near")


def test_john_is_grown_by_his_speed_over_his_age_and_one_frame():
    still, quick = john(speed=0.0, place=0.0), john(speed=0.0, place=0.0, vx=300.0, vy=400.0)
    point = [RIG.pixel_to_board(*ALIEN_AT)]
    pixel = RIG.metres_per_pixel(160, 120)
    gap = clearance(still, point, 0.03, RIG, SETTINGS)
    assert gap == pytest.approx((200 - 60 - 32) * pixel)
    assert gap - clearance(quick, point, 0.03, RIG, SETTINGS) == pytest.approx(500 * (0.03 + 0.05) * pixel)  # the lease outlasts a frame
    slow = dataclasses.replace(SETTINGS, frame_period=0.1)
    assert gap - clearance(quick, point, 0.03, RIG, slow) == pytest.approx(500 * (0.03 + 0.1) * pixel)


# properties -------------------------------------------------------------------------------------------------------------------------

places = st.tuples(st.floats(-50, 370), st.floats(-50, 290))
protected_tracks = st.builds(
    lambda place, vx, vy, p, v: john(*place, vx=vx, vy=vy, place=p, speed=v),
    places,
    st.floats(-500, 500),
    st.floats(-500, 500),
    st.floats(0, 20),
    st.floats(0, 200),
)
crowds = st.lists(protected_tracks, max_size=3).map(tuple)


@given(crowds, protected_tracks)
def test_one_more_protected_head_never_opens_the_gate(crowd, another):
    assert set(reasons(protected=crowd)) <= set(reasons(protected=(*crowd, another)))


@given(crowds, st.floats(0, 0.3), st.floats(0, 0.3))
def test_an_older_target_never_opens_the_gate(crowd, age, more):
    younger = reasons(protected=crowd, stamp=NOW - age, last_seen=NOW - age)
    older = reasons(protected=crowd, stamp=NOW - age - more, last_seen=NOW - age - more)
    assert set(younger) <= set(older)


@given(protected_tracks, st.floats(0, 20), st.floats(0, 200))
def test_more_doubt_about_a_protected_head_never_opens_the_gate(head, place, speed):
    c = list(head.covariance)
    for i, more in ((0, place), (5, place), (10, speed), (15, speed)):
        c[i] += more * more
    doubtful = dataclasses.replace(head, covariance=tuple(c))
    assert set(reasons(protected=(head,))) <= set(reasons(protected=(doubtful,)))


@given(crowds, st.floats(0, 0.02), st.floats(0, 0.05))
def test_a_wider_guard_never_opens_the_gate(crowd, radius, more):
    narrow = failing(situation(protected=crowd), RIG, GateSettings(guard_radius=radius))
    wide = failing(situation(protected=crowd), RIG, GateSettings(guard_radius=radius + more))
    assert set(narrow) <= set(wide)


@given(protected_tracks, places)
def test_light_is_never_let_onto_the_box_of_a_protected_head(head, aim):
    told = reasons(protected=(head,), aim=aim)
    if abs(aim[0] - head.x) <= head.width / 2 and abs(aim[1] - head.y) <= head.height / 2:
        assert "protected_near" in told


NAN = math.nan


def broken_head(name):
    if name == "covariance":
        return [john(covariance=tuple(NAN if i == k else 1.0 for i in range(16))) for k in (0, 5, 10, 15)] + [
            john(covariance=()),
            john(covariance=(-1.0,) * 16),
        ]
    return [john(**{name: NAN})]


@pytest.mark.parametrize(
    "changes",
    [
        *({name: NAN} for name in ("now", "time", "stamp", "last_seen", "on_time")),
        *({name: (NAN, 100.0)} for name in ("aim", "spot", "aim_steps", "spot_steps")),
        *({name: (100.0, NAN)} for name in ("aim", "spot", "aim_steps", "spot_steps")),
        *({"protected": (john(), head)} for name in ("x", "y", "width", "height", "vx", "vy", "covariance") for head in broken_head(name)),
        *({"seen": Region(*(NAN if i == k else v for i, v in enumerate((0, 0, 320, 240))))} for k in range(4)),
    ],
)
def test_a_nan_anywhere_closes_the_gate(changes):
    assert reasons(**changes)
