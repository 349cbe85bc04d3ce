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

import math

import pytest

from theylive_ros.controller import protocol as p
from theylive_ros.controller.config import ExecutorSettings
from theylive_ros.controller.executor import Executor, play
from theylive_ros.controller.lines.interface import LinesError
from theylive_ros.controller.lines.sim import LOG_SIZE, Change, SimConfig, SimLines


def train(lines, rates, *, start_us=0, axis=0, direction=1):
    """Pulses at the given rates (microsteps/s), one after the other."""
    now = start_us
    for rate in rates:
        now += round(1e6 / rate)
        lines.step(axis, direction, now)
    return now


def test_up_to_the_start_stop_rate_every_step_is_followed_at_once():
    lines = SimLines(SimConfig())
    train(lines, [3100] * 500)
    assert lines.position == (500, 0)
    assert lines.missed == (0, 0)


def test_starting_beyond_the_start_stop_rate_misses_steps():
    lines = SimLines(SimConfig())
    train(lines, [5000] * 500)
    assert lines.missed[0] > 400
    assert lines.position[0] + lines.missed[0] == 500


def test_a_ramp_within_the_torque_reaches_what_a_jump_does_not():
    ramp = [math.sqrt(2 * 8 * 10_000 * (n + 1)) for n in range(400)]  # 10000 full steps/s^2
    lines = SimLines(SimConfig())
    train(lines, ramp)
    assert max(ramp) > 2 * 3200
    assert lines.missed == (0, 0)
    steep = SimLines(SimConfig(acceleration=2000.0))
    train(steep, ramp)
    assert steep.missed[0] > 0


def test_beyond_the_no_load_speed_no_ramp_helps():
    lines = SimLines(SimConfig(no_load_speed=800.0))
    train(lines, [min(9000.0, math.sqrt(2 * 8 * 5_000 * (n + 1))) for n in range(2000)])
    assert lines.missed[0] > 0


def test_a_stalled_motor_follows_again_once_the_pulses_are_slow():
    lines = SimLines(SimConfig())
    now = train(lines, [8000] * 100)
    missed = lines.missed[0]
    train(lines, [2000] * 100, start_us=now + 10_000)
    assert lines.missed[0] == missed


def test_reversing_at_speed_misses_reversing_slowly_does_not():
    for rate, misses in ((3000, 0), (6000, 1)):
        lines = SimLines(SimConfig())
        now = train(lines, [min(rate, math.sqrt(2 * 8 * 10_000 * (n + 1))) for n in range(400)])
        train(lines, [3000] * 10, start_us=now, direction=-1)
        assert lines.missed[0] == misses


def test_the_jitter_of_single_microsteps_is_not_felt():
    lines = SimLines(SimConfig())
    train(lines, [2500, 1700] * 300)
    assert lines.missed == (0, 0)


def test_random_misses_are_seeded():
    counts = []
    for seed in (1, 1, 2):
        lines = SimLines(SimConfig(missed_probability=0.05, seed=seed))
        train(lines, [1000] * 1000)
        counts.append(lines.missed[0])
    assert counts[0] == counts[1] != counts[2]
    assert 20 < counts[0] < 90


def test_angles_follow_the_true_steps_from_the_true_offset():
    lines = SimLines(SimConfig(initial_offset_x=16, initial_offset_y=-8))
    train(lines, [1000] * 4, axis=1)
    assert lines.position == (16, -4)
    assert lines.angles == pytest.approx((16 * 2 * math.pi / 3200, -4 * 2 * math.pi / 3200))


def test_drained_changes_tell_every_place_that_was_lit():
    lines = SimLines(SimConfig())
    lines.step(0, 1, 1_000)
    lines.light(True, 2_000)
    assert lines.drain()[1:] == [Change(1_000, 1, 0, False), Change(2_000, 1, 0, True)]
    lines.step(0, 1, 3_000)
    lines.light(False, 4_000)
    assert lines.drain() == [Change(2_000, 1, 0, True), Change(3_000, 2, 0, True), Change(4_000, 2, 0, False)]
    assert lines.drain() == [Change(4_000, 2, 0, False)]


def test_lit_since_knows_a_flash_between_two_looks():
    lines = SimLines(SimConfig())
    lines.light(True, 2_000)
    assert lines.lit_since(5_000)
    lines.light(False, 6_000)
    assert lines.lit_since(5_999)
    assert not lines.lit_since(6_000)


def test_the_log_is_bounded():
    lines = SimLines(SimConfig())
    train(lines, [1000] * (LOG_SIZE + 10))
    assert len(lines.drain()) == LOG_SIZE + 1


def homed(config, **settings):
    lines = SimLines(config)
    executor = Executor(lines, ExecutorSettings(**settings))
    executor.open(0)
    answer = executor.handle(p.Home(), 0)
    now = 0
    while executor.report(now).moving and not executor.fault:
        assert isinstance(executor.handle(p.Light(now + 50_000), now), p.Refusal)  # never lit while homing
        now += 1_000
        play(executor, now)
    assert not lines.lit_since(0)
    return answer, executor, lines


@pytest.mark.parametrize("offset", [(0, 0), (37, -21), (-100, 90), (-160, 0), (-170, -163)])
def test_homing_finds_the_true_zero_from_anywhere(offset):
    answer, executor, lines = homed(SimConfig(initial_offset_x=offset[0], initial_offset_y=offset[1]))
    assert isinstance(answer, p.Report)
    assert executor.fault == ""
    assert executor.referenced
    assert executor.player.position == [0, 0]
    assert lines.position == (0, 0)
    assert lines.missed == (0, 0)
    assert isinstance(executor.handle(p.Light(10_050_000), 10_000_000), p.Report)


def test_homing_looks_on_the_side_of_the_configured_limit():
    _, executor, lines = homed(SimConfig(limit_x=120, limit_y=-90, initial_offset_x=20), limit_x=120, limit_y=-90, high_x=110, low_y=-80)
    assert executor.referenced
    assert lines.position == (0, 0)


def test_a_switch_that_is_not_met_ends_homing_with_a_fault():
    _, executor, _ = homed(SimConfig(initial_offset_y=350))
    assert executor.fault == "homing"
    assert "limit switch Y not met within 400" in executor.fault_text
    assert not executor.referenced


def test_a_limit_position_of_the_wrong_side_ends_homing_with_a_fault():
    _, executor, _ = homed(SimConfig(limit_x=-160, limit_y=-160), limit_x=160)
    assert executor.fault == "homing"


def test_stop_in_homing_leaves_the_rig_unreferenced():
    lines = SimLines(SimConfig())
    executor = Executor(lines)
    executor.open(0)
    executor.handle(p.Home(), 0)
    play(executor, 100_000)
    executor.handle(p.Stop(), 100_000)
    play(executor, 3_000_000)
    assert not executor.referenced
    assert not executor.report(3_000_000).moving
    assert isinstance(executor.handle(p.Home(), 3_000_000), p.Report)


def test_the_stop_switch_and_a_broken_driver_are_settable():
    lines = SimLines(SimConfig())
    lines.stop_pressed = True
    assert lines.inputs().stop
    lines.light(True, 5)
    lines.broken = "the simulated chip is gone"
    with pytest.raises(LinesError, match="chip is gone"):
        lines.step(0, 1, 0)
    lines.close()
    assert not lines.lit


def test_without_limit_switches_none_is_ever_pressed():
    lines = SimLines(SimConfig(has_limits=False, initial_offset_x=-5000))
    assert not lines.has_limits
    assert not any(lines.inputs())
