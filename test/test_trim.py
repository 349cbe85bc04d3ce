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

"""The trim: what is constant in where the spot is seen corrects the aim; a glint does not, and missed steps are told from noise."""

from __future__ import annotations

import dataclasses
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from theylive_ros.mirrors.calibration import nominal
from theylive_ros.mirrors.motion import State
from theylive_ros.mirrors.trim import Trim, TrimSettings, offset_of, sigma_of
from theylive_ros.settings import check
from theylive_ros.types import SpotSeen

RIG = nominal()
SETTINGS = TrimSettings()
HERE = (20.0, -10.0)
SIGMA = (0.1, 0.1)


def fed(offs, trim=None, sigma=SIGMA, place=HERE, begin=1.0) -> Trim:
    """A trim that saw a spot at 30 Hz with each of these offsets."""
    trim = trim or Trim()
    for i, off in enumerate(offs):
        trim.see(begin + i / 30, off, sigma, place)
    return trim


def test_a_constant_offset_is_learned_within_a_few_frames_and_its_noise_averaged():
    chance = random.Random(1)
    offs = [(0.6 + chance.gauss(0, 0.15), -0.4 + chance.gauss(0, 0.15)) for _ in range(60)]
    assert fed(offs[:5]).offset == pytest.approx((0.6, -0.4), abs=0.2)
    assert fed(offs).offset == pytest.approx((0.6, -0.4), abs=0.06)


def test_a_surer_spot_counts_for_more():
    sure, unsure = fed([(0.5, 0.5)], sigma=(0.03, 0.03)), fed([(0.5, 0.5)], sigma=(1.0, 1.0))
    assert sure.offset[0] > 0.4
    assert unsure.offset[0] < 0.1


def test_nothing_seen_is_no_trim_and_the_doubt_is_that_of_the_map():
    trim = Trim()
    assert (trim.offset, trim.missed_steps, trim.lost, trim.suspected) == ((0.0, 0.0), (0, 0), False, None)
    assert trim.sigma(0.0, HERE) == pytest.approx((SETTINGS.map_sigma,) * 2)


def test_doubt_falls_with_every_spot_and_comes_back_with_time_and_with_way():
    trim = fed([(0.1, 0.1)] * 10)
    now = 1.0 + 9 / 30
    fresh = trim.sigma(now, HERE)[0]
    assert fresh < SETTINGS.map_sigma / 3
    assert fresh < trim.sigma(now + 2, HERE)[0] < trim.sigma(now + 5, HERE)[0] < SETTINGS.map_sigma
    assert fresh < trim.sigma(now, (60.0, -10.0))[0] < SETTINGS.map_sigma
    assert trim.sigma(now + SETTINGS.memory, HERE)[0] == trim.sigma(now, (900.0, 0.0))[0] == pytest.approx(SETTINGS.map_sigma)


def test_a_poor_map_is_corrected_sooner_and_leaves_more_doubt():
    trims = Trim(), Trim()
    trims[1].map_sigma = 0.6
    for trim in trims:
        fed([(0.8, 0.8)], trim)
    assert trims[1].offset[0] > 0.7 > trims[0].offset[0]
    assert trims[1].sigma(1.0, (900.0, 0.0))[0] == pytest.approx(0.6)


def test_a_calibration_says_by_its_residuals_how_sure_its_map_is():
    assert sigma_of(RIG) == 0.0
    # half a microstep or so for a pixel; half of the variance in each axis
    assert sigma_of(dataclasses.replace(RIG, rms_px=1.0)) == pytest.approx(0.5 / math.sqrt(2), rel=0.05)


def test_a_count_that_may_be_wrong_leaves_more_doubt_until_the_spot_is_seen_again():
    trim = fed([(0.0, 0.0)] * 10)
    sure = trim.sigma(2.0, HERE)
    trim.count(1.5, (4, 0))
    assert trim.sigma(2.0, HERE) == (pytest.approx(1.0, abs=0.02), sure[1])
    # two pulses more than were counted are no surprise then, and no glint either
    fed([(2.0, 0.0)] * 2, trim, begin=2.0)
    assert trim.suspected is None
    assert trim.offset[0] == pytest.approx(2.0, abs=0.1)
    assert trim.sigma(2.1, HERE)[0] < 0.2
    # what was in doubt before is seen now; only more would be news
    trim.count(2.05, (5, 0))
    assert trim.sigma(2.1, HERE)[0] == pytest.approx(0.5, abs=0.05)
    # homed: the controller counts its doubts anew
    trim.reset()
    trim.count(2.5, (0, 0))
    assert trim.sigma(3.0, HERE) == pytest.approx((SETTINGS.map_sigma,) * 2)


def test_what_was_miscounted_after_a_picture_was_taken_is_not_seen_in_it():
    trim = fed([(0.0, 0.0)] * 10)
    trim.count(2.0, (4, 0))
    fed([(0.0, 0.0)], trim, begin=1.95)
    assert trim.sigma(2.01, HERE)[0] == pytest.approx(1.0, abs=0.02)
    fed([(0.0, 0.0)], trim, begin=2.0)
    assert trim.sigma(2.07, HERE)[0] < 0.2
    # a new map knows nothing, but what the count's error was before is no news
    trim.reset()
    fed([(0.0, 0.0)] * 3, trim, begin=3.0)
    assert trim.sigma(3.1, HERE)[0] < 0.2


