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

from executor_rig import LEASE, RecordingLines, accepted, lit_and_moving, make, ramp, refused, wire
from hypothesis import given, settings
from hypothesis import strategies as st

from theylive_ros.controller import plan as plans
from theylive_ros.controller import protocol as p
from theylive_ros.controller.executor import Executor, play
from theylive_ros.controller.lines.interface import LinesError


def test_the_light_goes_out_when_its_lease_ends_and_no_lease_is_longer_than_50_ms():
    executor, lines = make()
    accepted(executor.handle(p.Light(10_000_000), 1_000))
    assert lines.on
    play(executor, 50_999)
    assert lines.on
    play(executor, 200_000)
    assert lines.lights == [(1_000, True), (51_000, False)]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 80_000), st.integers(-5, 200_000)), max_size=30))
def test_it_is_never_lit_longer_than_50_ms_after_the_last_request(requests):
    executor, lines = make()
    now, last = 0, -LEASE
    for wait, us in requests:
        play(executor, now + wait)
        now += wait
        assert not lines.on or now < last + LEASE
        answer = executor.handle(p.Light(now + us if us else 0), now)
        assert lines.on == (us > 0)
        assert isinstance(answer, p.Refusal) == (us < 0 < now + us)
        if us > 0:
            last = now
    play(executor, now + LEASE)
    assert not lines.on


def test_light_0_is_dark_at_once():
    executor, lines = make()
    executor.handle(p.Light(LEASE), 0)
    accepted(executor.handle(p.Light(0), 7))
    assert lines.lights[-1] == (7, False)


def test_a_dark_move_is_dark_from_the_moment_it_is_heard_until_it_rests():
    executor, lines = make()
    executor.handle(p.Light(LEASE), 0)
    accepted(executor.handle(ramp(0, 50, 20_000, lit=False), 10))
    assert lines.lights[-1] == (10, False)
    now = 10
    while executor.report(now).moving:
        refused(executor.handle(p.Light(now + LEASE), now), "dark")
        now += 1_000
        play(executor, now)
    accepted(executor.handle(p.Light(now + LEASE), now))
    assert executor.player.position == [50, 0]


def test_a_lit_move_that_follows_a_dark_one_may_be_lit_from_its_start_on():
    executor, _ = make()
    accepted(executor.handle(ramp(0, 100, 1_000, lit=False, speed=1000.0), 0))
    play(executor, 50_000)
    x, v = plans.state(executor.player.plan, 0, 60_000)
    lit = p.Move(True, 60_000, wire([(0.05, x, v, -v / 0.05, 0, 0, 0)]))
    accepted(executor.handle(lit, 50_000))
    play(executor, 59_000)
    refused(executor.handle(p.Light(59_000 + LEASE), 59_000), "dark")
    play(executor, 60_100)
    accepted(executor.handle(p.Light(60_100 + LEASE), 60_100))


def test_a_lit_move_keeps_the_light():
    executor, lines = make()
    executor.handle(p.Light(LEASE), 0)
    accepted(executor.handle(ramp(0, 30, 1_000), 0))
    play(executor, 40_000)
    assert lines.on


def test_without_reference_or_laser_line_there_is_no_light():
    lines = RecordingLines()
    executor = Executor(lines)
    executor.open(0)
    assert "unreferenced" in refused(executor.handle(p.Light(LEASE), 0), "dark").text
    lines.has_laser = False
    executor.handle(p.Reference(), 0)
    assert "no laser line" in refused(executor.handle(p.Light(LEASE), 0), "dark").text
    assert lines.lights == []


def test_a_request_that_lay_unread_until_it_expired_is_refused_and_dark():
    executor, lines = make()
    accepted(executor.handle(p.Light(LEASE), 0))
    refused(executor.handle(p.Light(LEASE - 10_000), LEASE - 10_000), "late")
    assert not lines.on
    accepted(executor.handle(p.Light(LEASE + 5_000), LEASE))
    play(executor, 1_000_000)
    assert lines.lights[-1] == (LEASE + 5_000, False)


# --- the controller's own limits on the light


