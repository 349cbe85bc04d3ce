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

"""Everything that is promised of the pointing, measured in one run: what can be computed is computed on all cores, and these computations
are the load under which reactions and pulses are timed meanwhile."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable, Iterable
from typing import Any

from theylive_ros.benching import accuracy, faults, lateness, moves, pulses, reaction
from theylive_ros.benching.faults import Outcome
from theylive_ros.benching.figures import Figure
from theylive_ros.benching.load import Job, Load
from theylive_ros.benching.soak import soak

_SLICE = 100  # trials of a fault in one job
_SOAKED = 500_000  # pulses in one job

Say = Callable[[str], None]


@dataclasses.dataclass(frozen=True)
class Amounts:
    """How much of everything. trials: of each fault; pulses: in virtual time; kills, stops, stalls: in wall time; seconds: of shooting in
    wall time with the detector, for each kind of event; moves: random ones."""

    trials: int = 1000
    pulses: int = 10_000_000
    kills: int = 50
    stops: int = 50
    stalls: int = 40
    seconds: float = 25.0
    moves: int = 1000


def measure(amounts: Amounts, say: Say, model: str = "") -> tuple[list[Figure], dict[str, Any]]:
    """All figures, and the histograms (ms) by name. say: told what is going on. model: the detector's, empty for the shipped one."""
    began = time.monotonic()
    slices = [min(_SLICE, amounts.trials - n) for n in range(0, amounts.trials, _SLICE)]
    soaks = [min(_SOAKED, amounts.pulses - n) for n in range(0, amounts.pulses, _SOAKED)]
    jobs: list[Job] = [(_accurate, (model,)), (moves.measure, (amounts.moves,))]
    jobs += [(faults.run, (fault, count, seed)) for fault in faults.FAULTS for seed, count in enumerate(slices)]
    jobs += [(soak, (count, seed)) for seed, count in enumerate(soaks)]
    with Load(jobs) as load:
        timed, histograms = _in_wall_time(amounts, say, model)
        say(f"waiting for {len(jobs)} computations")
        results = dict(load.results())
    done = [results[n] for n in range(len(jobs))]
    trials, soaked = done[2 : len(done) - len(soaks)], done[len(done) - len(soaks) :]
    say("pulses at 2 kHz on an idle machine")
    figures = [*done[0], *done[1].figures(), *_of_soak(soaked), *_of_faults(trials), *timed, *pulses.measure(seconds=8.0)]
    return [*figures, Figure("all of this", time.monotonic() - began, "s")], histograms


def _accurate(model: str) -> list[Figure]:
    made, truth = accuracy.calibrated()
    figures = accuracy.figures_of_calibration(made, truth)
    for name, scenario, closed, lost, to_aim, to_head in (
        ("at rest, open loop", accuracy.STATIC, False, 0, 2.5, 4.0),
        ("at rest, closed loop", accuracy.STATIC, True, 0, 1.2, 4.0),
        ("at rest, closed loop, 3 steps lost on each axis", accuracy.STATIC, True, 3, 2.5, 4.0),
        (f"at {accuracy.SPEED:g} mm/s, open loop", accuracy.MOVING, False, 0, 2.5, 5.0),
        (f"at {accuracy.SPEED:g} mm/s, closed loop", accuracy.MOVING, True, 0, 2.5, 5.0),
    ):
        found = accuracy.pointed(scenario, made.calibration, closed=closed, lost=lost, model=model)
        figures += accuracy.figures_of_pointing(name, found, to_aim, to_head)
    return figures


def _in_wall_time(amounts: Amounts, say: Say, model: str) -> tuple[list[Figure], dict[str, Any]]:
    figures, histograms = [Figure("reactions and lateness: cores, all of them busy", os.cpu_count() or 1)], {}
    for words, play in (
        (f"{amounts.stops} times the stop switch", lambda: reaction.stop_input(amounts.stops)),
        (f"{amounts.stalls} stalled planners", lambda: reaction.stalled_planner(amounts.stalls)),
        (f"{amounts.kills} killed planners", lambda: reaction.killed_planner(amounts.kills)),
        ("targets that vanish", lambda: reaction.target_lost(amounts.seconds, model)),
        ("John, who comes near", lambda: reaction.john_near(amounts.seconds, model)),
    ):
        say(words)
        found = play()
        figures += found.figures()
        histograms[found.name] = found.plain()
    say("lateness of pulses")
    late = lateness.measure(3.0)
    return [*figures, *late.figures()], {**histograms, "pulse after its moment": late.plain()}


def _of_soak(found: Iterable[dict[str, Any]]) -> list[Figure]:
    runs = list(found)

    def total(name: str) -> int:
        return sum(run[name] for run in runs)

    return [
        Figure("pulses with random lateness, virtual time: made", total("made"), "", at_least=sum(1 for _ in runs)),
        Figure("pulses: made and not counted, or counted and not made", abs(total("made") - total("counted")), "", at_most=0),
        *(Figure(f"pulses: {name.replace('_', ' ')}", total(name), "", at_most=0) for name in ("lost", "doubled", "astray", "too_close")),
        Figure("pulses: schedule shifted by lateness, most", max(run["late_ms"] for run in runs), "ms"),
    ]


def _of_faults(found: Iterable[Outcome]) -> list[Figure]:
    by_name: dict[str, Outcome] = {}
    for outcome in found:
        by_name[outcome.fault] = by_name.get(outcome.fault, Outcome(outcome.fault)) + outcome
    figures = []
    for name, o in by_name.items():
        figures += [
            Figure(f"{name}: random trials, of {o.lit:.0f} s of light", o.trials),
            Figure(f"{name}: light on John", o.john_lit, "s", at_most=0),
            Figure(f"{name}: not dark in time", o.late, "", at_most=0),
            Figure(f"{name}: no word on why", o.unsaid, "", at_most=0),
            Figure(f"{name}: last light after it, at most", 1e3 * o.worst, "ms"),
        ]
    return figures
