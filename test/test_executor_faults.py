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

from __future__ import annotations

import itertools
import math

import pytest
from executor_rig import LEASE, RecordingLines, accepted, lit_and_moving, make, ramp, refused
from hypothesis import given, settings
from hypothesis import strategies as st

from theylive_ros.controller import plan as plans
from theylive_ros.controller import protocol as p
from theylive_ros.controller.braking import braking
from theylive_ros.controller.config import ExecutorSettings, build
from theylive_ros.controller.executor import Executor, play


def test_stop_is_dark_and_motionless_at_once_and_loses_the_reference():
    executor, lines = lit_and_moving()
    report = accepted(executor.handle(p.Stop(), 30_001))
    assert not lines.on
    assert (report.lit, report.moving, report.referenced) == (False, False, False)
    made = len(lines.steps)
    play(executor, 1_000_000)
    assert len(lines.steps) == made
    refused(executor.handle(p.Light(1_000_000 + LEASE), 1_000_000), "dark")


@pytest.mark.parametrize("command", [p.Stop(), p.Brake(), p.Bye()])
def test_darkness_comes_before_all_else(command, monkeypatch):
    executor, lines = lit_and_moving()
    seen = []
    for name in ("drop", "join"):
        monkeypatch.setattr(executor.player, name, lambda *args: seen.append(lines.on))
    executor.handle(command, 30_001)
    assert seen == [False]


def test_brake_is_dark_at_once_and_at_rest_soon_and_keeps_the_reference():
    executor, lines = lit_and_moving()
    assert accepted(executor.handle(p.Brake(), 30_001)).moving
    assert not lines.on
    at = executor.player.position[0]
    refused(executor.handle(p.Light(30_002 + LEASE), 30_002), "dark")
    play(executor, 60_000)
    report = executor.report(60_000)
    assert (report.moving, report.referenced, report.fault) == (False, True, "")
    assert at < report.x <= at + math.ceil(1500.0**2 / 2 / executor.settings.max_acceleration)
    assert len(lines.steps) == report.pulses_x == report.x
    accepted(executor.handle(p.Light(60_000 + LEASE), 60_000))
    accepted(executor.handle(p.Brake(), 60_001))  # at rest it is dark, and no more
    assert not lines.on
    assert accepted(executor.handle(ramp(report.x, 5, 61_000), 60_002)).moving


@settings(max_examples=100, deadline=None)
@given(st.floats(-2000.0, 2000.0), st.floats(-2000.0, 2000.0), st.floats(1000.0, 1e6))
def test_braking_is_within_the_acceleration_and_as_quick_as_it_allows(vx, vy, acceleration):
    pieces = braking((10.3, vx), (-4.0, vy), acceleration, 5_000)
    assert pieces[0].start_us == 5_000
    assert pieces[-1].rests
    for before, after in itertools.pairwise(pieces):
        assert before.end_us == after.start_us
        for axis in (0, 1):
            assert before.at(axis, before.end_us) == pytest.approx(after.at(axis, after.start_us), abs=1e-6)
            assert abs(before.axes[axis].a) <= acceleration * (1 + 1e-9)
    ends = plans.end_of(pieces[-1])
    for end, p0, v in zip(ends, (10.3, -4.0), (vx, vy), strict=True):
        assert end == pytest.approx(p0 + v * abs(v) / 2 / acceleration, abs=abs(v) * 1e-6)


def press(lines, **inputs):
    lines.pressed = lines.pressed._replace(**inputs)


def stop_switch(executor, lines):
    press(lines, stop=True)


def limit_x(executor, lines):
    press(lines, limit_x=True)


def limit_y(executor, lines):
    press(lines, limit_y=True)


def driver(executor, lines):
    lines.broken = True


