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

"""Trains a YOLO: gathers the pictures, fits the net, and leaves a run folder."""

from __future__ import annotations

import time

from theylive_training.data import dataset
from theylive_training.errors import TrainingError
from theylive_training.judge.exam import COMPOSED, SIMULATED, make_exam
from theylive_training.nets.detectors import build, parameters
from theylive_training.pictures.picture import Picture
from theylive_training.pictures.pool import Pool, fitted, make_pool
from theylive_training.pictures.sheet import save_sheet
from theylive_training.run_folder import RunFolder
from theylive_training.train.checkpoint import save_whole
from theylive_training.train.claim import claimed, identity
from theylive_training.train.detector import load_weights, train
from theylive_training.train.facts import at_first, at_last
from theylive_training.train.lesson import Lesson
from theylive_training.train.machine import torch_machine
from theylive_training.train.material import Material, Report, calibration_choice, gather
from theylive_training.train.plan import Plan
from theylive_training.train.progress import Progress, say

_DRAWN_JUDGES = 40  # pictures of validation where there are no real ones
_FRAMES = 80  # composed and as many simulated ones among the validation's pictures
_APART = 1_000_003  # between the seed of a training's own pictures and that of its validation


def train_yolo(plan: Plan, report: Report = say) -> RunFolder:
    """Train plan.spec into plan.out. Raises TrainingError.

    Stopped at any moment and run again it goes on after the last whole epoch, as though it had not been stopped. The pictures are made
    again then: they are the same, and that takes less time and much less room than to keep them.
    """
    data = dataset.load(plan.data, plan.split) if plan.data else None
    if data and not data.val.heads:
        raise TrainingError("the split has no validation pictures, by which a training is judged: `split` again, with some")
    start = RunFolder.finished(plan.start) if plan.start else None
    if start:
        load_weights(build(plan.spec), start.weights)  # before anything is written
    with claimed(plan.out, identity(plan, data, start)) as folder:
        if folder.weights.is_file():
            folder.checkpoint.unlink(missing_ok=True)
            report(f"the training in {folder.path} is done: {folder.facts().get('verdict', 'its net is ' + folder.weights.name)}")
        else:
            _fill(plan, data, start, folder, report)
    return folder


def _fill(plan: Plan, data: dataset.Dataset | None, start: RunFolder | None, folder: RunFolder, report: Report) -> None:
    began = time.monotonic()
    given = gather(data, report)
    pool = make_plans_pool(plan, given)
    judges = judging_pictures(plan, data, given)
    save_sheet(pool.pictures, pool.kinds, folder.path / "pictures.jpg")
    report(f"{len(pool.pictures)} pictures, some of each kind in {folder.path / 'pictures.jpg'}")
    made_in = time.monotonic() - began
    machine = torch_machine(plan.threads)
    facts = at_first(plan, data, start, given, pool, str(machine))
    folder.save_facts(facts)
    folder.save_calibration([pool.pictures[i].image for i in calibration_choice(pool, plan.schedule.seed)])
    lesson = Lesson(plan.spec, pool.pictures, judges, plan.schedule)
    weights, history = train(lesson, folder, machine, start and start.weights, report)
    history.plot(folder.path / "curves.png")
    folder.save_facts({**facts, **at_last(history, parameters(build(plan.spec)), made_in)})
    save_whole(folder.weights, weights)  # the last: what has weights is done
    folder.checkpoint.unlink(missing_ok=True)
    report(history.verdict())
    report(f"the net, its curves (curves.png) and all facts (run.json) are in {folder.path}")


def make_plans_pool(plan: Plan, given: Material) -> Pool:
    """The pictures that a plan learns from."""
    with Progress("pictures", plan.pictures) as progress:
        return make_pool(given, plan.pictures, plan.spec.side, plan.schedule.seed, lambda done, total: progress.advance())


def judging_pictures(plan: Plan, data: dataset.Dataset | None, given: Material) -> tuple[Picture, ...]:
    """The pictures of validation, as the robot's detector would fit them to the net; drawn ones where there are no real ones.

    Real ones alone would not do: a net soon finds all their single heads as exactly as they are labelled, and goes on learning crowds. So
    frames composed of them and simulated ones are among them, others than those that judge the finished net.
    """
    seed = plan.schedule.seed + _APART
    if data is None:
        return make_pool(given, _DRAWN_JUDGES, plan.spec.side, seed).pictures
    frames = make_exam(data, seed, _FRAMES, _FRAMES, sets=(COMPOSED, SIMULATED))
    read = [p.read() for p in (*data.val.heads, *data.val.boards)] + [p for pictures in frames.values() for p in pictures]
    return tuple(fitted(p, plan.spec.side) for p in read)
