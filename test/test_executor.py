from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theylive_ros.controller import plan as plans
from theylive_ros.controller import protocol as p
from theylive_ros.controller.config import ExecutorSettings, build
from theylive_ros.controller.executor import Executor, play
from theylive_ros.controller.lines.interface import Inputs, Lines, LinesError
from theylive_ros.controller.link import to_wire

LEASE = 50_000


class RecordingLines(Lines):
    """Wires that remember what was done to them."""

    class Config:
        pass

    has_laser = True
    has_limits = False

    def __init__(self):
        self.steps, self.lights, self.turns = [], [], []
        self.on = False
        self.pressed = Inputs(False, False, False)
        self.broken = False
        self.stuck = False  # the laser cannot be switched, except by closing
        self.closed = False

    def open(self):
        self._check()
        self.closed = False

    def turn(self, axis, direction, now_us):
        self.turns.append((now_us, axis, direction))

    def step(self, axis, direction, now_us):
        self._check()
        self.steps.append((now_us, axis, direction))

    def light(self, on, now_us):
        if self.stuck:
            raise OSError("pin lost")
        self._check()
        self.on = on
        self.lights.append((now_us, on))

    def inputs(self):
        self._check()
        return self.pressed

    def close(self):
        self.on = False
        self.closed = True

    def _check(self):
        if self.broken:
            raise LinesError("the chip is gone")


def make(**values):
    lines = RecordingLines()
    executor = Executor(lines, ExecutorSettings(**values))
    executor.open(0)
    assert isinstance(executor.handle(p.Reference(), 0), p.Report)
    return executor, lines


def ramp(x0, x1, start_us, *, lit=True, speed=1500.0, accel=50000.0, y0=0, y1=0):
    """A trapezoid on both axes together."""
    distance = max(abs(x1 - x0), abs(y1 - y0))
    peak = min(speed, math.sqrt(distance * accel))
    up = peak / accel
    hold = distance / peak - up
    segments, at = [], 0.0
    share = ((x1 - x0) / distance, (y1 - y0) / distance)
    for duration, v, a in ((up, 0.0, accel), (hold, peak, 0.0), (up, peak, -accel)):
        px, py = x0 + share[0] * at, y0 + share[1] * at
        segments.append((duration, px, share[0] * v, share[0] * a, py, share[1] * v, share[1] * a))
        at += v * duration + a * duration * duration / 2
    return p.Move(lit, start_us, to_wire(segments))


def accepted(answer):
    assert isinstance(answer, p.Report), answer
    return answer


def refused(answer, code):
    assert isinstance(answer, p.Refusal), answer
    assert answer.code == code, answer
    return answer


# --- motion


def test_a_move_ends_on_the_commanded_microstep_with_one_pulse_for_each():
    executor, lines = make()
    accepted(executor.handle(ramp(0, 100, 1000, y1=-37), 0))
    play(executor, 1_000_000)
    assert executor.player.position == [100, -37]
    assert len(lines.steps) == sum(executor.player.pulses) == 137
    assert not executor.report(1_000_000).moving


def test_a_pulse_is_made_where_the_course_is_half_a_microstep_away():
    executor, lines = make()
    accepted(executor.handle(ramp(0, 100, 1000, speed=1000.0), 0))
    plan = list(executor.player.plan)
    play(executor, 1_000_000)
    for count, (at_us, axis, _) in enumerate(lines.steps[:-1]):
        assert axis == 0
        assert plans.state(plan, 0, at_us)[0] == pytest.approx(count + 0.5 + plans.HYSTERESIS, abs=0.01)


