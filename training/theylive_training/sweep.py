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

"""Several nets of several sizes trained alike and judged in one run: what accuracy costs in time."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from theylive_training.data import dataset
from theylive_training.errors import TrainingError
from theylive_training.judge import evaluation, exam
from theylive_training.judge.predictor import open_predictor
from theylive_training.nets.spec import NetSpec
from theylive_training.run_folder import read_json
from theylive_training.tflite.export import export
from theylive_training.train.fit import fit
from theylive_training.train.plan import Plan
from theylive_training.train.progress import Progress

SCHEMA = 1
RESULTS, PLOT = "sweep.json", "pareto.png"  # in the sweep's folder, beside those of the trainings
_PART = "val"


@dataclasses.dataclass(frozen=True)
class Point:
    """One model of a sweep. ms: of the processor for a frame, from BGR to detections. map50_95, accuracy: None where a net has none.

    centre_p50: of the aliens (px of a picture as it was taken, 224 x 224). All on the set `validation`, without data on `simulated`.
    """

    model: str
    net: str
    side: int
    width: float
    ms: float
    map50_95: float | None
    accuracy: float | None
    recall: float | None
    centre_p50: float | None


def specs(nets: Sequence[str], sides: Sequence[int], widths: Sequence[float]) -> list[NetSpec]:
    """Every net in every size; a width counts against the net's own usual one. Raises TrainingError for what cannot be."""
    usual = {net: NetSpec(net).kind.width for net in nets}
    return [NetSpec(net, side, round(usual[net] * width, 4)) for net, side, width in itertools.product(nets, sides, widths)]


def refuse_used(out: Path) -> None:
    """Raise TrainingError where a folder holds other things than trainings and what a sweep leaves."""
    if not out.is_dir():
        return
    is_sweep = (out / RESULTS).is_file() and "points" in read_json(out / RESULTS)
    for path in out.iterdir():
        is_ours = path.name.startswith(".") or (path / "run.json").is_file() or (is_sweep and path.name in (RESULTS, PLOT))
        if not is_ours:
            raise TrainingError(f"{out} holds other things than a sweep ({path.name}): give another folder as --out")


def sweep(plans: Sequence[Plan], report: Callable[[str], None], runs: int = 300) -> list[Point]:
    """Train and export what is not there yet, then judge all side by side. Raises TrainingError.

    plans: with data and split in common, each with a folder of its own. Stopped and run again it goes on where it was.
    """
    models = [_model(plan, report) for plan in plans]
    first = plans[0]
    data = dataset.load(first.data, first.split) if first.data else None
    sets = (exam.VALIDATION, exam.SIMULATED) if data else (exam.SIMULATED,)
    pictures = exam.make_exam(data, first.schedule.seed, part=_PART, sets=sets)
    terms = evaluation.Terms(_PART, 0.5, runs, peer=0)
    with contextlib.ExitStack() as opened:
        predictors = [opened.enter_context(open_predictor(model)) for model in models]
        candidates = [(m.stem, m, p) for m, p in zip(models, predictors, strict=True)]
        with Progress("judging", evaluation.steps(len(models), pictures, terms)) as progress:
            judged = evaluation.judge(candidates, pictures, [data] if data else [], terms, progress.advance)
    return [_point(plan.spec, j.to_json(), sets[0]) for plan, j in zip(plans, judged, strict=True)]


def front(points: Sequence[Point], cost: Callable[[Point], float | None]) -> list[Point]:
    """The Pareto front, fastest first: points than which none is both faster and of a lower cost. A point without a cost is left out."""
    best: list[Point] = []
    known = [p for p in points if cost(p) is not None]
    for point in sorted(known, key=lambda p: (p.ms, cost(p))):
        if not best or cost(point) < cost(best[-1]):
            best.append(point)
    return best


def _model(plan: Plan, report: Callable[[str], None]) -> Path:
    report(f"{plan.spec.model_name}: {plan.out}")
    run = fit(plan)
    return run.model if run.model.is_file() else export(run, report=report)


def _point(spec: NetSpec, result: dict[str, Any], of: str) -> Point:
    measured = result["sets"][of]
    aliens = measured["centre_error_px"]["alien"] or {}
    return Point(
        model=result["name"],
        net=spec.net,
        side=spec.side,
        width=spec.channels,
        ms=result["latency_ms"]["cpu_p50"],
        map50_95=measured.get("map50_95"),
        accuracy=measured["accuracy"],
        recall=measured["recall"],
        centre_p50=aliens.get("p50"),
    )
