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

"""What a bench says of what it measured."""

from __future__ import annotations

import json
import math

import pytest

from theylive_ros.benching.figures import Figure, histogram, spread_ms, table


@pytest.mark.parametrize(("value", "passed"), [(0.5, True), (1.0, True), (1.01, False), (math.nan, False), (math.inf, False)])
def test_a_goal_is_reached_or_not_and_what_was_not_measured_is_not(value, passed):
    assert Figure("x", value, "mm", at_most=1.0).passed is passed
    assert Figure("x", -value, "mm", at_least=-1.0).passed is passed


def test_a_figure_without_a_goal_informs():
    figure = Figure("time of the prototype", 0.28, "s")
    assert figure.passed
    assert "goal" not in table([figure])


def test_a_failure_is_told_in_its_line():
    good, bad = table([Figure("a", 1.0, at_most=2.0), Figure("b", 3.0, at_most=2.0)]).splitlines()
    assert good.startswith("ok")
    assert bad.startswith("FAILED b")
    assert "goal <= 2" in bad


def test_a_report_is_json_whatever_was_measured():
    told = json.dumps([Figure("a", v, at_most=1.0).plain() for v in (0.0, math.nan, math.inf)], allow_nan=False)
    assert [f["value"] for f in json.loads(told)] == [0.0, None, None]


def test_times_are_told_in_milliseconds():
    assert spread_ms([0.001] * 99 + [0.101]) == {"p50": 1.0, "p95": 1.0, "p99": 2.0, "max": 101.0}


@pytest.mark.parametrize("values", [[0.0], [1.0, 2.0, 4.0], [-1.0, 3.0]])
def test_a_histogram_counts_every_value_once(values):
    made = histogram(values, 4)
    assert sum(made["counts"]) == len(values)
    assert made["edges"][0] <= min(values)
    assert made["edges"][-1] >= max(values)