def test_turning_on_the_edge_of_a_microstep_makes_no_pair_of_needless_pulses():
    executor, lines = make()
    accepted(executor.handle(ramp(0, 1.46, 1_000), 0))
    play(executor, 100_000)
    a = 0.04 / 0.005**2
    there = [(0.005, 1.46, 0.0, a, 0, 0, 0), (0.005, 1.5, a * 0.005, -a, 0, 0, 0)]
    back = [(0.005, 1.54, 0.0, -a, 0, 0, 0), (0.005, 1.5, -a * 0.005, a, 0, 0, 0)]
    accepted(executor.handle(p.Move(True, 101_000, to_wire((there + back) * 7)), 100_000))
    play(executor, 1_000_000)
    assert [d for _, _, d in lines.steps] == [1]


def test_at_rest_the_count_is_the_rounded_end():
    for end, count in ((3.4, 3), (3.6, 4), (3.52, 4), (3.48, 3), (-3.52, -4)):
        executor, _ = make()
        accepted(executor.handle(ramp(0, end, 1000, speed=500.0), 0))
        play(executor, 1_000_000)
        assert executor.player.position[0] == count


def test_a_new_move_replaces_the_running_one_from_its_start_on():
    executor, lines = make()
    first = ramp(0, 200, 1000, speed=1000.0, accel=50000.0)
    accepted(executor.handle(first, 0))
    play(executor, 60_000)
    x, v = plans.state(executor.player.plan, 0, 70_000)
    brake = [(v / 50000.0, x, v, -50000.0, 0, 0, 0)]
    accepted(executor.handle(p.Move(True, 70_000, to_wire(brake)), 60_000))
    play(executor, 1_000_000)
    end = x + v * v / 2 / 50000.0
    assert executor.player.position[0] == round(end)
    assert len(lines.steps) == round(end)


@pytest.mark.parametrize(
    ("move", "code"),
    [
        (ramp(0, 50, -10_000), "late"),
        (ramp(3, 50, 1000), "position"),
        (p.Move(True, 1000, to_wire([(0.1, 0, 500.0, 0, 0, 0, 0), (0.1, 50.0, 500.0, -5000.0, 0, 0, 0)])), "speed"),
        (p.Move(True, 1000, to_wire([(0.1, 0, 0.0, 5000.0, 0, 0, 0)])), "speed"),
        (p.Move(True, 1000, to_wire([(0.1, 0, 0.0, 5000.0, 0, 0, 0), (0.1, 40.0, 500.0, -5000.0, 0, 0, 0)])), "position"),
        (ramp(0, 1000, 1000, speed=2600.0), "rate"),
        (ramp(0, 50, 60_000_000), "far"),
        (p.Move(True, 1000, (p.WireSegment(0, *[0] * 6),)), "duration"),
        (p.Move(True, 1000, (p.WireSegment(-5, *[0] * 6),)), "duration"),
    ],
)
def test_an_unfit_move_is_refused_as_a_whole(move, code):
    executor, lines = make()
    refused(executor.handle(move, 0), code)
    play(executor, 2_000_000)
    assert lines.steps == []


def test_light_asked_for_before_the_planner_heard_of_a_refused_move_stays_off():
    executor, lines = make()
    now = 60_000  # a controller that wakes late finds a slew and the light that was to follow it
    refused(executor.handle(ramp(0, 20, 4_000, lit=False), now), "late")
    for us in range(4):
        refused(executor.handle(p.Light(LEASE), now + us), "dark")
    assert lines.lights == []
    accepted(executor.handle(p.Light(LEASE), now + LEASE))
    assert lines.on


def test_a_refused_move_leaves_the_running_plan_to_its_end_but_dark():
    executor, _ = make()
    accepted(executor.handle(p.Light(LEASE), 0))
    accepted(executor.handle(ramp(0, 100, 1000), 0))
    play(executor, 20_000)
    assert executor.lit
    refused(executor.handle(ramp(90, 200, 25_000), 20_000), "position")
    assert not executor.lit
    play(executor, 1_000_000)
    assert executor.player.position == [100, 0]


