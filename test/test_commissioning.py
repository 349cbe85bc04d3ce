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

"""Commissioning: mirrors and light by order, armed apart, briefly, dimly, and only before a picture without John."""

from __future__ import annotations

import dataclasses
import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pointer_bench import RIG, TICK, Bench, glimpse, seen, still, track

from theylive_ros.mirrors import commissioning
from theylive_ros.mirrors.clock import Clocks
from theylive_ros.mirrors.commissioning import DUTY, ORDER_LASTS, TIMEOUT, WINDOW, Order, Situation
from theylive_ros.mirrors.gate import GateSettings
from theylive_ros.mirrors.interface import ControllerStatus
from theylive_ros.mirrors.motion import State
from theylive_ros.mirrors.optics import Geometry
from theylive_ros.mirrors.pointer import Pointer, PointerError
from theylive_ros.types import Region

NOW = 100.0
LIMITS = ((-150, 150), (-120, 120))
ANGLES = (0.05, -0.02)


# --- the gate of this mode

STATUS = ControllerStatus(NOW - 0.005, (0, 0), False, False, True, 0.0, True, False, False, False, "")


def reasons(**changes) -> tuple[str, ...]:
    """Why it is dark; nothing is wrong but the changes."""
    status = dataclasses.replace(STATUS, **{k: changes.pop(k) for k in list(changes) if k in ("fault", "stop", "referenced", "has_laser")})
    target = seen(NOW - 0.03)
    values = {
        "now": NOW,
        "status": status,
        "clocks": Clocks(),
        "target": dataclasses.replace(target, **{k: changes.pop(k) for k in list(changes) if hasattr(target, k)}),
        "order": Order(NOW - 0.1, (10, 10), light=True),
        "on_plan": True,
        "slewing": False,
        "settled": True,
        "used": 0.0,
        "shining": True,
    }
    return commissioning.failing(Situation(**(values | changes)), GateSettings())


def test_the_light_is_on_when_all_holds():
    assert reasons() == ()


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("link_silent", {"status": None}),
        ("controller_fault", {"fault": "driver"}),
        ("stop_input", {"stop": True}),
        ("unreferenced", {"referenced": False}),
        ("no_laser_line", {"has_laser": False}),
        ("off_plan", {"on_plan": False}),
        ("clocks_unsteady", {"clocks": Clocks(sane=False)}),
        ("clock_untold", {"clocks": Clocks(told=False)}),
        ("clocks_differ", {"clocks": Clocks(agree=False)}),
        ("slewing", {"slewing": True}),
        ("not_settled", {"settled": False}),
        ("no_order", {"order": None}),
        ("no_order", {"order": Order(NOW - ORDER_LASTS - 0.01, (10, 10), light=True)}),
        ("no_order", {"order": Order(NOW - 0.1, (10, 10), light=False)}),
        ("duty", {"used": DUTY * WINDOW}),
        ("duty", {"used": DUTY * WINDOW - 0.06, "shining": False}),
        ("duty", {"used": math.nan}),
        ("view_unseen", {"target": None}),
        ("view_unseen", {"stamp": NOW - 0.2}),
        ("view_unseen", {"stamp": math.nan}),
        ("view_unseen", {"seen": Region(0.0, 0.0, 240.0, 240.0)}),
        ("view_unseen", {"seen": Region(math.nan, 0.0, 320.0, 240.0)}),
        ("cannot_clear_protected", {"clears_protected": False}),
        ("protected_in_view", {"protected": (track(300.0, 200.0, stamp=NOW, label="john", confirmed=False),)}),
    ],
)
def test_each_condition_alone_keeps_it_dark(reason, changes):
    assert reasons(**changes) == (reason,)


# --- the planner in this mode


def commissioned(scene=seen, calibration=RIG, **kwargs) -> Bench:
    """A bench in commissioning mode, before a board on which nothing is."""
    bench = Bench(scene, calibration=calibration, **kwargs)
    bench.run(0.2)
    bench.pointer.disarm(bench.now)
    bench.pointer.commission(bench.now)
    return bench


def ordered(bench, seconds, angles=ANGLES, light=True) -> list:
    """States while an order is given every 0.1 s."""
    states = []
    for _ in range(round(seconds / 0.1)):
        bench.pointer.order(angles, light, bench.now)
        states += bench.run(0.1)
    return states


def test_the_mirrors_go_where_they_are_ordered_and_shine_once_they_are_there():
    bench = commissioned()
    states = ordered(bench, 0.4)
    assert states[0].mode == "commissioning"
    assert states[-1].angles == pytest.approx(ANGLES, abs=Geometry().microstep / 2 + 1e-9)
    assert states[-1].settled
    assert states[-1].lit
    for state in states:
        if state.lit:
            assert state.rates == (0.0, 0.0)
            assert state.settled


