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

"""What there is to check: every layout of a data set as rows, and what its readers found wrong already."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from theylive_training.data import dataset, find, labelled
from theylive_training.data.checks.finding import ERROR, WARNING, Finding
from theylive_training.data.checks.rows import Layout, Row
from theylive_training.data.labelled import Problem, Survey
from theylive_training.errors import TrainingError

_WORDS = {  # of a kind of problem: the finding's kind, what was found, the cure
    labelled.MISSING: ("missing", "labels have no picture", "copy the data set again, or take the labels out"),
    labelled.UNLABELLED: ("orphan", "pictures have no label", "label them; an empty board needs an empty label too"),
    labelled.UNREADABLE: ("unreadable", "files cannot be read", "copy them again, or delete them"),
    labelled.BAD_ROW: ("bad-row", "labels are not what they should be", "correct these lines"),
    labelled.UNKNOWN_CLASS: ("unknown-class", "labels are of an unknown class", "correct the class"),
    labelled.CONTRADICTION: ("contradiction", "labels contradict others", "look which is right and correct the other"),
}


@dataclasses.dataclass(frozen=True)
class Inventory:
    """root: the folder that names in findings are relative to. findings: what the readers found wrong."""

    root: Path
    layouts: tuple[Layout, ...]
    findings: tuple[Finding, ...]


def read(folder: Path, split: Path | None = None) -> Inventory:
    """Read `folder` in each layout it has, divided by the split file where one is given. Raises TrainingError where there is none."""
    whole = find.survey(folder)
    if split is not None:
        return _inventory(whole.root, {f"split {split.name}": whole}, dataset.parts(whole, split))
    if whole.layout != find.PUBLIC:
        return _inventory(whole.root, {whole.layout: whole}, {})
    surveys, lacking = {}, []
    for place in (find.HEADS, find.BACKGROUND_LABELS.parent):
        try:
            surveys[place.parts[0]] = find.survey(whole.root / place)
        except TrainingError as why:
            lacking.append(Finding("missing", ERROR, place.parts[0], 1, 1, f"layout cannot be used: {why}", "copy the data set again"))
    inventory = _inventory(whole.root, surveys, {})
    return dataclasses.replace(inventory, findings=(*lacking, *inventory.findings))


def _inventory(root: Path, surveys: Mapping[str, Survey], parts: Mapping[Path, str]) -> Inventory:
    layouts, findings = [], []
    for name, survey in surveys.items():
        rows = []
        for item in survey.items:
            part = parts.get(item.file.path, "") if parts else item.part
            rows.append(Row(item.file.path, f"{part}/{item.name}" if part else item.name, part, item.file.boxes))
        layouts.append(Layout(name, tuple(rows)))
        findings += _grouped(survey.problems, name, root, len(rows))
    return Inventory(root, tuple(layouts), tuple(findings))


def _grouped(problems: Sequence[Problem], where: str, root: Path, good: int) -> list[Finding]:
    groups: dict[tuple[str, bool], list[Problem]] = defaultdict(list)
    for problem in problems:
        groups[problem.kind, problem.is_error].append(problem)
    found = []
    for (kind, is_error), group in groups.items():
        name, detail, cure = _WORDS[kind]
        lines = tuple(p.words.replace(f"{root}/", "") for p in group)
        of = good + len({p.path for p in problems})
        found.append(Finding(name, ERROR if is_error else WARNING, where, len(group), max(of, len(group)), detail, cure, lines))
    return found
