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

"""What a training learns from, and how its rate and the running mean of its weights go with time, whatever the net."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

from theylive_training.nets.spec import NetSpec
from theylive_training.pictures.picture import Picture
from theylive_training.train.history import Epoch
from theylive_training.train.plan import Schedule

_MEAN_OF = 16  # pictures to the step that Schedule.mean speaks of


@dataclasses.dataclass(frozen=True, eq=False)
class Lesson:
    """What one training learns from and is judged by. judges: pictures never learned from."""

    spec: NetSpec
    pictures: Sequence[Picture]
    judges: Sequence[Picture]
    schedule: Schedule


def rate_at(epoch: float, schedule: Schedule) -> float:
    """The learning rate at a moment (in epochs): a ramp, then a cosine."""
    cosine = schedule.last_rate + (1 - schedule.last_rate) * 0.5 * (1 + math.cos(math.pi * min(1.0, epoch / schedule.epochs)))
    return schedule.rate * (min(1.0, (epoch + 1e-3) / schedule.warmup) * cosine)


def kept_of_mean(done: int, batch: int, schedule: Schedule) -> float:
    """The share of the running mean that a step of `batch` pictures leaves, after `done` steps: little at first, so that it soon means."""
    return min(schedule.mean ** (batch / _MEAN_OF), (1 + done) / (10 + done))


def in_a_line(epoch: Epoch, of: int) -> str:
    """An epoch and its scores, for a person. of: how many there are."""
    told = {k: v for k, v in epoch.scores.items() if not math.isnan(v)}
    scores = "".join(f", {k.removesuffix('_px').replace('_', ' ')} {v:.3f}{' px' * k.endswith('_px')}" for k, v in told.items())
    return f"epoch {epoch.number} of {of}: loss {epoch.train_loss:.3f}, on validation {epoch.val_loss:.3f}{scores}"