def test_every_move_is_dark_however_short():
    bench = commissioned()
    assert ordered(bench, 0.3)[-1].lit
    step = Geometry().microstep
    bench.pointer.order((ANGLES[0] + step, ANGLES[1]), True, bench.now)
    assert not bench.run(2 * TICK)[-1].lit
    assert bench.controller.moves[-1][2] is False


def test_an_order_is_forgotten_after_three_tenths_of_a_second_and_the_mirrors_stay():
    bench = commissioned()
    assert ordered(bench, 0.3)[-1].lit
    states = bench.run(0.5)
    assert not states[-1].lit
    assert states[-1].reasons == ("no_order",)
    lit = [s.time for s in states if s.lit]
    assert max(lit) - states[0].time < ORDER_LASTS
    assert states[-1].angles == pytest.approx(ANGLES, abs=Geometry().microstep)
    assert states[-1].mode == "commissioning"


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 60)), min_size=3, max_size=25))
def test_the_light_keeps_its_share_in_every_window_whatever_is_ordered(orders):
    bench = commissioned()
    lit = []
    for light, ticks in orders:
        for _ in range(ticks):
            bench.pointer.order((0.0, 0.0), light, bench.now)
            bench.run(TICK)
            lit.append(bench.controller.lit)
    width = round(WINDOW / TICK)
    for begin in range(max(len(lit) - width, 0) + 1):
        assert sum(lit[begin : begin + width]) * TICK <= DUTY * WINDOW + 2 * TICK


def test_steady_light_rests_at_its_share_and_comes_back_for_a_frame_or_two():
    bench = commissioned()
    states = ordered(bench, 6.0)
    assert {("duty",)} <= {s.reasons for s in states}
    lengths = [len(list(group)) * TICK for lit, group in itertools.groupby(s.lit for s in states) if lit]
    assert min(lengths[:-1]) > 0.05
    assert 0.3 < sum(s.lit for s in states) / len(states) <= DUTY + 0.02


def test_john_anywhere_in_the_picture_darkens_and_so_does_a_blind_or_silent_detector():
    bench = commissioned()
    assert ordered(bench, 0.3)[-1].lit
    for scene, reason in (
        (lambda stamp: seen(stamp, None, (track(20.0, 220.0, stamp=stamp, label="john"),)), "protected_in_view"),
        (lambda stamp: seen(stamp, clears_protected=False), "cannot_clear_protected"),
        (lambda stamp: seen(stamp, seen=Region(0.0, 0.0, 240.0, 240.0)), "view_unseen"),
        (None, "view_unseen"),
    ):
        bench.scene, bench.frame = scene, math.ceil(30 * bench.now)
        states = ordered(bench, 0.4)
        assert reason in states[-1].reasons
        assert not states[-1].lit
        bench.scene, bench.frame = seen, math.ceil(30 * bench.now)
        bench.run(2.0)
        assert ordered(bench, 0.2)[-1].lit


def test_targets_are_not_followed_and_aliens_do_not_keep_it_dark():
    bench = commissioned(still(60.0, 60.0))
    states = ordered(bench, 0.5)
    assert states[-1].lit
    assert states[-1].track_id == 0
    assert states[-1].angles == pytest.approx(ANGLES, abs=Geometry().microstep)


def test_what_is_seen_in_commissioning_trims_nothing():
    bench = commissioned()
    bench.spot_eye = lambda spot: glimpse(spot[0] + 1.0, spot[1])
    assert ordered(bench, 1.0)[-1].trim == (0.0, 0.0)


def test_armed_and_commissioned_exclude_each_other():
    bench = Bench(still())
    bench.run(0.3)
    with pytest.raises(PointerError, match="armed"):
        bench.pointer.commission(bench.now)
    assert bench.pointer.armed
    bench.pointer.disarm(bench.now)
    bench.pointer.commission(bench.now)
    with pytest.raises(PointerError, match="commissioning"):
        bench.pointer.arm(bench.now)
    bench.pointer.decommission(bench.now)
    assert bench.run(TICK)[-1].mode == "targeting"
    bench.pointer.arm(bench.now)
    bench.pointer.decommission(bench.now)  # says nothing where there is nothing to end
    assert bench.pointer.armed


def test_an_order_is_refused_outside_the_mode_and_beyond_the_limits():
    bench = Bench(seen)
    with pytest.raises(PointerError, match="not_commissioning"):
        bench.pointer.order(ANGLES, True, bench.now)
    bench = commissioned()
    assert ordered(bench, 0.3)[-1].lit
    for angles in ((1.0, 0.0), (0.0, -1.0), (math.nan, 0.0), (0.0, math.inf)):
        moves = len(bench.controller.moves)
        with pytest.raises(PointerError, match="outside_limits"):
            bench.pointer.order(angles, True, bench.now)
        assert not bench.run(2 * TICK)[-1].lit
        assert len(bench.controller.moves) == moves


