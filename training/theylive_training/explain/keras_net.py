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

"""A Keras net, opened to be explained."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf

from theylive_training.explain.graph import Graph
from theylive_training.explain.keras_graph import read_graph
from theylive_training.explain.net import Progress, middle, shares

_AT_ONCE = 8  # random pictures


class KerasNet:
    """Implements net.Net."""

    grain, rounds = 1, 16

    def __init__(self, title: str, learned: str, net: keras.Model, block_of: Callable[[str], str], low: float = 0.0) -> None:
        """low: what a picture's black is to the net; its white is 1."""
        self.title, self.learned = title, learned
        self.graph: Graph = read_graph(net, block_of)
        self._net, self._low = net, low

    def results(self, picture: np.ndarray) -> dict[int, np.ndarray]:
        """See net.Net."""
        ends = [step for ends in self.graph.blocks.values() for step in ends]
        given = self._low + picture[None, :, :, ::-1].astype(np.float32) * ((1 - self._low) / 255)
        made = self._cut(ends)(tf.constant(given), training=False)
        return {step: np.asarray(one[0]).reshape(self.graph.steps[step].output) for step, one in zip(ends, made, strict=True)}

    def filters(self) -> np.ndarray:
        """See net.Net."""
        first = next(layer for layer in self._net.layers if isinstance(layer, keras.layers.Conv2D))
        return np.asarray(first.kernel).transpose(3, 0, 1, 2)

    def sensitivity(self, steps: Sequence[int], rounds: int, seed: int, progress: Progress) -> dict[int, np.ndarray]:
        """See net.Net: by the gradient of a random mix of the cell's channels."""
        shape = self.graph.input
        cut = self._cut(steps)
        chance = tf.random.Generator.from_seed(seed)
        sums = {step: np.zeros(shape[:2]) for step in steps}
        for first in range(0, rounds, _AT_ONCE):
            count = min(_AT_ONCE, rounds - first)
            pictures = chance.uniform((count, *shape), self._low, 1.0)
            with tf.GradientTape(persistent=True) as tape:
                tape.watch(pictures)
                mixed = []
                for step, made in zip(steps, cut(pictures, training=False), strict=True):
                    height, width, channels = self.graph.steps[step].output
                    cell = tf.reshape(made, (count, height, width, channels))[:, middle(height), middle(width)]
                    mixed.append(tf.reduce_sum(cell * chance.normal(cell.shape)))
            for step, one in zip(steps, mixed, strict=True):
                for gradient in np.abs(tape.gradient(one, pictures)).sum(-1).astype(np.float64):
                    sums[step] += shares(gradient)
            progress(first + count, rounds)
        return {step: shares(total) for step, total in sums.items()}

    def _cut(self, steps: Sequence[int]) -> Callable[..., list[tf.Tensor]]:
        """The net as far as these steps."""
        cut = keras.Model(self._net.input, [self._net.get_layer(self.graph.steps[s].name).output for s in steps])
        return lambda pictures, training: (
            list(cut(pictures, training=training)) if len(steps) > 1 else [_only(cut(pictures, training=training))]
        )


def _only(made: tf.Tensor | list[tf.Tensor]) -> tf.Tensor:
    return made[0] if isinstance(made, (list, tuple)) else made