@pytest.mark.parametrize(("happens", "fault"), [(stop_switch, "stop"), (limit_x, "limit_x"), (limit_y, "limit_y"), (driver, "driver")])
def test_every_fault_is_dark_motionless_and_latched(happens, fault):
    executor, lines = lit_and_moving()
    happens(executor, lines)
    play(executor, 32_100)
    report = executor.report(32_100)
    assert (report.fault, report.lit, report.moving, report.referenced) == (fault, False, False, False)
    assert not lines.on
    assert fault in [notice.code for notice in executor.take_notices()]
    made = len(lines.steps)
    for command in (p.Light(33_000 + LEASE), ramp(report.x, 10, 40_000), p.Reference()):
        refused(executor.handle(command, 33_000), "fault")
    press(lines, limit_x=False, limit_y=False, stop=False)
    lines.broken = False
    play(executor, 500_000)
    assert executor.fault == fault  # it does not go away by itself
    accepted(executor.handle(p.Reset(), 500_000))
    assert executor.fault == ""
    assert not executor.referenced
    assert not lines.on
    assert len(lines.steps) == made


def test_a_switch_is_seen_within_2_ms_of_a_start_from_rest():
    executor, lines = make()
    play(executor, 1_000_000)
    executor.handle(p.Light(1_000_000 + LEASE), 1_000_000)
    executor.advance(1_000_000)
    stop_switch(executor, lines)
    play(executor, 1_002_000)
    assert not lines.on


@pytest.mark.parametrize(("happens", "fault"), [(stop_switch, "stop"), (driver, "driver")])
def test_reset_is_refused_while_the_cause_lasts(happens, fault):
    executor, lines = lit_and_moving()
    happens(executor, lines)
    play(executor, 40_000)
    refused(executor.handle(p.Reset(), 40_000), fault)
    assert executor.fault == fault


def test_a_pressed_limit_is_dark_at_rest_too_and_forbids_moves():
    executor, lines = make()
    executor.handle(p.Light(LEASE), 0)
    press(lines, limit_y=True)
    play(executor, 5_000)
    assert not lines.on
    assert executor.fault == ""
    refused(executor.handle(p.Light(5_000 + LEASE), 5_000), "dark")
    refused(executor.handle(ramp(0, 5, 6_000), 5_000), "limit")


def test_a_laser_line_that_cannot_be_switched_off_is_let_go():
    executor, lines = lit_and_moving()
    lines.stuck = True
    play(executor, 100_000)
    assert executor.fault == "driver"
    assert lines.closed
    assert not lines.on


def test_wires_that_cannot_be_had_are_a_fault_that_reset_mends():
    lines = RecordingLines()
    lines.broken = True
    executor = Executor(lines)
    executor.open(0)
    assert executor.report(0).fault == "driver"
    assert "the chip is gone" in refused(executor.handle(p.Reset(), 0), "driver").text
    lines.broken = False
    accepted(executor.handle(p.Reset(), 1))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 40_000),
            st.sampled_from(["light", "lit", "dark", "stop", "reset", "reference", "hello", "switch", "limit", "release", "break", "mend"]),
            st.booleans(),
        ),
        max_size=40,
    )
)
def test_in_any_order_of_events_it_shines_only_where_it_may(events):
    executor, lines = make()
    now, asked, dark_until_rest = 0, -LEASE, False
    for wait, event, late in events:
        until = now + wait
        if late:
            now = until
            executor.advance(now)
        else:
            while executor.due_us <= until:
                now = executor.due_us
                executor.advance(now)
                if lines.on:
                    assert now < asked + LEASE
            now = until
            executor.advance(now)
        here = executor.player.position[0]
        if event == "light":
            if isinstance(executor.handle(p.Light(now + LEASE), now), p.Report):
                asked = now
        elif event in ("lit", "dark"):
            goal = here + (70 if here < 0 else -70)
            answer = executor.handle(ramp(here, goal, now + 1_000, lit=event == "lit", y0=executor.player.position[1], y1=0), now)
            dark_until_rest = event == "dark" if isinstance(answer, p.Report) else dark_until_rest
        elif event in ("switch", "limit"):
            press(lines, **{"stop" if event == "switch" else "limit_y": True})
        elif event == "release":
            press(lines, stop=False, limit_y=False)
        elif event in ("break", "mend"):
            lines.broken = event == "break"
        else:
            executor.handle({"stop": p.Stop(), "reset": p.Reset(), "reference": p.Reference(), "hello": p.Hello(p.VERSION)}[event], now)
        report = executor.report(now)
        dark_until_rest = dark_until_rest and report.moving
        assert lines.on == report.lit
        if lines.on:
            assert report.referenced
            assert report.fault == ""
            assert now < asked + LEASE
            assert not dark_until_rest
        made = sum(d for _, a, d in lines.steps if a == 0)
        assert len(lines.steps) == sum(executor.player.pulses)
        if "reference" not in [e for _, e, _ in events]:
            assert made == executor.player.position[0]


