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

import pytest
from executor_rig import accepted, make
from hypothesis import given, settings
from hypothesis import strategies as st

from theylive_ros.controller import protocol as p
from theylive_ros.controller.config import ExecutorSettings
from theylive_ros.controller.executor import Executor, play
from theylive_ros.controller.lines.interface import Inputs
from theylive_ros.controller.lines.sim import SimConfig, SimLines


class SwitchLines(SimLines):
    """Switches that open `slack` microsteps later than they close; every look and pulse is remembered."""

    def __init__(self, config, slack=0):
        super().__init__(config)
        self.slack, self.closed, self.steps = slack, [False, False], []

    def step(self, axis, direction, now_us):
        self.steps.append((now_us, axis, direction))
        super().step(axis, direction, now_us)

    def inputs(self):
        limits = (self.config.limit_x, self.config.limit_y)
        for axis, (position, limit) in enumerate(zip(self.position, limits, strict=True)):
            self.closed[axis] = position <= limit or (self.closed[axis] and position <= limit + self.slack)
        return Inputs(*self.closed, False)


def home(slack=0, offsets=(0, 0), **values):
    lines = SwitchLines(SimConfig(initial_offset_x=offsets[0], initial_offset_y=offsets[1]), slack)
    executor = Executor(lines, ExecutorSettings(**values))
    executor.open(0)
    accepted(executor.handle(p.Home(), 0))
    now = 0
    while executor.report(now).moving and not executor.fault:
        now += 1_000
        play(executor, now)
    return executor, lines


def test_a_switch_is_met_fast_left_and_met_slowly():
    executor, lines = home()
    assert executor.referenced
    assert lines.position == (0, 0)
    times = [(t, d) for t, axis, d in lines.steps if axis == 0]
    turn = next(i for i, (_, d) in enumerate(times) if d > 0)
    onto = next(i for i in range(turn, len(times)) if times[i][1] < 0)
    back = next(i for i in range(onto, len(times)) if times[i][1] > 0)
    assert onto - turn == executor.settings.homing_back_off

    def rates(steps):
        return [1e6 / (b[0] - a[0]) for a, b in itertools.pairwise(steps)]

    assert rates(times[:turn]) == pytest.approx([400.0] * (turn - 1), rel=0.01)
    assert rates(times[onto:back]) == pytest.approx([100.0] * (back - onto - 1), rel=0.01)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 12), st.integers(-175, 200), st.integers(-175, 200))
def test_the_reference_is_the_closing_edge_whatever_the_switchs_slack_and_wherever_it_begins(slack, x, y):
    executor, lines = home(slack, (x, y))
    assert executor.fault == ""
    assert executor.referenced
    assert (executor.player.position, lines.position) == ([0, 0], (0, 0))
    assert not lines.lit_since(0)


def test_a_switch_that_does_not_open_within_the_back_off_is_said():
    executor, _ = home(slack=20)
    assert executor.fault == "homing"
    assert "raise homing_back_off" in executor.fault_text
    assert not executor.referenced


def test_a_soft_range_that_holds_a_limit_switch_is_refused():
    with pytest.raises(ValueError, match="axis x, -200 to 150, holds its limit switch at -160"):
        Executor(SimLines(SimConfig()), ExecutorSettings(low_x=-200))
    Executor(SimLines(SimConfig(has_limits=False)), ExecutorSettings(low_x=-200))


@pytest.mark.parametrize("values", [{"homing_slow_rate": 500.0}, {"homing_rate": 2100.0}])
def test_homing_rates_that_contradict_each_other_are_refused(values):
    with pytest.raises(ValueError, match="homing_slow_rate, homing_rate and max_rate"):
        ExecutorSettings(**values)


def test_brake_and_stop_end_homing_without_a_reference():
    for command in (p.Brake(), p.Stop()):
        executor, lines = make()
        lines.has_limits = True
        accepted(executor.handle(p.Home(), 0))
        play(executor, 100_000)
        executor.handle(command, 100_000)
        play(executor, 110_000)
        report = executor.report(110_000)
        assert (report.moving, report.referenced, report.fault) == (False, False, "")
