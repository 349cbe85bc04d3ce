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

"""What the planner sees at one tick, put before the gate: of the target, or of an order in commissioning mode."""

from __future__ import annotations

import dataclasses
import math

from theylive_ros.mirrors import commissioning
from theylive_ros.mirrors.aim import lag_on_board, predict
from theylive_ros.mirrors.clock import Clocks
from theylive_ros.mirrors.commissioning import Order
from theylive_ros.mirrors.follower import Follower
from theylive_ros.mirrors.gate import GateSettings, Situation, distance_on_board, failing
from theylive_ros.mirrors.interface import ControllerStatus
from theylive_ros.mirrors.light import Light
from theylive_ros.mirrors.motion import State
from theylive_ros.mirrors.plane import Point
from theylive_ros.mirrors.trim import Trim
from theylive_ros.types import Target


@dataclasses.dataclass(frozen=True)
class Look:
    """What is there at a tick, whatever the mode. now: monotonic (s); armed, clocks, status, target: as the planner knows them."""

    now: float
    status: ControllerStatus | None
    armed: bool
    clocks: Clocks
    target: Target | None
    on_time: float


@dataclasses.dataclass(frozen=True)
class Verdict:
    """reasons: all that closes the gate. state: of the axes. The rest as in `PointerState`."""

    reasons: tuple[str, ...]
    state: State
    track_id: int
    aim: Point | None
    spot: Point | None
    error: float
    lag: float
    settled: bool


def judge_target(look: Look, follower: Follower, trim: Trim, gate: GateSettings) -> Verdict:
    """May the laser shine on the target?"""
    state, slewing = follower.present(look.status, look.now)
    target, calibration, suspected = look.target, follower.calibration, trim.suspected
    track = target.track if target else None
    aim = predict(track, target.stamp, look.now, follower.aim) if target and track else None
    spot = follower.pixel(state)
    situation = Situation(
        now=look.now,
        status=look.status,
        armed=look.armed,
        clocks=look.clocks,
        target=target,
        aim=aim,
        spot=spot,
        aim_steps=follower.steps(aim) if aim else None,
        spot_steps=state.place,
        on_plan=follower.on_plan,
        slewing=slewing,
        on_time=look.on_time,
        path=tuple(follower.path(look.status, look.now, look.now + gate.lease)),
        suspected=follower.pixel_off(state, suspected) if suspected else None,
        doubt=follower.doubt(state, trim.sigma(look.now, state.place)),
        missed_steps=trim.lost,
    )
    error = distance_on_board(calibration, spot, aim) if calibration and spot and aim else math.nan
    return Verdict(
        reasons=failing(situation, calibration, gate),
        state=state,
        track_id=track.id if track else 0,
        aim=aim,
        spot=spot,
        error=error,
        lag=lag_on_board(track, spot, aim, calibration, follower.aim) if calibration and track and spot and aim else math.nan,
        settled=error <= gate.settle_tolerance and follower.on_plan and not slewing,
    )


def judge_order(look: Look, follower: Follower, order: Order | None, light: Light, gate: GateSettings) -> Verdict:
    """May the laser shine where somebody has ordered it?"""
    state, slewing = follower.present(look.status, look.now)
    ordered = State(float(order.goal[0]), 0.0, float(order.goal[1]), 0.0) if order else None
    settled = state == ordered and follower.on_plan and not slewing
    situation = commissioning.Situation(
        now=look.now,
        status=look.status,
        clocks=look.clocks,
        target=look.target,
        order=order,
        on_plan=follower.on_plan,
        slewing=slewing,
        settled=settled,
        used=light.used(look.now, commissioning.WINDOW),
        shining=light.leased(look.now),
    )
    calibration = follower.calibration
    aim, spot = follower.pixel(ordered) if ordered else None, follower.pixel(state)
    return Verdict(
        reasons=commissioning.failing(situation, gate),
        state=state,
        track_id=0,
        aim=aim,
        spot=spot,
        error=distance_on_board(calibration, spot, aim) if calibration and spot and aim else math.nan,
        lag=math.nan,
        settled=settled,
    )
