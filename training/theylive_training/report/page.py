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

"""Puts the page together out of what was read."""

from __future__ import annotations

import dataclasses
import datetime
import functools
import shlex
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from theylive_ros.simulator.heads import MM_PER_PX
from theylive_training.judge import exam
from theylive_training.judge.exam import COMPOSED, CROWDED, SIMULATED, VALIDATION
from theylive_training.report import floor, words
from theylive_training.report.data_check import DataCheck
from theylive_training.report.evaluation import Evaluation
from theylive_training.report.file import MARK
from theylive_training.report.models import Model, groups_of
from theylive_training.report.picture import Embedded, photograph, plot
from theylive_training.report.run import Run
from theylive_training.report.sweep import Sweep
from theylive_training.report.verdict import SETS, Verdict, summary, verdict_of

_PLOTS = {
    "precision_recall.png": "Precision against recall, and both against the score",
    "confusion.png": "What is there, and what was said",
    "centres.png": "Where the found centres lie about the labelled ones",
    "reliability.png": "How often detections of a score are right",
}
_FILTERS = ("fixed", "general", "share", "whole", "millions", "megabytes", "kilobytes", "licence", "kind", "limit", "marked", "sentence")


@dataclasses.dataclass(frozen=True)
class Sources:
    """All that a page can be of. None: was not given."""

    runs: Sequence[Run]
    evaluations: Sequence[Evaluation] = ()
    data_check: DataCheck | None = None
    sweep: Sweep | None = None


@dataclasses.dataclass(frozen=True)
class Row:
    """A model in one group. where: the group's name."""

    model: Model
    verdict: Verdict
    where: str


@dataclasses.dataclass(frozen=True)
class Figure:
    """A picture with the words under it."""

    image: Embedded
    words: str


def render(sources: Sources) -> str:
    """The whole page."""
    groups = groups_of(sources.runs, sources.evaluations)
    rows = [[Row(m, verdict_of(m), group.name) for m in group.models] for group in groups]
    models = [m for group in groups for m in group.models]
    return (
        _templates()
        .get_template("page.html")
        .render(
            mark=MARK,
            today=datetime.date.today().strftime("%-d %B %Y"),
            version=version("theylive_training"),
            summaries=[(group.name, summary(group.models, [r.verdict for r in of])) for group, of in zip(groups, rows, strict=True)],
            models=models,
            groups=list(zip(groups, rows, strict=True)),
            chapters=[(run, [r for of in rows for r in of if r.model.run is run]) for run in sources.runs],
            figures_of=_figures,
            photograph=photograph,
            plot=plot,
            main=_main_set(models),
            frames=[name for name in (COMPOSED, CROWDED, SIMULATED) if any(name in m.sets for m in models)],
            evaluations=sources.evaluations,
            check=sources.data_check,
            floors=floor.comparisons(groups, sources.data_check),
            sweep=sources.sweep,
            pareto=plot(sources.sweep.plot) if sources.sweep else None,
            set_words=SETS,
            mm_per_px=MM_PER_PX,
            real=VALIDATION,
            commands={"models": "".join(f" {shlex.quote(str(run.folder.model))}" for run in sources.runs)},
        )
    )


@functools.cache
def _templates() -> Environment:
    loader = PackageLoader("theylive_training.report", "")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {name: getattr(words, name) for name in _FILTERS}
    environment.filters["quoted"] = lambda value: shlex.quote(str(value))
    return environment


def _main_set(models: Sequence[Model]) -> str | None:
    """The set that the comparison is of: real heads, where anybody was judged by them; None where nobody was judged."""
    seen = {name for m in models for name in m.sets}
    return next((name for name in (VALIDATION, SIMULATED, *seen) if name in seen), None)


def _figures(model: Model) -> list[Figure]:
    """The plots of an evaluation, then its worst pictures."""
    if model.judged is None:
        return []
    folder: Path = model.judged.pictures
    found = [Figure(image, words) for name, words in _PLOTS.items() if (image := plot(folder / name))]
    for name in exam.SETS:
        image = photograph(folder / f"worst_{name}.png") if name in model.sets else None
        if image:
            found.append(Figure(image, f"The worst of its {SETS.get(name, name)}: white is what is there, colour what it said"))
    return found
