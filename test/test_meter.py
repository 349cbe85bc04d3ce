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

import pytest

pytest.importorskip("rclpy", reason="theylive_ros.nodes needs ROS 2 (rclpy)")

from hypothesis import given
from hypothesis import strategies as st

from theylive_ros.nodes.meter import Meter, percentiles
from theylive_ros.nodes.newest import Newest


def test_percentiles_are_values_that_occurred():
    assert percentiles(range(1, 101)) == {"p50": 50, "p95": 95, "p99": 99, "max": 100}
    assert percentiles([7.0]) == {"p50": 7.0, "p95": 7.0, "p99": 7.0, "max": 7.0}
    assert percentiles([]) == {}


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_percentiles_are_ordered(values):
    spread = percentiles(values)
    assert spread["p50"] <= spread["p95"] <= spread["p99"] <= spread["max"] == max(values)


def test_rates_are_counts_over_the_time_since_last_asked():
    now = [0.0]
    meter = Meter(clock=lambda: now[0])
    meter.count("frames", 60)
    now[0] = 2.0
    assert meter.rates() == {"frames": 30.0}
    now[0] = 3.0
    assert meter.rates() == {"frames": 0.0}
    assert meter.counts() == {"frames": 60}


def test_latencies_forget_what_left_the_window():
    meter = Meter(window=2)
    for value in (9.0, 1.0, 2.0):
        meter.latency("x", value)
    assert meter.latencies()["x"]["max"] == 2.0


def test_the_newest_item_wins_and_the_loser_is_counted():
    slot = Newest()
    for item in "abc":
        slot.put(item)
    assert slot.take() == "c"
    assert slot.skipped == 2
    assert slot.take(timeout=0.01) is None


def test_a_closed_slot_lets_its_taker_go():
    slot = Newest()
    slot.put("x")
    slot.close()
    assert slot.take() is None
    assert slot.closed
