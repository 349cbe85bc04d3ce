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

"""Fits the one-head net to a pool of pictures: one cosine, the running mean of the weights, of which the best by validation is kept."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Iterator, Sequence

import keras
import numpy as np

from theylive_training.errors import TrainingError
from theylive_training.nets.spec import BACKGROUND, NetSpec
from theylive_training.pictures.picture import Picture
from theylive_training.run_folder import RunFolder
from theylive_training.train import mobilenetv2_state as checkpoint
from theylive_training.train.chance import chanced
from theylive_training.train.history import Epoch, History
from theylive_training.train.lesson import Lesson, in_a_line, kept_of_mean, rate_at
from theylive_training.train.mobilenetv2_learner import Learner, rgb
from theylive_training.train.mobilenetv2_loss import Truth, truth
from theylive_training.train.progress import Progress
from theylive_training.train.stopping import Patience

Report = Callable[[str], None]
FROZEN = 0.2  # share of the epochs in which a trunk that came with weights stands still, so that raw heads do not spoil it
_THAWED_RATE = 0.3  # share of the learning rate after that


def fit(net: keras.Model, lesson: Lesson, folder: RunFolder, pretrained: bool = False, report: Report = print) -> History:
    """Train, or go on where the folder's checkpoint was left; the net has the weights that judged best afterwards.

    pretrained: the trunk came with weights, and stands still at first. The checkpoint and history.json are written after each epoch,
    whole or not at all. Raises TrainingError.
    """
    schedule, pictures = lesson.schedule, lesson.pictures
    learner, history = Learner(net, lesson.spec, schedule), History()
    best, checksum = learner.mean, _checksum(pictures)
    if kept := checkpoint.load(folder.checkpoint):
        if kept.pictures != checksum:
            raise TrainingError(
                f"the pictures are not those that the training in {folder.path} began with (another version?): give another folder as --out"
            )
        learner.resume(kept.learner)
        best, history = kept.best, kept.history
        report(f"going on after epoch {len(history.epochs)} of {schedule.epochs}")
    patience = Patience(schedule.patience)
    for epoch in history.epochs:
        patience.better(epoch.score)
    batch = min(schedule.batch, len(pictures))
    steps = len(pictures) // batch
    frozen = math.ceil(FROZEN * schedule.epochs) if pretrained else 0
    first = len(history.epochs)
    with Progress("training", schedule.epochs * steps, first * steps) as progress:
        for number in range(first, schedule.epochs):
            if patience.exhausted:
                report(f"no better for {schedule.patience} epochs: it ends here")
                break
            if number in (first, frozen):
                learner.hold(number < frozen)
            began, losses, rate = time.monotonic(), [], 0.0
            for k, (images, told) in enumerate(_batches(pictures, lesson.spec, batch, schedule.seed, number)):
                done = number * steps + k
                rate = rate_at(done / steps, schedule) * (_THAWED_RATE if 0 < frozen <= number else 1.0)
                keep = kept_of_mean(done, batch, schedule)
                losses.append(learner.learn(images, told, rate, keep))
                progress.advance(note=f"epoch {number + 1} of {schedule.epochs}")
            val_loss, scores = learner.judge_mean(lesson.judges)
            history.add(Epoch(number + 1, float(np.mean(losses)), val_loss, rate, round(time.monotonic() - began, 2), scores))
            if patience.better(history.epochs[-1].score):
                best = learner.mean
            checkpoint.save(checkpoint.State(checksum, learner.state(), best, history), folder.checkpoint)
            history.save(folder.path / "history.json")
            report(in_a_line(history.epochs[-1], schedule.epochs))
    learner.finish(best)
    return history


def _batches(pictures: Sequence[Picture], spec: NetSpec, batch: int, seed: int, epoch: int) -> Iterator[tuple[np.ndarray, Truth]]:
    """The epoch's whole batches in a new order; what is over has its turn in another epoch."""
    rng = np.random.default_rng([seed, epoch])
    order = rng.permutation(len(pictures))
    for first in range(0, len(order) - batch + 1, batch):
        turned, tints = chanced([pictures[i] for i in order[first : first + batch]], rng)
        images = np.minimum(rgb(turned) * tints[:, None, None, :].astype(np.float32), 1)
        yield images, truth(turned, spec.kind.labels, BACKGROUND)


def _checksum(pictures: Sequence[Picture]) -> str:
    digest = hashlib.sha256()
    for picture in pictures:
        digest.update(picture.image[::8, ::8].tobytes())
    return digest.hexdigest()
