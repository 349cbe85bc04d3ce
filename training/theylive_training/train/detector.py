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

"""Fits a YOLO to a pool of pictures: AdamW, one cosine, a running mean of the weights, of which the best by validation is kept."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from theylive_training.errors import TrainingError
from theylive_training.nets.detectors import DetectionModel, build
from theylive_training.pictures.picture import Picture
from theylive_training.run_folder import RunFolder
from theylive_training.train.batches import Batch, epoch_batches
from theylive_training.train.checkpoint import load_checkpoint, save_checkpoint
from theylive_training.train.history import Epoch, History
from theylive_training.train.lesson import Lesson, in_a_line, kept_of_mean, rate_at
from theylive_training.train.machine import Machine
from theylive_training.train.plan import Schedule
from theylive_training.train.progress import Progress, in_words
from theylive_training.train.stopping import Patience
from theylive_training.train.validation import validate

Report = Callable[[str], None]
Weights = dict[str, torch.Tensor]


def train(
    lesson: Lesson, folder: RunFolder, machine: Machine, start: Path | None = None, report: Report = print
) -> tuple[Weights, History]:
    """Train, or go on where the folder's checkpoint was left; returns the best weights by validation, on the CPU, and the history.

    start: weights to begin with. The checkpoint and history.json are written after each epoch. A batch for which a GPU has no memory is
    halved. Raises TrainingError.
    """
    torch.set_num_threads(machine.threads)
    size = lesson.schedule.batch
    while True:
        try:
            return _train(lesson, size, folder, machine, start, report)
        except torch.OutOfMemoryError:
            pass  # tried again outside of the handler, which holds on to all tensors
        if size == 1:
            raise TrainingError(f"the memory of {machine.name} is too small for a single picture: give a smaller --side or --width")
        size //= 2
        torch.cuda.empty_cache()
        report(f"the memory of {machine.name} is too small: now {size} pictures to a batch")


def load_weights(net: DetectionModel, path: Path) -> None:
    """Give a net the weights of a run. Raises TrainingError for another file, or another net's weights."""
    try:
        net.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    except Exception as cause:  # torch raises whatever it likes for a file that is not its own
        raise TrainingError(f"{path} holds no weights of this net ({type(cause).__name__}): train again") from cause


class _Learner:
    """A net that learns, the running mean of its weights, and the best of these means."""

    def __init__(self, lesson: Lesson, machine: Machine, start: Path | None = None) -> None:
        torch.manual_seed(lesson.schedule.seed)
        net = build(lesson.spec)
        if start:
            load_weights(net, start)
        self.net = net.to(machine.device, memory_format=torch.channels_last).train()
        self.mean = copy.deepcopy(self.net).eval().requires_grad_(False)
        self.best: Weights | None = None
        self.history = History()
        self._schedule, self._machine = lesson.schedule, machine
        self._optimizer = _optimizer(self.net, lesson.schedule)

    def learn(self, batch: Batch, rate: float, keep: float) -> torch.Tensor:
        """One step; returns its loss. keep: the share that stays of the mean."""
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        with torch.autocast(self._machine.device, torch.bfloat16, enabled=self._machine.half):
            predictions = self.net(batch["img"])
        loss = self.net.loss(batch, _float(predictions))[0].sum() / len(batch["img"])  # in bfloat16 a box would be a pixel off
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), self._schedule.clip)
        self._optimizer.step()
        _follow(self.mean, self.net, keep)
        return loss.detach()

    def keep_best(self) -> None:
        """Remember the mean as it is now."""
        self.best = {k: v.clone() for k, v in self.mean.state_dict().items()}

    def state(self) -> dict[str, Any]:
        """All that `resume` needs."""
        return {
            "net": self.net.state_dict(),
            "mean": self.mean.state_dict(),
            "best": self.best,
            "optimizer": self._optimizer.state_dict(),
            "history": self.history.to_json(),
        }

    def resume(self, state: dict[str, Any]) -> None:
        """Go back to a `state`."""
        self.net.load_state_dict(state["net"])
        self.mean.load_state_dict(state["mean"])
        self._optimizer.load_state_dict(state["optimizer"])
        self.best = state["best"]
        self.history = History.from_json(state["history"])