def test_after_a_long_way_the_new_place_is_learned_at_once_again():
    trim = fed([(0.3, 0.3)] * 60)
    before = trim.offset
    fed([(-0.3, -0.3)] * 3, trim, place=(150.0, 80.0), begin=10.0)
    assert before[0] == pytest.approx(0.3, abs=0.01)
    assert trim.offset[0] < -0.1


def test_one_glint_moves_nothing_but_its_place_is_kept_in_mind_until_a_good_spot():
    trim = fed([(0.2, 0.1)] * 10)
    offset = trim.offset
    fed([(9.0, -4.0)], trim, begin=2.0)
    assert trim.offset == offset
    assert trim.suspected == (9.0, -4.0)
    fed([(0.2, 0.1)], trim, begin=3.0)
    assert trim.suspected is None
    assert trim.offset == pytest.approx(offset, abs=0.01)


def test_glints_here_and_there_are_never_believed():
    chance = random.Random(3)
    trim = fed([(chance.uniform(-60, 60), chance.uniform(-60, 60)) for _ in range(300)])
    assert trim.offset == (0.0, 0.0)
    assert trim.missed_steps == (0, 0)
    assert not trim.lost


def test_missed_steps_are_believed_when_three_spots_in_a_row_agree():
    trim = fed([(0.1, 0.0)] * 10)
    fed([(-4.1, 2.9), (-3.9, 3.0)], trim, begin=2.0)
    assert trim.missed_steps == (0, 0)
    fed([(-4.0, 3.1)], trim, begin=3.0)
    assert trim.missed_steps == (-4, 3)
    assert trim.offset == pytest.approx((-4.0, 3.0), abs=0.05)
    assert trim.suspected is None
    assert not trim.lost


def test_a_glint_that_is_told_several_times_is_one_glint():
    trim = fed([(0.1, 0.0)] * 10)
    for _ in range(SETTINGS.confirm):
        trim.see(2.0, (-4.0, 3.0), SIGMA, HERE)
    assert trim.missed_steps == (0, 0)
    assert trim.suspected == (-4.0, 3.0)


def test_beyond_the_limit_the_reference_is_lost_until_reset():
    trim = fed([(0.0, SETTINGS.limit + 1)] * SETTINGS.confirm)
    assert trim.lost
    trim.reset()
    assert not trim.lost
    assert trim.offset == (0.0, 0.0)


def test_a_slow_drift_beyond_the_limit_loses_the_reference_too():
    trim = fed([(i * 0.02, 0.0) for i in range(600)])
    assert trim.lost


def test_rounding_and_noise_are_no_missed_steps():
    chance = random.Random(5)
    for seed in range(50):
        real = 0.4 * math.sin(seed)
        trim = fed([(real + chance.gauss(0, 0.2), real + chance.gauss(0, 0.2)) for _ in range(20)])
        assert trim.missed_steps == (0, 0)


def test_a_spot_that_is_not_newer_than_the_last_is_left_out():
    trim = fed([(0.5, 0.5)])
    offset = trim.offset
    trim.see(1.0, (-0.5, -0.5), SIGMA, HERE)
    trim.see(0.5, (-0.5, -0.5), SIGMA, HERE)
    assert trim.offset == offset


@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50)), max_size=40))
def test_the_trim_never_goes_beyond_what_was_seen(offs):
    trim = fed(offs)
    for axis in (0, 1):
        seen = [0.0, *(off[axis] for off in offs)]
        assert min(seen) - 1e-9 <= trim.offset[axis] <= max(seen) + 1e-9


# --- from a pixel to an offset


def counted(x=20.0, y=-10.0) -> State:
    return State(x, 0.0, y, 0.0)


def spot(off=(0.0, 0.0), **changes) -> SpotSeen:
    x, y = RIG.steps_to_pixel(20.0 + off[0], -10.0 + off[1])
    return dataclasses.replace(SpotSeen(stamp=1.0, found=True, x=x, y=y, sigma=0.2, reason=""), **changes)


def test_a_spot_tells_how_far_the_axes_are_from_their_count():
    off, sigma = offset_of(spot((2.5, -1.25)), RIG, counted(), (0.0, 0.0), SETTINGS)
    assert off == pytest.approx((2.5, -1.25))
    # half a microstep or so for a pixel, as sure as the finder says, and never surer than a finder can be
    assert sigma == pytest.approx((0.2 * 0.5,) * 2, rel=0.1)
    _, sigma = offset_of(spot(sigma=0.001), RIG, counted(), (0.0, 0.0), SETTINGS)
    assert sigma == pytest.approx((SETTINGS.noise * 0.5,) * 2, rel=0.1)


def test_axes_in_motion_make_a_spot_less_sure():
    still, moving = (offset_of(spot(), RIG, counted(), travel, SETTINGS)[1] for travel in ((0.0, 0.0), (2.0, 0.0)))
    assert moving[0] > 1.0 > still[0]
    assert moving[1] == still[1]


@pytest.mark.parametrize("changes", [{"found": False}, {"sigma": 2.5}, {"sigma": math.nan}, {"x": math.nan}, {"y": math.inf}])
def test_no_spot_and_no_sure_spot_tell_nothing(changes):
    assert offset_of(spot(**changes), RIG, counted(), (0.0, 0.0), SETTINGS) is None


def test_settings_out_of_range_are_refused():
    check(TrimSettings())
    with pytest.raises(ValueError, match="limit"):
        check(TrimSettings(limit=0.0))
