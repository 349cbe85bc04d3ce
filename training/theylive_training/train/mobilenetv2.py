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

"""Trains a MobileNetV2 for one head at most: gathers the pictures, fits the net, and leaves a run folder."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import time
from pathlib import Path

from theylive_training.nets import mobilenetv2 as nets  # isort: skip  before keras: it chooses the backend

import keras
import tensorflow as tf

from theylive_training.data import dataset
from theylive_training.errors import TrainingError
from theylive_training.pictures.picture import Picture
from theylive_training.pictures.pool import Material, fitted
from theylive_training.pictures.sheet import save_sheet
from theylive_training.pictures.single import make_single_pool
from theylive_training.run_folder import RunFolder
from theylive_training.train.claim import claimed, identity
from theylive_training.train.facts import at_first, at_last
from theylive_training.train.lesson import Lesson
from theylive_training.train.machine import usual_threads
from theylive_training.train.material import Report, calibration_choice, gather
from theylive_training.train.mobilenetv2_fit import fit
from theylive_training.train.plan import Plan
from theylive_training.train.progress import Progress, say

IMAGENET = Path("imagenet")  # --weights imagenet: those that Keras fetches
_APART = 1_000_003  # seeds of drawn pictures that only judge are this far from those that are learned from
_DRAWN_JUDGES = 40  # pictures of validation where there are no real ones


def train_mobilenetv2(plan: Plan, report: Report = say) -> RunFolder:
    """Train plan.spec into plan.out. Raises TrainingError.

    Stopped at any moment and run again it goes on after the last whole epoch. plan.weights: a file of a trunk's weights, or IMAGENET; the
    trunk then stands still at first.
    """
    data = _of_one_head(dataset.load(plan.data, plan.split), report) if plan.data else None
    if data and not data.val.heads:
        raise TrainingError("the split has no validation pictures of one head, by which a training is judged: `split` again, with some")
    start = RunFolder.finished(plan.start) if plan.start else None
    threads = _use_threads(plan.threads or usual_threads())
    net = _net(plan, start)
    with claimed(plan.out, identity(plan, data, start)) as folder:
        if folder.weights.is_file():
            report(f"the training in {folder.path} is done: {folder.facts().get('verdict', 'its net is ' + folder.weights.name)}")
        else:
            _fill(plan, data, start, net, threads, folder, report)
    return folder


def _of_one_head(data: dataset.Dataset, report: Report) -> dataset.Dataset:
    """The set without the pictures of several heads, of which such a net could tell but one; says how many they are."""

    def chosen(part: dataset.Part) -> dataset.Part:
        return dataclasses.replace(part, heads=tuple(p for p in part.heads if len(p.boxes) == 1))

    kept = dataclasses.replace(data, train=chosen(data.train), val=chosen(data.val), test=chosen(data.test))
    left_out = sum(len(a.heads) - len(b.heads) for a, b in zip(_parts(data), _parts(kept), strict=True))
    if left_out:
        report(f"left out: {left_out} pictures of several heads, for this net tells one")
    return kept


def _parts(data: dataset.Dataset) -> tuple[dataset.Part, ...]:
    return data.train, data.val, data.test


def _fill(
    plan: Plan, data: dataset.Dataset | None, start: RunFolder | None, net: keras.Model, threads: int, folder: RunFolder, report: Report
) -> None:
    began = time.monotonic()
    given = gather(data, report)
    with Progress("pictures", plan.pictures) as progress:
        pool = make_single_pool(given, plan.pictures, plan.spec.side, plan.schedule.seed, lambda done, total: progress.advance())
    judges = _judging_pictures(plan, data, given)
    save_sheet(pool.pictures, pool.kinds, folder.path / "pictures.jpg")
    report(f"{len(pool.pictures)} pictures, some of each kind in {folder.path / 'pictures.jpg'}")
    made_in = time.monotonic() - began
    facts = at_first(plan, data, start, given, pool, _machine(threads))
    folder.save_facts(facts)
    folder.save_calibration([pool.pictures[i].image for i in calibration_choice(pool, plan.schedule.seed)])
    lesson = Lesson(plan.spec, pool.pictures, judges, plan.schedule)
    history = fit(net, lesson, folder, plan.weights is not None, report)
    history.plot(folder.path / "curves.png")
    folder.save_facts({**facts, **at_last(history, net.count_params(), made_in)})
    _save(net, folder.weights)  # the last: what has weights is done
    folder.checkpoint.unlink(missing_ok=True)
    report(history.verdict())
    report(f"the net, its curves (curves.png) and all facts (run.json) are in {folder.path}")


def _net(plan: Plan, start: RunFolder | None) -> keras.Model:
    keras.utils.set_random_seed(plan.schedule.seed)
    net = nets.build(plan.spec)
    if start:
        nets.load_weights(net, start.weights)
    if plan.weights == IMAGENET:
        nets.load_imagenet(net, plan.spec)
    elif plan.weights:
        nets.load_trunk(net, plan.spec, plan.weights)
    return net


def _judging_pictures(plan: Plan, data: dataset.Dataset | None, given: Material) -> tuple[Picture, ...]:
    """The pictures of validation, as the robot's detector would fit them to the net; drawn ones where there are no real ones."""
    if data is None:
        return make_single_pool(given, _DRAWN_JUDGES, plan.spec.side, plan.schedule.seed + _APART).pictures
    return tuple(fitted(p.read(), plan.spec.side) for p in (*data.val.heads, *data.val.boards))


def _use_threads(count: int) -> int:
    with contextlib.suppress(RuntimeError):  # TensorFlow takes it only before its first operation
        tf.config.threading.set_intra_op_parallelism_threads(count)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    return tf.config.threading.get_intra_op_parallelism_threads() or count


def _machine(threads: int) -> str:
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return f"CPU, {threads} thread{'s' * (threads > 1)}, float32"
    return f"{tf.config.experimental.get_device_details(gpus[0]).get('device_name', 'GPU')}, float32"


def _save(net: keras.Model, path: Path) -> None:
    temporary = path.with_name(f".new.{path.name}")  # Keras looks at the ending
    net.save(temporary)
    os.replace(temporary, path)
