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

"""The judge: what counts as a shot, a hit, a lit John, a missed alien, and how errors are measured."""

from __future__ import annotations

import json
import math

import pytest

from theylive_ros.simulator.score import Score, spread
from theylive_ros.simulator.truth import LitSample, TrueHead

MM = 0.785


def _head(number, label="alien", x=100.0, y=100.0, visible=1.0, born=math.nan, vx=0.0):
    return TrueHead(number, label, x, y, 64.0, 64.0, visible, vx, 0.0, born)


def _light(start, end, x, y, aim=None, period=0.001):
    aim_x, aim_y = aim or (x, y)
    return [LitSample(start + k * period, x, y, aim_x, aim_y) for k in range(1, round((end - start) / period) + 1)]


def _run(heads, light=lambda a, b: [], seconds=3.0, fps=30):
    """Play `heads(t)` and `light(from, to)` to the judge; its report."""
    score, last = Score(MM), 0.0
    for k in range(round(seconds * fps) + 1):
        t = k / fps
        score.feed(t, heads(t), light(last, t) if k else [])
        last = t
    return score.report()


def test_nothing_fed_is_nothing_reported():
    report = Score(MM).report()
    assert (report["frames"], report["shots"], report["fps"]) == (0, 0, None)
    assert report["spot_to_aim_mm"] == {"p50": None, "p95": None, "max": None}
    json.dumps(report)


def test_an_alien_lit_for_twenty_milliseconds_is_hit():
    report = _run(lambda t: [_head(1)], lambda a, b: _light(a, a + 0.02, 100, 100) if abs(b - 1.0) < 1e-9 else [])
    assert (report["shots"], report["hits"], report["aliens_hit"], report["aliens_missed"]) == (1, 1, 1, 0)


def test_an_alien_lit_more_shortly_is_not():
    report = _run(lambda t: [_head(1)], lambda a, b: _light(a, a + 0.015, 100, 100) if abs(b - 1.0) < 1e-9 else [])
    assert (report["shots"], report["hits"], report["aliens_hit"], report["aliens_missed"]) == (1, 0, 0, 1)


def test_light_beside_the_hit_radius_is_no_hit():
    report = _run(lambda t: [_head(1)], lambda a, b: _light(a, b, 117, 100))
    assert (report["shots"], report["hits"], report["stray_lit_s"]) == (1, 0, 0)
    assert report["pointing_error_mm"]["p50"] == pytest.approx(17 * MM, abs=1e-3)


def test_a_pause_or_a_leap_of_the_aim_begins_another_shot():
    def light(a, b):
        if b < 0.5 or 1.0 < b < 1.5:
            return _light(a, b, 100, 100)
        return _light(a, b, 200, 100) if 1.5 < b < 2 else []

    report = _run(lambda t: [_head(1), _head(2, x=200)], light)
    assert (report["shots"], report["hits"], report["aliens_hit"]) == (3, 3, 2)


def test_any_light_in_johns_box_is_a_john_hit():
    report = _run(lambda t: [_head(1, "john")], lambda a, b: _light(a, a + 0.002, 131, 70) if abs(b - 1.0) < 1e-9 else [])
    assert (report["john_hits"], report["john_lit_s"]) == (1, pytest.approx(0.002))


def test_light_just_outside_johns_box_is_none():
    report = _run(lambda t: [_head(1, "john")], lambda a, b: _light(a, b, 133, 100))
    assert report["john_hits"] == 0
    assert report["stray_lit_s"] == pytest.approx(3, abs=0.05)


def test_john_is_where_he_was_at_the_moment_of_the_light_not_at_the_frame():
    """He walks at 960 px/s: 32 px in a frame. The light fell 30 ms before the frame, when he was not yet there."""
    early = _run(lambda t: [_head(1, "john", x=960 * t)], lambda a, b: _light(a, a + 0.002, 995, 100) if abs(b - 1.0) < 1e-9 else [])
    late = _run(lambda t: [_head(1, "john", x=960 * t)], lambda a, b: _light(b - 0.002, b, 990, 100) if abs(b - 1.0) < 1e-9 else [])
    assert (early["john_hits"], late["john_hits"]) == (0, 1)


def test_john_is_not_hit_before_he_appeared():
    def heads(t):
        return [_head(1, "john", born=0.99)] if t >= 0.99 else []

    report = _run(heads, lambda a, b: _light(a, 0.98, 100, 100) if abs(b - 1.0) < 1e-9 else [])
    assert report["john_hits"] == 0


