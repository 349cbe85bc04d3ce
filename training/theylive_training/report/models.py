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

"""The models of a page side by side: those of the runs, and those that were only judged."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from theylive_ros.detector import manifest
from theylive_ros.detector.interface import DetectorError
from theylive_ros.share import share_path
from theylive_training.report.evaluation import Evaluation, Judged
from theylive_training.report.figures import Figures
from theylive_training.report.run import Run
from theylive_training.tflite.verify import INT8

EVALUATION, VERIFY = "evaluate", "verify"  # by which command a model was judged


@dataclasses.dataclass(frozen=True)
class Model:
    """A row of the comparison. run: of which it is the int8 file. judged_by: "" for a model that nothing has judged.

    size: bytes; licence, parameters: None where nothing tells them.
    """

    name: str
    run: Run | None
    judged: Judged | None
    judged_by: str
    sets: dict[str, Figures]
    shortfalls: tuple[str, ...]
    doubt: str | None
    size: int | None
    parameters: int | None
    licence: str | None

    @property
    def main(self) -> Figures | None:
        """Its figures on the pictures that say most of it: real ones before drawn ones."""
        return next(iter(self.sets.values()), None)

    @property
    def exhaustive(self) -> bool:
        """Whether it is a detector, and not a net that tells one head a frame."""
        return self.main is None or self.main.exhaustive


@dataclasses.dataclass(frozen=True)
class Group:
    """Models that the same pictures judged. evaluation: None for those of no evaluation; words: which pictures they are.

    name: what tells the group from the page's others, "" where it is the only one.
    """

    evaluation: Evaluation | None
    words: str
    name: str
    models: tuple[Model, ...]


def groups_of(runs: Sequence[Run], evaluations: Sequence[Evaluation]) -> list[Group]:
    """A group of each evaluation: the int8 files of the runs, in their order, then what else was judged. Runs of none are a last group."""
    names = dict(zip((run.path for run in runs), _names(runs), strict=True))
    told = [e.pictures for e in evaluations]
    groups = []
    for evaluation, words in zip(evaluations, told, strict=True):
        here = [run for run in runs if run.exported and evaluation.of_bytes(run.exported.sha256)]
        own = [_of_run(run, names[run.path], evaluation) for run in here]
        known = {run.exported.sha256 for run in here if run.exported}  # a copy of such a file elsewhere is no other model
        others = [_of_other(judged, runs) for judged in evaluation.models if judged.sha256 not in known]
        name = f"{words} ({evaluation.folder})" if told.count(words) > 1 else words
        groups.append(Group(evaluation, words, name, (*own, *others)))
    seen = {m.run.path for group in groups for m in group.models if m.run}
    rest = tuple(_of_run(run, names[run.path], None) for run in runs if run.path not in seen)
    if rest:
        groups.append(Group(None, "what `verify` looked at", "in no evaluation", rest))
    return [dataclasses.replace(groups[0], name="")] if len(groups) == 1 else groups


def _of_run(run: Run, name: str, evaluation: Evaluation | None) -> Model:
    exported, verified = run.exported, run.verified
    judged = evaluation.of_bytes(exported.sha256) if evaluation and exported else None
    size, licence = (exported.size, exported.licence) if exported else (None, run.spec.kind.licence)
    if judged:
        found = (EVALUATION, judged.sets, judged.shortfalls, judged.doubt)
    elif verified:
        found = (VERIFY, verified.figures[INT8], verified.shortfalls, verified.doubt)
    else:
        found = ("", {}, (), None)
    return Model(name, run, judged, *found, size, run.parameters, licence)


def _of_other(judged: Judged, runs: Sequence[Run]) -> Model:
    size, licence, parameters = _told_of(judged)
    for run in runs:
        weights = f"{run.path.resolve().name}/{run.folder.weights.name}"
        if judged.sha256 is None and (judged.name == weights or judged.name.endswith(f"/{weights}")):
            size, licence, parameters = run.folder.weights.stat().st_size, run.spec.kind.licence, run.parameters
    found = (EVALUATION, judged.sets, judged.shortfalls, judged.doubt)
    return Model(judged.name, None, judged, *found, size, parameters, licence)


def _told_of(judged: Judged) -> tuple[int | None, str | None, int | None]:
    """Size, licence and parameters of a model that is shipped with theylive_ros; of another nothing is known."""
    path = share_path("models", judged.file)
    if not judged.sha256 or path.suffix != ".tflite" or not path.is_file():
        return None, None, None
    try:
        told = manifest.load(path)
    except DetectorError:
        return None, None, None
    if told.sha256 != judged.sha256:
        return None, None, None
    licence, parameters = told.training.get("licence"), told.training.get("parameters")
    model = licence.get("model") if isinstance(licence, dict) else None
    return path.stat().st_size, model if isinstance(model, str) else None, parameters if isinstance(parameters, int) else None


def _names(runs: Sequence[Run]) -> list[str]:
    """The models' names, with the runs' folders where that is needed to tell them apart."""
    names = [run.spec.model_name for run in runs]
    return [f"{name} ({run.path})" if names.count(name) > 1 else name for name, run in zip(names, runs, strict=True)]