def test_being_late_costs_time_and_never_a_pulse():
    executor, lines = make()
    accepted(executor.handle(ramp(0, 100, 1000, speed=1000.0), 0))
    play(executor, 50_000)
    before = len(lines.steps)
    executor.advance(62_000)  # asleep for 12 ms, in which 12 pulses were due
    assert len(lines.steps) == before + 1
    assert 10_000 < executor.report(62_000).lag_us < 12_500
    while executor.report(62_000).moving:
        executor.advance(executor.due_us)
    assert executor.player.position == [100, 0]
    assert executor.player.lag_us == 0
    times = [t for t, _, _ in lines.steps]
    assert min(b - a for a, b in itertools.pairwise(times)) >= 400


def test_while_a_plan_rests_its_lag_is_worked_off():
    executor, lines = make()
    move = ramp(0, 20, 1000, speed=1000.0)
    end = 1000 + sum(s.duration_us for s in move.segments)
    hold = p.WireSegment(200_000, 20_000, *[0] * 5)
    there_and_back = p.Move(True, 1000, (*move.segments, hold, *ramp(20, 0, 0, speed=1000.0).segments))
    accepted(executor.handle(there_and_back, 0))
    play(executor, 10_000)
    executor.advance(17_000)
    assert executor.player.lag_us > 5_000
    play(executor, end + 100_000)
    assert executor.player.lag_us == 0
    play(executor, 1_000_000)
    assert executor.player.position == [0, 0]
    back = lines.steps[20][0]
    assert back == pytest.approx(end + 200_000 + math.sqrt(2 * 0.55 / 50000.0) * 1e6, abs=50)


def test_dir_is_set_before_the_pulse_that_needs_it():
    executor, lines = make(dir_setup_us=300)
    accepted(executor.handle(ramp(0, 10, 1000), 0))
    play(executor, 100_000)
    accepted(executor.handle(ramp(10, -10, 101_000), 100_000))
    play(executor, 300_000)
    for at_us, axis, direction in lines.steps:
        turned, told = max((t, d) for t, a, d in lines.turns if a == axis and t <= at_us)
        assert told == direction
        assert at_us - turned >= 300


@st.composite
def journeys(draw):
    """Moves that each start in the middle of the last, as accelerations to try; and how late each wake-up is."""
    moves = draw(
        st.lists(
            st.tuples(
                st.lists(st.tuples(st.integers(500, 30_000), st.integers(-60, 60), st.integers(-60, 60)), min_size=1, max_size=4),
                st.integers(3_000, 120_000),
            ),
            min_size=1,
            max_size=6,
        )
    )
    late = draw(st.lists(st.sampled_from([0, 0, 0, 20, 150, 700, 5_000, 40_000]), min_size=1, max_size=20))
    return moves, late


def wander(state, parts, limit):
    """Segments from a state (x, vx, y, vy) on, with accelerations bent so that the speed limit holds, ending at rest."""
    axes = [list(state[:2]), list(state[2:])]
    segments = []

    def add(duration, accels):
        segments.append((duration, axes[0][0], axes[0][1], accels[0], axes[1][0], axes[1][1], accels[1]))
        for axis, a in zip(axes, accels, strict=True):
            axis[0] += (axis[1] + a * duration / 2) * duration
            axis[1] += a * duration

    for us, ax, ay in parts:
        duration = us * 1e-6
        bent = [
            (max(-limit, min(limit, axis[1] + a * 1000.0 * duration)) - axis[1]) / duration for axis, a in zip(axes, (ax, ay), strict=True)
        ]
        add(duration, bent)
    slowest = max(abs(axis[1]) for axis in axes) / 60_000.0 + 0.001
    add(slowest, [-axis[1] / slowest for axis in axes])
    return segments