def ask(executor, lines, until_us, every_us=5_000, start_us=0):
    """A planner that always wants light; returns for how long it was lit (us)."""
    for now in range(start_us, until_us, every_us):
        play(executor, now)
        executor.handle(p.Light(now + LEASE), now)
    play(executor, until_us)
    executor.handle(p.Light(0), until_us)
    edges = [(t, on) for t, on in lines.lights if t >= start_us]
    return sum(off - on for (on, _), (off, _) in zip(edges[::2], edges[1::2], strict=True))


def test_after_max_on_us_of_light_it_rests_for_min_off_us_and_says_so():
    executor, lines = make(max_on_us=200_000, min_off_us=100_000)
    for now in range(0, 200_000, 10_000):
        play(executor, now)
        accepted(executor.handle(p.Light(now + LEASE), now))
    play(executor, 200_000)
    assert lines.lights[-1] == (200_000, False)
    assert "must rest" in refused(executor.handle(p.Light(200_001 + LEASE), 200_001), "rest").text
    refused(executor.handle(p.Light(299_999 + LEASE), 299_999), "rest")
    accepted(executor.handle(p.Light(300_000 + LEASE), 300_000))


def test_a_pause_that_is_too_short_is_no_rest():
    executor, _ = make(max_on_us=200_000, min_off_us=100_000)
    for begin in (0, 100_000):
        for now in range(begin, begin + 90_000, 10_000):
            play(executor, now)
            accepted(executor.handle(p.Light(now + LEASE), now))
        play(executor, begin + 95_000)
        executor.handle(p.Light(0), begin + 95_000)
    accepted(executor.handle(p.Light(250_000), 200_000))
    play(executor, 209_999)
    assert executor.lit
    play(executor, 210_000)  # 95 + 95 + 10 ms
    assert not executor.lit


@settings(max_examples=40, deadline=None)
@given(
    st.floats(0.05, 0.9),
    st.lists(st.tuples(st.integers(1_000, 40_000), st.sampled_from(["ask", "ask", "ask", "off", "wait"])), max_size=60),
)
def test_no_window_holds_more_light_than_max_duty(duty, events):
    executor, lines = make(max_duty=duty, duty_window_us=100_000)
    now = 0
    for wait, event in events:
        now += wait
        play(executor, now)
        if event != "wait":
            executor.handle(p.Light(now + LEASE if event == "ask" else 0), now)
    play(executor, now + LEASE)
    spans = [(a[0], b[0]) for a, b in zip(lines.lights[::2], lines.lights[1::2], strict=True)]
    for end in [b for _, b in spans]:
        assert sum(max(0, min(b, end) - max(a, end - 100_000)) for a, b in spans) <= duty * 100_000 + 1


def test_a_planner_that_always_asks_gets_about_its_duty():
    executor, lines = make(max_duty=0.4, duty_window_us=500_000)
    assert 0.3 <= ask(executor, lines, 3_000_000) / 3_000_000 <= 0.4


def test_by_default_the_budget_leaves_what_the_planner_itself_allows():
    executor, lines = make()
    assert ask(executor, lines, 10_000_000) == 10_000_000


def test_a_line_that_wants_edges_gets_them_while_lit_and_none_in_the_dark():
    executor, lines = make()
    edges = []
    lines.retrigger_us, lines.retrigger = 1_000, edges.append
    executor.handle(p.Light(10_500), 0)
    play(executor, 100_000)
    assert edges == list(range(1_000, 10_001, 1_000))
    executor.handle(p.Light(100_000 + LEASE), 100_000)
    executor.advance(107_300)  # a caller that is late makes one edge, not seven
    assert edges[-1] == 107_300
    assert len(edges) == 11


def test_a_line_whose_edges_fail_is_a_fault_and_dark():
    executor, lines = make()

    def fail(now_us):
        raise LinesError("no edge")

    lines.retrigger_us, lines.retrigger = 1_000, fail
    executor.handle(p.Light(LEASE), 0)
    play(executor, 1_000)
    assert executor.fault == "driver"
    assert not lines.on


def test_a_switch_is_acted_on_the_moment_it_is_told_of():
    executor, lines = lit_and_moving()
    lines.pressed = lines.pressed._replace(stop=True)
    executor.look(30_001)
    assert not lines.on
    assert executor.fault == "stop"