def test_the_mode_ends_by_itself_unless_it_is_asked_for_again():
    bench = commissioned()
    pointer, controller = bench.pointer, bench.controller
    begun = bench.now
    controller.now = begun + TIMEOUT - 1
    pointer.tick(bench.now, clocks=Clocks())
    pointer.commission(bench.now)
    controller.now = begun + TIMEOUT + 1
    assert pointer.tick(bench.now, clocks=Clocks()).mode == "commissioning"
    controller.now = begun + 2 * TIMEOUT
    state = pointer.tick(bench.now, clocks=Clocks())
    assert state.mode == "targeting"
    assert state.disarmed_by == "commissioning_timeout"
    assert not state.armed


@pytest.mark.parametrize(("flag", "value", "reason"), [("fault", "driver", "controller_fault"), ("stop", True, "stop_input")])
def test_what_goes_wrong_ends_the_mode(flag, value, reason):
    bench = commissioned()
    assert ordered(bench, 0.3)[-1].lit
    bench.controller.flags[flag] = value
    state = bench.run(TICK)[-1]
    assert not bench.controller.lit
    assert state.mode == "targeting"
    assert state.disarmed_by == reason
    with pytest.raises(PointerError, match=reason):
        bench.pointer.commission(bench.now)


@pytest.mark.parametrize("end", [Pointer.disarm, Pointer.halt, Pointer.stop, Pointer.decommission])
def test_whoever_ends_it_leaves_darkness(end):
    bench = commissioned()
    assert ordered(bench, 0.3)[-1].lit
    end(bench.pointer, bench.now)
    assert not bench.controller.lit
    assert bench.run(TICK)[-1].mode == "targeting"


def test_the_reference_may_be_set_on_the_way_and_the_mode_goes_on_dark():
    bench = commissioned()
    assert ordered(bench, 0.3)[-1].lit
    bench.pointer.reference(bench.now)
    state = bench.run(TICK)[-1]
    assert not state.lit
    assert state.mode == "commissioning"


def test_without_a_laser_line_the_mirrors_can_be_jogged():
    bench = commissioned()
    bench.controller.flags["has_laser"] = False
    bench.pointer.commission(bench.now)
    state = ordered(bench, 0.3)[-1]
    assert state.reasons == ("no_laser_line",)
    assert state.angles == pytest.approx(ANGLES, abs=Geometry().microstep)


# --- without a calibration


def test_a_rig_without_a_calibration_is_commissioned_by_its_geometry_and_never_armed():
    geometry = Geometry(microsteps=16)
    bench = commissioned(calibration=None, geometry=geometry, limits=LIMITS)
    bench.pointer.decommission(bench.now)
    with pytest.raises(PointerError, match="uncalibrated"):
        bench.pointer.arm(bench.now)
    bench.pointer.commission(bench.now)
    state = ordered(bench, 0.3)[-1]
    assert state.lit
    assert not state.calibrated
    assert state.angles == pytest.approx(ANGLES, abs=geometry.microstep / 2 + 1e-9)
    assert (state.aim, state.spot) == (None, None)
    position = bench.controller.state(bench.now)
    assert position.place == pytest.approx(geometry.steps(ANGLES), abs=0.51)


def test_a_rig_without_a_calibration_follows_nothing_and_says_why_until_it_gets_one():
    bench = Bench(still(), calibration=None, limits=LIMITS)
    state = bench.run(0.3)[-1]
    assert "uncalibrated" in state.reasons
    assert bench.controller.moves == []
    bench.pointer.configure(calibration=RIG)
    bench.pointer.arm(bench.now)
    state = bench.run(0.4)[-1]
    assert state.calibrated
    assert state.lit


def test_without_a_calibration_somebody_must_say_the_limits():
    with pytest.raises(ValueError, match="limits"):
        Pointer(None, Bench().controller)


def test_orders_go_by_the_given_limits_also_with_a_calibration():
    narrow = ((-10, 10), (-10, 10))
    bench = commissioned(limits=narrow)
    with pytest.raises(PointerError, match="outside_limits"):
        bench.pointer.order(Geometry().angles((11.0, 0.0)), False, bench.now)
    bench.pointer.order(Geometry().angles((10.0, -10.0)), False, bench.now)
    bench.run(0.2)
    assert bench.controller.state(bench.now) == State(10.0, 0.0, -10.0, 0.0)