@settings(max_examples=150, deadline=None)
@given(journeys())
def test_whatever_is_asked_and_however_late_pulses_are_counted_spaced_and_none_is_lost(journey):
    moves, late = journey
    executor, lines = make()
    now, goal, turn = 1_000, (0.0, 0.0), 0

    def run_until(until):
        nonlocal now, turn
        while now < until:
            now = max(now, executor.due_us) + late[turn % len(late)]
            turn += 1
            executor.advance(now)

    for parts, pause in moves:
        tau = now - executor.player.lag_us
        start = tau + 2_000
        running = executor.player.plan or [
            plans.rest(0, plans.FOREVER, (float(executor.player.position[0]), float(executor.player.position[1])), True)
        ]
        state = (*plans.state(running, 0, start), *plans.state(running, 1, start))
        segments = to_wire(wander(state, parts, 1900.0))
        answer = executor.handle(p.Move(True, start, segments), now)
        accepted(answer)
        goal = plans.end_of(executor.player.plan[-1])
        run_until(now + pause)
    while executor.report(now).moving and turn < 100_000:
        run_until(now + 1_000_000)

    assert not executor.report(now).moving
    assert executor.player.lag_us == 0
    for axis in (0, 1):
        steps = [(t, d) for t, a, d in lines.steps if a == axis]
        assert sum(d for _, d in steps) == executor.player.position[axis] == math.floor(goal[axis] + 0.5)
        assert len(steps) == executor.player.pulses[axis]
        times = [t for t, _ in steps]
        assert all(b - a >= executor.settings.min_interval_us for a, b in itertools.pairwise(times))


# --- the light


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
        executor.handle(p.Light(us), now)
        assert lines.on == (us > 0)
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
        refused(executor.handle(p.Light(LEASE), now), "dark")
        now += 1_000
        play(executor, now)
    accepted(executor.handle(p.Light(LEASE), now))
    assert executor.player.position == [50, 0]


def test_a_lit_move_that_follows_a_dark_one_may_be_lit_from_its_start_on():
    executor, _ = make()
    accepted(executor.handle(ramp(0, 100, 1_000, lit=False, speed=1000.0), 0))
    play(executor, 50_000)
    x, v = plans.state(executor.player.plan, 0, 60_000)
    lit = p.Move(True, 60_000, to_wire([(0.05, x, v, -v / 0.05, 0, 0, 0)]))
    accepted(executor.handle(lit, 50_000))
    play(executor, 59_000)
    refused(executor.handle(p.Light(LEASE), 59_000), "dark")
    play(executor, 60_100)
    accepted(executor.handle(p.Light(LEASE), 60_100))


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


def lit_and_moving():
    executor, lines = make()
    accepted(executor.handle(ramp(0, 300, 1_000), 0))
    accepted(executor.handle(p.Light(LEASE), 0))
    play(executor, 30_000)
    assert lines.on
    return executor, lines


def test_stop_is_dark_and_motionless_at_once_and_loses_the_reference():
    executor, lines = lit_and_moving()
    report = accepted(executor.handle(p.Stop(), 30_001))
    assert not lines.on
    assert (report.lit, report.moving, report.referenced) == (False, False, False)
    made = len(lines.steps)
    play(executor, 1_000_000)
    assert len(lines.steps) == made
    refused(executor.handle(p.Light(LEASE), 1_000_000), "dark")


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
    for command in (p.Light(LEASE), ramp(report.x, 10, 40_000), p.Reference()):
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
    executor.handle(p.Light(LEASE), 1_000_000)
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
    refused(executor.handle(p.Light(LEASE), 5_000), "dark")
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
            if isinstance(executor.handle(p.Light(LEASE), now), p.Report):
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
    executor, lines = lit_and_moving()
    executor.hang_up(31_000)
    assert not lines.on
    play(executor, 2_000_000)
    assert executor.player.position == [300, 0]  # the plan comes to its rest


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
        ({"limit_x": 0}, "limit_x"),
        ({"limit_x": 1.5}, "limit_x"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_bad_settings_are_refused_by_name(values, named):
    with pytest.raises(ValueError, match=named):
        build(ExecutorSettings, values)