def test_a_greeting_and_the_planners_end_are_dark():
    for command in (p.Hello(p.VERSION), p.Bye()):
        executor, lines = lit_and_moving()
        executor.handle(command, 31_000)
        assert not lines.on


def test_when_the_planner_goes_the_mirrors_brake_to_rest_and_keep_their_reference():
    for leave in (Executor.hang_up, lambda executor, now: executor.handle(p.Bye(), now)):
        executor, lines = lit_and_moving()
        leave(executor, 31_000)
        assert not lines.on
        play(executor, 60_000)
        report = executor.report(60_000)
        assert (report.moving, report.referenced) == (False, True)
        assert 0 < report.x < 60


def test_light_does_not_outlive_the_planners_silence():
    executor, lines = make(silence_us=20_000)
    executor.heard(0)
    accepted(executor.handle(p.Light(LEASE), 0))
    play(executor, 19_999)
    assert lines.on
    play(executor, 20_000)
    assert not lines.on


def test_homing_ends_where_the_planner_falls_silent():
    executor, lines = make()
    lines.has_limits = True
    accepted(executor.handle(p.Home(), 0))
    executor.heard(0)
    play(executor, 220_000)
    report = executor.report(220_000)
    assert (report.moving, report.referenced, report.fault) == (False, False, "")
    assert "silence" in [n.code for n in executor.take_notices()]


def test_homing_that_is_cut_short_on_its_switch_is_no_fault():
    executor, lines = make()
    lines.has_limits = True
    executor.heard(0)
    accepted(executor.handle(p.Home(), 0))
    play(executor, 150_000)
    press(lines, limit_x=True)
    executor.hang_up(150_000)
    play(executor, 400_000)
    report = executor.report(400_000)
    assert (report.moving, report.referenced, report.fault) == (False, False, "")
    executor.heard(400_000)
    accepted(executor.handle(p.Home(), 400_000))


def test_a_planner_that_falls_silent_leaves_the_rig_dark_and_at_rest():
    executor, _ = make()
    accepted(executor.handle(ramp(0, 300, 1_000, speed=300.0), 0))
    executor.heard(0)
    play(executor, 199_999)
    assert executor.report(199_999).moving
    play(executor, 210_000)
    report = executor.report(210_000)
    assert (report.moving, report.referenced, report.fault) == (False, True, "")
    assert 50 < report.x < 65
    assert [n.code for n in executor.take_notices()] == ["silence"]
    accepted(executor.handle(ramp(report.x, 0, 300_000), 299_000))  # and nothing is latched
    executor.heard(299_000)
    executor.heard(400_000)
    play(executor, 590_000)
    assert executor.player.position[0] == 0
    play(executor, 2_000_000)
    assert executor.take_notices() == []  # silence at rest in the dark is nobody's concern


def test_another_protocol_version_is_refused():
    executor, _ = make()
    assert "update" in refused(executor.handle(p.Hello(99), 0), "version").text


def test_without_limit_switches_homing_is_refused_with_the_way_out():
    executor, _ = make()
    assert "reference" in refused(executor.handle(p.Home(), 0), "no_limits").text


def test_reference_is_refused_in_motion():
    executor, _ = make()
    executor.handle(ramp(0, 50, 1_000), 0)
    play(executor, 10_000)
    refused(executor.handle(p.Reference(), 10_000), "moving")


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"max_rate": 5000.0}, "min_interval_us"),
        ({"max_rate": 0.0}, "max_rate"),
        ({"max_lease_us": 60_000}, "max_lease_us"),
        ({"low_x": 1}, "soft range of axis x"),
        ({"high_y": -1}, "soft range of axis y"),
        ({"limit_x": 0}, "limit_x"),
        ({"limit_x": 1.5}, "limit_x"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_bad_settings_are_refused_by_name(values, named):
    with pytest.raises(ValueError, match=named):
        build(ExecutorSettings, values)
