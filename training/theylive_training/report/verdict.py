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

"""What the models are good for and what they fall short of, in plain sentences."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from theylive_training.judge.exam import BACKGROUNDS, COMPOSED, CROWDED, SIMULATED, VALIDATION
from theylive_training.judge.limits import CLASSIFIER, DETECTOR
from theylive_training.report.figures import Figures
from theylive_training.report.models import EVALUATION, Model
from theylive_training.report.words import share

GOOD, SHORT, UNKNOWN = "good", "short", "unknown"
SETS = {
    VALIDATION: "real pictures",
    BACKGROUNDS: "empty boards",
    COMPOSED: "composed frames",
    CROWDED: "crowded frames",
    SIMULATED: "simulated frames",
}


@dataclasses.dataclass(frozen=True)
class Verdict:
    """Of one model. level: GOOD, SHORT or UNKNOWN; headline: one line; does: what it does; lacks: its shortfalls; beware: doubts."""

    level: str
    headline: str
    does: tuple[str, ...]
    lacks: tuple[str, ...]
    beware: tuple[str, ...]


def verdict_of(model: Model) -> Verdict:
    """By the limits of a shipped model and by `verify`."""
    verified = model.run.verified if model.run else None
    exported = model.run.exported if model.run else None
    lacks = [_worded(line) for line in model.shortfalls]
    if verified:
        lacks += [f"int8 against float: {line.removeprefix('int8: ')}" for line in verified.failed if not line.startswith("Edge TPU")]
    if exported and exported.edgetpu and not exported.edgetpu.ok:
        lacks.append(f"not all of it maps onto the Edge TPU: {exported.edgetpu.on_cpu} operators would stay on the CPU")
    does = tuple(words for words in (_heads(model), _silence(model), _frames(model), _centres(model)) if words)
    beware = [model.doubt] if model.doubt else []
    if model.judged_by and model.judged_by != EVALUATION:
        beware.append("judged by `verify` alone, on fewer kinds of pictures than `evaluate` has")
    if model.judged_by and VALIDATION not in model.sets:
        beware.append("judged without real pictures: how it does on the real board is not known")
    return Verdict(*_level(model, lacks), does, tuple(lacks), tuple(beware))


def summary(models: Sequence[Model], verdicts: Sequence[Verdict]) -> str:
    """One sentence about models that the same pictures judged."""
    good = [m for m, v in zip(models, verdicts, strict=True) if v.level == GOOD]
    judged = sum(v.level != UNKNOWN for v in verdicts)
    if not judged:
        return "No model has been judged yet, so nothing can be said about how good they are."
    if not good:
        return f"{'The model falls' if judged == 1 else f'All {judged} judged models fall'} short of what a shipped model must reach."
    if judged == 1:
        return f"{good[0].name} reaches every goal of a model that is shipped."
    told = (
        f"{len(good)} of {judged} judged models {'reaches' if len(good) == 1 else 'reach'} every goal: {_listed([m.name for m in good])}."
    )
    timed = [m for m in good if m.exhaustive and m.judged and m.judged.cpu_ms is not None]
    if len(timed) < 2:
        return told
    fastest = min(timed, key=lambda m: m.judged.cpu_ms)
    return f"{told} The fastest that sees several heads is {fastest.name} ({fastest.judged.cpu_ms:.2f} ms a frame)."


def _level(model: Model, lacks: Sequence[str]) -> tuple[str, str]:
    if not model.judged_by:
        return UNKNOWN, "Not judged yet"
    kept = [SETS.get(name, name) for name in _kept(model)]
    if not lacks:
        return GOOD, f"Good enough to be shipped, by every limit on {_listed(kept)}" if kept else "Falls short of nothing that was asked"
    return SHORT, f"Falls short of {len(lacks)} limit{'s' * (len(lacks) > 1)}" + (f"; keeps all on {_listed(kept)}" if kept else "")


def _kept(model: Model) -> list[str]:
    """Sets that limits are set on, none of which is broken."""
    limits = DETECTOR if model.exhaustive else CLASSIFIER
    return [name for name in model.sets if name in limits and not any(s.startswith(f"{name}: ") for s in model.shortfalls)]


def _heads(model: Model) -> str:
    of = model.sets.get(VALIDATION)
    if of is None or not of.head_count:
        return ""
    if not of.exhaustive:
        return f"Tells one head a frame: right on {share(of.accuracy)} of {of.pictures} real pictures." if of.accuracy is not None else ""
    found = of.head_count - of.missed
    all_of = f"all {of.head_count}" if not of.missed else f"{found} of {of.head_count}"
    return f"Finds {all_of} heads on real pictures, {_johns(of)}."


def _johns(of: Figures) -> str:
    return "calls no John an alien" if not of.john_called_alien else f"calls {of.john_called_alien} of {of.heads['john']} Johns aliens"


def _silence(model: Model) -> str:
    of = model.sets.get(BACKGROUNDS)
    if of is None:
        return ""
    return f"Sees {'no head' if not of.made_up else f'{of.made_up} heads that are not there'} on {of.pictures} empty boards."


def _frames(model: Model) -> str:
    told = [
        f"{share(of.recall)} on {SETS[name]}{f' ({_johns(of)})' if of.john_called_alien else ''}"
        for name in (COMPOSED, CROWDED, SIMULATED)
        if (of := model.sets.get(name)) and of.recall is not None
    ]
    alone = "" if model.exhaustive else " where there is one alone"
    return f"Heads found{alone}: {_listed(told)}." if told else ""


def _centres(model: Model) -> str:
    of = model.sets.get(VALIDATION)
    if of is None or of.alien is None:
        return ""
    c = of.alien
    return f"Half of the aliens' centres are within {c.p50:.1f} px ({c.p50_mm:.1f} mm), 95 % within {c.p95:.1f} px ({c.p95_mm:.1f} mm)."


def _worded(shortfall: str) -> str:
    name, colon, rest = shortfall.partition(": ")
    return f"{SETS[name]}: {rest}" if colon and name in SETS else shortfall


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1] if words else "")))
