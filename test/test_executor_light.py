from __future__ import annotations

from executor_rig import LEASE, RecordingLines, accepted, make, ramp, refused, wire
from hypothesis import given, settings
from hypothesis import strategies as st

from theylive_ros.controller import plan as plans
from theylive_ros.controller import protocol as p
from theylive_ros.controller.executor import Executor, play


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
