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

"""A one-head net that learns, and the running mean of its weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theylive_training.nets.mobilenetv2 import trunk_layers  # isort: skip  before keras: it chooses the backend

import keras
import numpy as np
import tensorflow as tf

from theylive_training.nets.spec import BACKGROUND, NetSpec
from theylive_training.pictures.picture import Picture
from theylive_training.train.mobilenetv2_loss import Truth, loss, quality, truth
from theylive_training.train.plan import Schedule

Arrays = list[np.ndarray]
_AT_ONCE = 32  # pictures that are judged together


class Learner:
    """AdamW on a net of nets.mobilenetv2.build. mean: the running mean of all its values, those of the normalisations included."""

    def __init__(self, net: keras.Model, spec: NetSpec, schedule: Schedule) -> None:
        self.net = net
        self._spec = spec
        self._mean = [tf.Variable(v.value) for v in net.variables]
        self._optimizer = keras.optimizers.AdamW(schedule.rate, weight_decay=schedule.decay, global_clipnorm=schedule.clip)
        self._optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
        self._optimizer.build(net.trainable_variables)
        self._step: Any = None

    def hold(self, frozen: bool) -> None:
        """Say whether the trunk stands still from now on, so that only our heads learn."""
        for layer in trunk_layers(self.net):
            layer.trainable = not frozen
        self._step = self._graph()

    def learn(self, images: np.ndarray, told: Truth, rate: float, keep: float) -> float:
        """One step; returns its loss. images: as of `rgb`; rate: of learning; keep: the share that stays of the mean."""
        self._optimizer.learning_rate.assign(rate)
        return float(self._step(images, told.classes, told.centres, told.heads, tf.constant(keep, tf.float32)))

    def judge_mean(self, pictures: Sequence[Picture]) -> tuple[float, dict[str, float]]:
        """The mean net's loss, as in training, and its quality (mobilenetv2_loss.quality) on some pictures."""
        now = _values(self.net.variables)
        _assign(self.net.variables, self.mean)
        found = []
        for first in range(0, len(pictures), _AT_ONCE):
            found.append([o.numpy() for o in self.net(rgb(pictures[first : first + _AT_ONCE]), training=False)])
        _assign(self.net.variables, now)
        scores, centre = (np.concatenate(part) for part in zip(*found, strict=True))
        told = truth(pictures, self._spec.kind.labels, BACKGROUND)
        parts = loss(scores, centre, told.classes, told.centres, told.heads, self._spec.side)
        return float(sum(parts)), quality(scores, centre, told, self._spec.side)

    @property
    def mean(self) -> Arrays:
        """A copy of the running mean, in the order of the net's variables."""
        return _values(self._mean)

    def state(self) -> dict[str, Arrays]:
        """All that `resume` needs."""
        return {"net": _values(self.net.variables), "mean": self.mean, "optimizer": _values(self._optimizer.variables)}

    def resume(self, state: dict[str, Arrays]) -> None:
        """Go back to a `state`. Raises ValueError for that of another net."""
        _assign(self.net.variables, state["net"])
        _assign(self._mean, state["mean"])
        _assign(self._optimizer.variables, state["optimizer"])

    def finish(self, best: Arrays) -> None:
        """Give the net its final weights, in the order of its variables."""
        _assign(self.net.variables, best)

    def _graph(self) -> Any:
        """One step of learning, compiled for what may learn now."""
        learning = self.net.trainable_variables
        followed = [(m, v.value) for m, v in zip(self._mean, self.net.variables, strict=True)]

        @tf.function(reduce_retracing=True)
        def step(images: tf.Tensor, classes: tf.Tensor, centres: tf.Tensor, heads: tf.Tensor, keep: tf.Tensor) -> tf.Tensor:
            with tf.GradientTape() as tape:
                scores, centre = self.net(images, training=True)
                whole = sum(loss(scores, centre, classes, centres, heads, self._spec.side))
            self._optimizer.apply_gradients(zip(tape.gradient(whole, learning), learning, strict=True))
            for mean, value in followed:
                mean.assign(keep * mean + (1 - keep) * value)
            return whole

        return step


def rgb(pictures: Sequence[Picture]) -> np.ndarray:
    """Pictures of one size as the net takes them: RGB float32 (n, height, width, 3) in 0..1."""
    return np.stack([p.image for p in pictures])[..., ::-1].astype(np.float32) / 255


def _values(variables: Sequence[Any]) -> Arrays:
    return [np.array(v.numpy()) for v in variables]


def _assign(variables: Sequence[Any], given: Arrays) -> None:
    for variable, value in zip(variables, given, strict=True):
        variable.assign(value)
