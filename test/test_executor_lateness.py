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
import math

from executor_rig import accepted, make, wire
from hypothesis import given, settings
from hypothesis import strategies as st

from theylive_ros.controller import plan as plans
from theylive_ros.controller import protocol as p


@st.composite
def journeys(draw):
    """Moves that each start in the middle of the last, as accelerations to try; and how late each wake-up is."""
    moves = draw(
        st.lists(
            st.tuples(
                st.lists(st.tuples(st.integers(500, 30_000), st.integers(-60, 60), st.integers(-60, 60)), min_size=1, max_size=4),
                st.integers(3_000, 120_000),
            ),
            min_size=1,
            max_size=6,
        )
    )
    late = draw(st.lists(st.sampled_from([0, 0, 0, 20, 150, 700, 5_000, 40_000]), min_size=1, max_size=20))
    return moves, late


def wander(state, parts, limit):
    """Segments from a state (x, vx, y, vy) on, with accelerations bent so that the speed limit holds, ending at rest."""
    axes = [list(state[:2]), list(state[2:])]
    segments = []

    def add(duration, accels):
        segments.append((duration, axes[0][0], axes[0][1], accels[0], axes[1][0], axes[1][1], accels[1]))
        for axis, a in zip(axes, accels, strict=True):
            axis[0] += (axis[1] + a * duration / 2) * duration
            axis[1] += a * duration

    for us, ax, ay in parts:
        duration = us * 1e-6
        bent = [
            (max(-limit, min(limit, axis[1] + a * 1000.0 * duration)) - axis[1]) / duration for axis, a in zip(axes, (ax, ay), strict=True)
        ]
        add(duration, bent)
    slowest = max(abs(axis[1]) for axis in axes) / 60_000.0 + 0.001
    add(slowest, [-axis[1] / slowest for axis in axes])
    return segments


@settings(max_examples=150, deadline=None)
@given(journeys())
def test_whatever_is_asked_and_however_late_pulses_are_counted_spaced_and_none_is_lost(journey):
    moves, late = journey
    executor, lines = make()
    now, goal, turn = 1_000, (0.0, 0.0), 0

    def run_until(until):
        nonlocal now, turn
        while now < until:
            now = max(now, executor.due_us) + late[turn % len(late)]
            turn += 1
            executor.advance(now)

    for parts, pause in moves:
        tau = now - executor.player.lag_us
        start = tau + 2_000
        running = executor.player.plan or [
            plans.rest(0, plans.FOREVER, (float(executor.player.position[0]), float(executor.player.position[1])), True)
        ]
        state = (*plans.state(running, 0, start), *plans.state(running, 1, start))
        segments = wire(wander(state, parts, 1900.0))
        answer = executor.handle(p.Move(True, start, segments), now)
        accepted(answer)
        goal = plans.end_of(executor.player.plan[-1])
        run_until(now + pause)
    while executor.report(now).moving and turn < 100_000:
        run_until(now + 1_000_000)

    assert not executor.report(now).moving
    assert executor.player.lag_us == 0
    for axis in (0, 1):
        steps = [(t, d) for t, a, d in lines.steps if a == axis]
        assert sum(d for _, d in steps) == executor.player.position[axis] == math.floor(goal[axis] + 0.5)
        assert len(steps) == executor.player.pulses[axis]
        times = [t for t, _ in steps]
        assert all(b - a >= executor.settings.min_interval_us for a, b in itertools.pairwise(times))
