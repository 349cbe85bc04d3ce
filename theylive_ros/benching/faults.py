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

"""Every fault, a thousand times at random moments in virtual time: does it end dark, in time, with a word on why, and was John ever lit?

A rig shoots aliens among which John walks; then something happens; some time later somebody mends it and arms the rig again.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import random
from collections.abc import Callable
from typing import Any, NamedTuple

from theylive_ros import plugins
from theylive_ros.benching.faulty_lines import FaultyLines
from theylive_ros.benching.figures import BenchError
from theylive_ros.benching.john_watch import JohnWatch, gap
from theylive_ros.benching.truth_eye import TruthEye
from theylive_ros.benching.truth_spot import TruthSpot
from theylive_ros.controller.config import ExecutorSettings
from theylive_ros.lockstep import TICK, LockStep
from theylive_ros.mirrors.gate import GateSettings
from theylive_ros.mirrors.pointer import PointerError, PointerState
from theylive_ros.simulator.scenario import parse_scenario
from theylive_ros.simulator.world import World
from theylive_ros.types import Detections

FRAME = 1 / 30  # s
LATENCY = 0.012  # s from a frame to its target
# s until what the board shows is acted on: the next frame, its way through detector and selector, the planner's next look.
REACTION = FRAME + LATENCY + TICK
_GRAIN = 0.001  # s, of the record of light
_SWITCHES = ExecutorSettings().input_period_us * 1e-6 + _GRAIN
_GATE = GateSettings()
_PATIENCE = 8.0  # s of the rig's time for it to shine again
_HOMES_QUICKLY = ExecutorSettings(homing_rate=2000.0, homing_slow_rate=1000.0, homing_back_off=4)
_RIG_TRIALS = 100  # trials after which a new rig is taken
_MM = 0.785  # per px

_BUSY = [
    {"label": "alien", "look": 4, "path": {"kind": "static", "at_mm": [-60, 20]}},
    {
        "label": "alien",
        "look": 5,
        "path": {"kind": "waypoints", "points_mm": [[-80, -60], [80, -60], [0, -50]], "speed_mm_s": [60], "after": "back"},
    },
]
_WALKING = {"kind": "waypoints", "points_mm": [[60, 30], [0, 40], [60, 50]], "speed_mm_s": [60], "after": "back"}
_JOHN = {"label": "john", "look": 3, "path": _WALKING}
# Nobody can know of steps lost on the way before the first light at the wrong place was seen, so that John keeps away here.
_FAR = {**_JOHN, "path": {**_WALKING, "points_mm": [[60, 60], [40, 68], [60, 68]]}}
# Johns who pop up beside the alien that stands still, so near that the spot is within the guard radius but not on them, and Johns who
# come at all speeds.
_JOHNS = [
    *(
        {"label": "john", "look": 3, "appear_s": 0.5 * n, "every_s": [1.5, 2.5], "stay_s": [0.15, 0.4], "most": 1, "clear_mm": 30}
        | {"path": {"kind": "static", "at_mm": at}}
        for n, at in enumerate([[-28, 20], [-45, 48], [-92, 22], [-60, -13]])
    ),
    *(
        {"label": "john", "look": 6, "appear_s": n, "every_s": [2.5, 4.0], "stay_s": [0.4, 1.0], "most": 1, "clear_mm": 110}
        | {"path": {"kind": "bounce", "velocity_mm_s": velocity}}
        for n, velocity in enumerate([[250, -120], [-180, 90], [60, 40]])
    ),
]


class Fault(NamedTuple):
    """strike: lets it happen. within: s until dark for good. says: at least one of these reasons is told. mend: brings the rig back to
    where it can be reset, homed and armed."""

    strike: Callable[[LockStep, random.Random], None]
    within: float
    says: set[str]
    mend: Callable[[LockStep], None]


@dataclasses.dataclass
class Outcome:
    """Of the trials of one fault. late: it still shone when it should have been dark; unsaid: no reason was told; john_lit, lit: light on
    John and in all (s); worst: greatest time from the event to the last light (s)."""

    fault: str
    trials: int = 0
    late: int = 0
    unsaid: int = 0
    john_lit: float = 0.0
    lit: float = 0.0
    worst: float = 0.0

    def __add__(self, other: Outcome) -> Outcome:
        """Both together."""
        return Outcome(
            self.fault,
            self.trials + other.trials,
            self.late + other.late,
            self.unsaid + other.unsaid,
            self.john_lit + other.john_lit,
            self.lit + other.lit,
            max(self.worst, other.worst),
        )


class _Eye(TruthEye):
    """A camera that may freeze: it shows the same picture again and again, and the camera node (`RepeatWatch`) passes no repeat on."""

    frozen = False

    def __call__(self, world: World, spot: tuple[float, float] | None) -> Detections | None:
        return None if self.frozen else super().__call__(world, spot)


def _press_limit(rig: LockStep, chance: random.Random) -> None:
    rig.lines.pressed[chance.randrange(2)] = True


def _press_stop(rig: LockStep, chance: random.Random) -> None:
    rig.lines.stop_pressed = True


def _release(rig: LockStep) -> None:
    rig.lines.pressed = [False, False]
    rig.lines.stop_pressed = False


def _freeze(rig: LockStep, chance: random.Random) -> None:
    rig.eye.frozen = True


def _thaw(rig: LockStep) -> None:
    rig.eye.frozen = False


def _kill_planner(rig: LockStep, chance: random.Random) -> None:
    rig.kill_planner()


def _kill_controller(rig: LockStep, chance: random.Random) -> None:
    rig.kill_controller()


def _new_controller(rig: LockStep) -> None:
    rig.start_controller()
    rig.start_planner()


def _unplug(rig: LockStep, chance: random.Random) -> None:
    rig.transport.cut = True


def _jump(rig: LockStep, chance: random.Random) -> None:
    rig.clock_offset += chance.choice((-1, 1)) * 10 ** chance.uniform(-1, 8)


def _new_planner(rig: LockStep) -> None:
    rig.start_planner()


_FAULTS = {
    "limit input": Fault(_press_limit, _SWITCHES, {"limit_input", "controller_fault"}, _release),
    "stop input": Fault(_press_stop, _SWITCHES, {"stop_input", "controller_fault"}, _release),
    "frozen camera": Fault(_freeze, _GATE.target_timeout + TICK + _GRAIN, {"target_stale", "no_target"}, _thaw),
    "killed planner": Fault(_kill_planner, _GRAIN, {"not_armed"}, _new_planner),
    "killed controller": Fault(_kill_controller, _GRAIN, {"link_silent"}, _new_controller),
    "unplugged cable": Fault(_unplug, _GATE.lease + _GRAIN, {"link_silent"}, _new_planner),
    "clock jump": Fault(_jump, TICK + _GRAIN, {"clocks_unsteady"}, _new_planner),
}
LOST, JOHN = "lost steps", "john"
FAULTS = (*_FAULTS, LOST, JOHN)
_WATCH = 0.25  # s for which a fault lasts


def run(fault: str, trials: int, seed: int) -> Outcome:
    """So many random trials of one of FAULTS."""
    outcome = Outcome(fault)
    play = {LOST: _lost, JOHN: _come}.get(fault, _struck)
    while outcome.trials < trials:
        chance = random.Random(f"{fault}/{seed}/{outcome.trials}")
        outcome += play(fault, min(_RIG_TRIALS, trials - outcome.trials), chance)
    return outcome


def _struck(name: str, trials: int, chance: random.Random) -> Outcome:
    """Faults that strike while it shines."""
    fault, outcome = _FAULTS[name], Outcome(name, trials)
    rig = _rig({"actors": [*_BUSY, _JOHN]}, chance)
    for _ in range(trials):
        _shine(rig, chance)
        begun = rig.now
        fault.strike(rig, chance)
        rig.run(_WATCH)
        told = _told(rig)
        outcome.late += rig.score.last_light > begun + fault.within
        outcome.worst = max(outcome.worst, rig.score.last_light - begun)
        fault.mend(rig)
        rig.run(2 * TICK)
        outcome.unsaid += not fault.says & (told | _told(rig))
        _restore(rig)
    return _judged(outcome, rig)


def _lost(name: str, trials: int, chance: random.Random) -> Outcome:
    """Steps that are lost on the way from one alien to the next, more than the closed loop puts up with; counted from the first light at
    the wrong place."""
    outcome = Outcome(name, trials)
    rig = _rig({"actors": [*_BUSY, _FAR]}, chance)
    for _ in range(trials):
        _shine(rig, chance)
        rig.lines.to_lose[chance.randrange(2)] = chance.choice((-1, 1)) * chance.randrange(8, 21)
        begun, end = math.inf, rig.now + _PATIENCE
        while rig.state.disarmed_by != "missed_steps" and rig.now < end:
            rig.run(TICK)
            if rig.state.lit and not any(rig.lines.to_lose):
                begun = min(begun, rig.now)
        found, rig.lines.to_lose = rig.now, [0, 0]
        rig.run(_WATCH)
        outcome.late += rig.score.last_light > found + _GRAIN
        outcome.worst = max(outcome.worst, rig.score.last_light - begun)
        outcome.unsaid += rig.state.disarmed_by != "missed_steps"
        _restore(rig)
    return _judged(outcome, rig)


def _come(name: str, trials: int, chance: random.Random) -> Outcome:
    """Johns who pop up and Johns who come near, until there were so many."""
    outcome = Outcome(name, trials)
    rig = _rig({"actors": _BUSY, "spawn": _JOHNS}, chance)
    seen: set[int] = set()

    def look(state: PointerState) -> None:
        johns = [h for h in rig.world.heads() if h.label == "john"]
        seen.update(h.id for h in johns)
        if state.spot is None or "protected_near" in state.reasons:
            return
        known = [h for h in johns if rig.now - rig.begin - h.appeared_at > 2 * REACTION]
        outcome.unsaid += any(gap(h, *state.spot) <= 0 for h in known)

    while len(seen) < trials:
        rig.run(1.0, look)
    # the world brings heads at multiples of 10 ms
    outcome.late = rig.score.near_for > REACTION + 0.011
    outcome.worst = rig.score.near_for
    return _judged(outcome, rig)


def _rig(scenario: dict[str, Any], chance: random.Random) -> LockStep:
    seed = chance.randrange(1 << 30)
    rig = LockStep(
        parse_scenario(scenario),
        _Eye(seed=seed),
        plugins.create(plugins.SELECTORS, "round_robin"),
        seed=seed,
        latency=LATENCY,
        lines=FaultyLines(),
        spot_eye=TruthSpot(seed=seed),
        executor=_HOMES_QUICKLY,
    )
    rig.score = JohnWatch(1000 * _GATE.guard_radius / _MM)
    return rig


def _shine(rig: LockStep, chance: random.Random, wait: int = 20) -> None:
    """Until it shines, and up to `wait` ticks more."""
    end = rig.now + _PATIENCE
    while rig.now < end:
        rig.run(TICK)
        if rig.state.lit:
            rig.run(chance.randrange(wait + 1) * TICK)
            if rig.state.lit:
                return
    raise BenchError(f"the simulated rig did not shine within {_PATIENCE:.0f} s: {', '.join(rig.state.reasons)}")


def _told(rig: LockStep) -> set[str]:
    return {*rig.state.reasons, rig.state.disarmed_by}


def _restore(rig: LockStep) -> None:
    """Reset, home and arm, as a person would."""
    end = rig.now + _PATIENCE
    # a rig that has found out by itself that steps were lost homes by itself
    homing = rig.state.disarmed_by == "missed_steps"
    while not rig.state.armed and rig.now < end:
        status = rig.link.status()
        if status is not None and status.fault:
            rig.pointer.reset(rig.now)
        elif status is not None and not status.referenced and not homing:
            homing = True
            rig.pointer.home(rig.now)
        elif status is not None and status.referenced and not status.moving:
            with contextlib.suppress(PointerError):
                rig.pointer.arm(rig.now)
        rig.run(2 * TICK)


def _judged(outcome: Outcome, rig: LockStep) -> Outcome:
    return dataclasses.replace(outcome, john_lit=rig.score.john_lit, lit=rig.score.lit)
