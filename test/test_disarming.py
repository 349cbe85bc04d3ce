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

"""What goes wrong on the way to the mirrors: dark at once, told by its name, and armed again only by hand."""

from __future__ import annotations

import pytest
from pointer_bench import TICK, Bench, metres, seen, still, track

from theylive_ros import plugins
from theylive_ros.benching.truth_eye import TruthEye
from theylive_ros.lockstep import LockStep
from theylive_ros.mirrors.gate import GateSettings
from theylive_ros.mirrors.motion import State
from theylive_ros.mirrors.pointer import PointerError
from theylive_ros.simulator.scenario import parse_scenario
from theylive_ros.types import Target


@pytest.mark.parametrize(
    ("flag", "value", "reason"),
    [
        ("fault", "driver", "controller_fault"),
        ("stop", True, "stop_input"),
        ("referenced", False, "unreferenced"),
        ("has_laser", False, "no_laser_line"),
    ],
)
def test_what_went_wrong_stays_dark_until_somebody_arms_again(flag, value, reason):
    bench = Bench(still())
    bench.run(0.5)
    good = bench.controller.flags[flag]
    bench.controller.flags[flag] = value
    state = bench.run(TICK)[-1]
    assert not bench.controller.lit
    assert reason in state.reasons
    with pytest.raises(PointerError, match=reason):
        bench.pointer.arm(bench.now)
    bench.controller.flags[flag] = good
    state = bench.run(0.5)[-1]
    assert state.reasons == ("not_armed",)
    assert state.disarmed_by == reason
    bench.pointer.arm(bench.now)
    bench.run(0.1)
    assert bench.controller.lit


def test_a_lost_link_disarms_and_nothing_is_sent_over_it():
    bench = Bench(still())
    bench.run(0.5)
    bench.controller.silent = True
    state = bench.run(0.1)[-1]
    assert "link_silent" in state.reasons
    assert not state.open
    assert bench.controller.calls[-1] == "dark"
    state = bench.run(0.5)[-1]
    assert not state.armed
    assert state.disarmed_by == "link_silent"
    assert bench.controller.calls[-1] == "dark"


def test_a_short_silence_is_dark_but_needs_no_hand_to_end_it():
    bench = Bench(still())
    bench.run(0.5)
    bench.controller.silent = True
    states = bench.run(0.3)
    assert not any(state.open for state in states)
    bench.controller.silent = False
    assert bench.run(0.3)[-1].open


def test_a_pressed_limit_switch_darkens_and_forbids_arming():
    bench = Bench(still())
    bench.run(0.5)
    bench.controller.flags["limit_y"] = True
    bench.run(TICK)
    assert not bench.controller.lit
    bench.pointer.disarm(bench.now)
    with pytest.raises(PointerError, match="limit_input"):
        bench.pointer.arm(bench.now)


def test_arming_is_refused_with_a_detector_that_cannot_clear_john_unless_that_is_allowed():
    def blind(stamp: float) -> Target:
        return seen(stamp, track(200.0, 100.0, stamp=stamp), clears_protected=False)

    bench = Bench()
    bench.pointer.disarm(bench.now)
    bench.scene = blind
    bench.run(0.2)
    with pytest.raises(PointerError, match="cannot_clear_protected"):
        bench.pointer.arm(bench.now)
    bench.pointer.configure(gate=GateSettings(allow_unclearing_detector=True))
    bench.pointer.arm(bench.now)
    bench.run(0.2)
    assert bench.controller.lit


def test_refused_moves_are_survived_and_never_lit():
    bench = Bench(still(160.0, 120.0))
    bench.run(0.2)
    assert bench.controller.lit
    bench.controller.refuse = True
    bench.scene = still(230.0, 160.0)
    states = bench.run(0.6)
    assert not bench.controller.lit
    assert any("off_plan" in s.reasons or "not_settled" in s.reasons for s in states)
    # what is told is where the mirrors truly are
    assert metres(states[-1].spot, (160.0, 120.0)) < 0.003 or "slewing" in states[-1].reasons
    bench.controller.refuse = False
    bench.run(0.4)
    assert bench.controller.lit
    assert metres(bench.spot(), (230.0, 160.0)) < 0.0025


def test_lost_steps_that_the_controller_counts_are_noticed():
    bench = Bench(still())
    bench.run(0.5)
    bench.controller.moves = []
    bench.controller.rest = State(10.0, 0.0, 10.0, 0.0)
    state = bench.run(TICK)[-1]
    assert not bench.controller.lit
    assert not state.settled
    bench.run(0.3)
    assert metres(bench.spot(), (200.0, 100.0)) < 0.0025


def test_homing_disarms_and_old_words_do_not_count_after_it():
    bench = Bench(still())
    bench.run(0.5)
    bench.pointer.home(bench.now)
    bench.controller.calls.clear()
    state = bench.run(0.05)[-1]
    assert "move" not in bench.controller.calls
    assert not state.armed
    assert not bench.controller.lit
    bench.controller.flags["stop"] = True
    with pytest.raises(PointerError, match="stop_input"):
        bench.pointer.home(bench.now)


def test_halt_brakes_keeps_the_reference_and_points_again_afterwards():
    bench = Bench(still(20.0, 20.0))
    bench.scene = still(300.0, 220.0)
    bench.run(0.06)
    assert bench.controller.state(bench.now).vx != 0
    bench.pointer.halt(bench.now)
    assert bench.controller.calls[-2:] == ["dark", "brake"]
    bench.scene = None
    bench.run(0.2)
    s = bench.controller.state(bench.now)
    assert (s.vx, s.vy) == (0, 0)
    assert "stop" not in bench.controller.calls
    bench.scene = still(250.0, 180.0)
    bench.frame = round(bench.now * 30)
    bench.pointer.arm(bench.now)
    bench.run(0.5)
    assert bench.controller.lit
    assert metres(bench.spot(), (250.0, 180.0)) < 0.002


def test_a_real_controller_that_is_halted_in_full_flight_rests_and_points_again():
    actors = {"actors": [{"label": "alien", "look": 1, "path": {"kind": "static", "at_mm": [80, 50]}}]}
    rig = LockStep(parse_scenario(actors), TruthEye(seed=1), plugins.create(plugins.SELECTORS, "nearest"), seed=1)
    while not rig.state.rates[0]:
        rig.run(TICK)
    rig.run(0.02)
    rig.pointer.halt(rig.now)
    rig.run(0.1)
    status = rig.link.status()
    assert (status.moving, status.referenced, status.fault) == (False, True, "")
    assert not rig.state.armed
    rig.pointer.arm(rig.now)
    rig.run(0.5)
    assert rig.state.lit
    assert rig.state.error < 0.002


def test_halt_brakes_also_where_the_plan_is_not_known_to_hold():
    bench = Bench(still(20.0, 20.0))
    bench.scene = still(300.0, 220.0)
    bench.run(0.06)
    bench.controller.silent = True
    bench.run(0.2)
    bench.pointer.halt(bench.now)
    assert bench.controller.calls[-1] == "brake"


def test_stop_does_not_wait():
    bench = Bench(still())
    bench.run(0.2)
    bench.pointer.stop(bench.now)
    assert bench.controller.calls[-2:] == ["dark", "stop"]