def test_john_who_left_since_the_frame_before_was_lit_all_the_same():
    def heads(t):
        return [_head(1, "john", vx=300.0)] if t < 0.99 else []

    report = _run(heads, lambda a, b: _light(a, a + 0.002, 131, 100) if abs(b - 1.0) < 1e-9 else [])
    assert report["john_hits"] == 1


def test_one_stretch_on_john_is_one_hit_and_its_length_is_told():
    report = _run(lambda t: [_head(1, "john")], lambda a, b: _light(a, b, 100, 100) if b < 0.51 or 1.0 < b < 1.21 else [])
    assert report["john_hits"] == 2
    assert report["john_longest_s"] == pytest.approx(0.5, abs=0.01)


def test_an_alien_nobody_shoots_is_missed_once_it_had_a_second_to_itself():
    assert _run(lambda t: [_head(1)], seconds=1.0)["aliens_missed"] == 0
    assert _run(lambda t: [_head(1)], seconds=1.3)["aliens_missed"] == 1


def test_among_three_aliens_each_needs_three_seconds():
    def heads(t):
        return [_head(k, x=60 + 80 * k) for k in (1, 2, 3)]

    assert _run(heads, seconds=2.9)["aliens_missed"] == 0
    assert _run(heads, seconds=3.3)["aliens_missed"] == 3


@pytest.mark.parametrize(
    "heads",
    [[_head(1), _head(2, "john", x=155)], [_head(1, visible=0.9)], [_head(1), _head(2, "john", x=110, y=150)]],
    ids=["beside John", "half outside", "below John"],
)
def test_an_alien_that_could_not_be_shot_is_not_missed(heads):
    assert _run(lambda t: heads, seconds=5)["aliens_missed"] == 0


def test_an_alien_under_another_head_is_not_due_and_the_one_on_top_is():
    report = _run(lambda t: [_head(1), _head(2, x=120)], seconds=5)
    assert [m["id"] for m in report["missed"]] == [2]


def test_time_to_target_runs_from_the_whole_box_in_the_picture_to_the_first_light_on_it():
    def heads(t):
        return [_head(1, visible=1.0 if t > 0.999 else 0.6)]

    report = _run(heads, lambda a, b: _light(a, b, 100, 100) if b > 1.41 else [])
    assert report["time_to_target_s"]["p50"] == pytest.approx(0.4, abs=0.005)


def test_time_to_target_of_one_that_pops_up_runs_from_its_birth():
    report = _run(lambda t: [_head(1, born=0.98)] if t >= 0.98 else [], lambda a, b: _light(a, b, 100, 100) if b > 1.31 else [])
    assert report["time_to_target_s"]["p50"] == pytest.approx(1.301 - 0.98 + 0.0, abs=0.035)


def test_time_to_a_clear_target_begins_when_john_is_out_of_the_way():
    def heads(t):
        return [_head(1), _head(2, "john", x=155 if t < 0.999 else 300)]

    report = _run(heads, lambda a, b: _light(a, b, 100, 100) if b > 1.21 else [])
    assert report["time_to_target_s"]["p50"] == pytest.approx(1.2, abs=0.005)
    assert report["time_to_clear_target_s"]["p50"] == pytest.approx(0.2, abs=0.005)


def test_spot_to_aim_is_in_millimetres_and_takes_the_frames_aim_where_a_sample_has_none():
    score = Score(MM)
    score.feed(0.0, [_head(1)])
    score.feed(0.1, [_head(1)], [LitSample(0.05, 100, 100)], aim=(103, 104))
    assert score.report()["spot_to_aim_mm"]["max"] == pytest.approx(5 * MM, abs=1e-3)


def test_a_report_is_plain_json_with_the_numbers_of_the_demo():
    report = _run(lambda t: [_head(1), _head(2, "john", x=250)], lambda a, b: _light(a, b, 101, 100))
    again = json.loads(json.dumps(report))
    assert again["frames"] == 91
    assert again["fps"] == 30
    for key in ("time_to_target_s", "spot_to_aim_mm", "pointing_error_mm"):
        assert set(again[key]) == {"p50", "p95", "max"}
    assert again["aliens"][0]["hit"]


def test_spread_leaves_out_what_is_not_a_number():
    assert spread([math.nan, 1.0, 3.0]) == {"p50": 2.0, "p95": 2.9, "max": 3.0}
