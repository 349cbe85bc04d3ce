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

"""The drawn board: seeded wood with upright grain in uneven light."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from theylive_ros.simulator.board import BoardSettings, draw_board

PLAIN = BoardSettings()


def test_the_same_seed_is_the_same_wood_and_another_seed_is_another():
    assert np.array_equal(draw_board(PLAIN, 160, 120), draw_board(PLAIN, 160, 120))
    assert not np.array_equal(draw_board(PLAIN, 160, 120), draw_board(dataclasses.replace(PLAIN, seed=2), 160, 120))


def test_the_board_has_the_size_asked_for_and_the_real_ones_colour():
    board = draw_board(PLAIN, 320, 240)
    assert board.shape == (240, 320, 3)
    assert board.dtype == np.uint8
    blue, green, red = board.reshape(-1, 3).mean(0)
    assert (blue, green, red) == (pytest.approx(116, abs=15), pytest.approx(152, abs=12), pytest.approx(151, abs=12))


def test_the_grain_runs_upright():
    board = draw_board(dataclasses.replace(PLAIN, falloff=0.0, vignette=0.0), 320, 240).astype(float).mean(axis=2)
    across, along = np.abs(np.diff(board, axis=1)).mean(), np.abs(np.diff(board, axis=0)).mean()
    assert across > 1.6 * along


def test_light_from_above_is_brighter_above():
    board = draw_board(dataclasses.replace(PLAIN, light_deg=-90.0), 320, 240).astype(float)
    assert board[:60].mean() > board[-60:].mean() + 20


def test_without_grain_seams_and_light_the_board_is_plain():
    board = draw_board(BoardSettings(grain=0.0, seams=0, falloff=0.0, vignette=0.0), 64, 48)
    assert np.ptp(board.reshape(-1, 3), axis=0).max() == 0