def _train(lesson: Lesson, size: int, folder: RunFolder, machine: Machine, start: Path | None, report: Report) -> tuple[Weights, History]:
    schedule, total = lesson.schedule, math.ceil(len(lesson.pictures) / size)
    learner = _Learner(lesson, machine, start)
    checksum = _checksum(lesson.pictures)
    if state := load_checkpoint(folder.checkpoint, machine.device):
        if state["pictures"] != checksum:
            raise TrainingError(
                f"the pictures are not those that the training in {folder.path} began with (another version?): give another folder as --out"
            )
        learner.resume(state)
        report(f"going on after epoch {len(learner.history.epochs)} of {schedule.epochs}")
    history, patience = learner.history, Patience(schedule.patience)
    for epoch in history.epochs:
        patience.better(epoch.score)
    first = len(history.epochs)
    if first < schedule.epochs and not patience.exhausted:
        report(_announcement(lesson, size, machine, (schedule.epochs - first) * total))
    with Progress("training", schedule.epochs * total, first * total) as progress:
        for epoch in range(first, schedule.epochs):
            if patience.exhausted:
                break
            began = time.monotonic()
            losses = []
            for step, batch in enumerate(epoch_batches(lesson.pictures, size, schedule.seed, epoch, machine.device)):
                done = epoch * total + step
                rate = rate_at(done / total, schedule)
                losses.append(learner.learn(batch, rate, kept_of_mean(done, size, schedule)))
                progress.advance(note=f"epoch {epoch + 1} of {schedule.epochs}")
            loss = float(torch.stack(losses).mean())
            if not math.isfinite(loss):
                raise TrainingError(f"the training fell apart in epoch {epoch + 1}: its loss is no number; give a lower --rate")
            val_loss, scores = validate(learner.mean, lesson.judges, size, machine.device)
            history.add(Epoch(epoch + 1, loss, val_loss, rate, time.monotonic() - began, scores))
            if patience.better(history.epochs[-1].score):
                learner.keep_best()
            save_checkpoint(folder.checkpoint, {"pictures": checksum, **learner.state()})
            history.save(folder.path / "history.json")
            report(in_a_line(history.epochs[-1], schedule.epochs))
    if patience.exhausted:
        report(f"nothing better in {schedule.patience} epochs: it ends here")
    best = learner.best if learner.best is not None else learner.mean.state_dict()  # a net that finds nothing yet has no best
    return {k: v.to("cpu", memory_format=torch.contiguous_format) for k, v in best.items()}, history


def _announcement(lesson: Lesson, size: int, machine: Machine, steps: int) -> str:
    """What is about to happen, in one line; how long it takes is measured on a net that is thrown away."""
    learner = _Learner(lesson, machine)
    batches = list(epoch_batches(lesson.pictures[: 2 * size], size, 0, 0, machine.device))
    for batch in batches:
        began = time.monotonic()
        learner.learn(batch, 0.0, 0.9).item()
        spent = time.monotonic() - began  # the first is slower
    schedule, epochs = lesson.schedule, f"{lesson.schedule.epochs} epoch{'s' * (lesson.schedule.epochs > 1)}"
    return (
        f"on the {machine}: {epochs} of {len(lesson.pictures)} pictures, {size} to a batch, rate {schedule.rate:g}, "
        f"validation on {len(lesson.judges)} pictures; about {in_words(spent * steps)}"
    )


def _optimizer(net: DetectionModel, schedule: Schedule) -> torch.optim.AdamW:
    weights = [p for p in net.parameters() if p.requires_grad and p.ndim > 1]
    others = [p for p in net.parameters() if p.requires_grad and p.ndim <= 1]  # biases and normalisations do not decay
    groups = [{"params": weights, "weight_decay": schedule.decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=schedule.rate, betas=(0.9, 0.999))


def _float(value: object) -> object:
    if torch.is_tensor(value):
        return value.float()
    if isinstance(value, dict):
        return {k: _float(v) for k, v in value.items()}
    return type(value)(_float(v) for v in value) if isinstance(value, (list, tuple)) else value


@torch.no_grad()
def _follow(mean: DetectionModel, net: DetectionModel, keep: float) -> None:
    for m, n in zip(mean.state_dict().values(), net.state_dict().values(), strict=True):
        if m.dtype.is_floating_point:
            m.lerp_(n, 1 - keep)
        else:
            m.copy_(n)


def _checksum(pictures: Sequence[Picture]) -> int:
    """By which pictures are known again."""
    return sum((k + 1) * int(p.image[::16, ::16].sum()) for k, p in enumerate(pictures))
