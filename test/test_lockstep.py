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

"""The lock-step rig itself: time, frames, latency and stalls are what was asked for."""

from __future__ import annotations

import numpy as np
import pytest
from lockstep_bench import rig, static

from theylive_ros.benching.truth_eye import TruthEye
from theylive_ros.controller.lines.sim import SimConfig, SimLines
from theylive_ros.lockstep import TICK, camera_eye

ALIEN = {"actors": [static("alien", 20, 10)]}


class Watching(TruthEye):
    def __call__(self, world, spot):
        self.times = [*getattr(self, "times", []), world.time]
        return super().__call__(world, spot)


@pytest.mark.parametrize("rate", [30, 24, 120])
def test_every_frame_is_taken_at_its_own_moment(rate):
    eye = Watching()
    rig(ALIEN, eye, rate=rate).run(0.5)
    assert eye.times == pytest.approx([k / rate for k in range(rate // 2)], abs=1e-6)


def test_a_target_is_heard_at_the_first_tick_after_its_latency():
    made = rig(ALIEN, latency=0.043)
    heard = []
    made.run(0.3, lambda state: heard.append((state.time - made.begin, state.stamp - made.begin)))
    fresh = [now - stamp for (now, stamp), (_, before) in zip(heard[1:], heard, strict=False) if stamp == stamp and stamp != before]
    assert len(fresh) == 8
    assert all(0.043 <= late < 0.043 + TICK + 1e-9 for late in fresh)


def test_the_planner_says_nothing_while_it_stalls_and_the_board_goes_on():
    eye, ticks = Watching(), []
    made = rig(ALIEN, eye)
    made.run(0.2)
    made.stall(0.1)
    made.run(0.2, lambda state: ticks.append(state.time - made.begin))
    assert min(ticks) == pytest.approx(0.3)
    assert len(eye.times) == 12


def test_frames_that_nobody_answers_are_lost():
    made = rig(ALIEN, TruthEye(silent=True))
    made.run(0.3)
    assert made.state.reasons[:1] == ("no_target",)
    assert made.score.report()["frames"] == 9


def test_a_camera_shows_the_spot_only_while_it_is_lit():
    seen = []

    def detect(picture):
        seen.append(picture)
        return TruthEye()(made.world, None)

    made = rig(ALIEN, camera_eye(detect))
    made.run(0.6)
    x, y = (round(v) for v in made.state.spot)
    first, last = (picture[y - 2 : y + 3, x - 2 : x + 3].astype(int) for picture in (seen[0], seen[-1]))
    assert last.max() > 240
    assert np.abs(last - first).max() > 60


def test_a_rig_that_cannot_home_says_so():
    with pytest.raises(RuntimeError, match="not homed"):
        rig(ALIEN, lines=SimLines(SimConfig(limit_x=-10000)))
