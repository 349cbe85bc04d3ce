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

"""What the one-head net is punished for, and how good it is: class, and centre where there is a head."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from theylive_training.pictures.picture import Picture

CELL = 16.0  # px: an error of the centre by one cell of the net's map weighs 1
NEAR = 8.0  # px: how fast an answer loses its worth with the distance of its centre


@dataclasses.dataclass(frozen=True, eq=False)
class Truth:
    """Of n pictures: classes int32 (n,), an index into the net's labels; centres float32 (n, 2), shares of the picture; heads float32 (n,),
    1 where there is a head and 0 where the centre means nothing."""

    classes: np.ndarray
    centres: np.ndarray
    heads: np.ndarray


def truth(pictures: Sequence[Picture], labels: Sequence[str], background: str) -> Truth:
    """What the pictures show, one head at most each."""
    classes = np.full(len(pictures), labels.index(background), np.int32)
    centres, heads = np.zeros((len(pictures), 2), np.float32), np.zeros(len(pictures), np.float32)
    for i, picture in enumerate(pictures):
        for box in picture.boxes:
            height, width = picture.image.shape[:2]
            classes[i], centres[i], heads[i] = labels.index(box.label), (box.x / width, box.y / height), 1
    return Truth(classes, centres, heads)


def loss(
    scores: tf.Tensor, centre: tf.Tensor, classes: tf.Tensor, centres: tf.Tensor, heads: tf.Tensor, side: int
) -> tuple[tf.Tensor, tf.Tensor]:
    """Mean cross-entropy of the classes, and mean distance of the heads' centres in cells; without a head in the batch that is 0.

    scores (n, labels) probabilities, centre (n, 2); the rest as in Truth. The distance itself, not its square: a few wrong clicks must not
    outweigh the many right ones.
    """
    own = tf.gather(scores, classes, batch_dims=1)
    entropy = -tf.reduce_mean(tf.math.log(tf.maximum(own, 1e-7)))
    away = tf.sqrt(tf.reduce_sum(tf.square(centre - centres), axis=1) + 1e-8) * (side / CELL)
    return entropy, tf.reduce_sum(away * heads) / tf.maximum(tf.reduce_sum(heads), 1.0)


def quality(probabilities: np.ndarray, centre: np.ndarray, told: Truth, side: int) -> dict[str, float]:
    """right_and_near: mean over the pictures of 0 for a wrong class, else 1 for a background and exp(-error / NEAR) for a head: it still
    rises when all classes are right. accuracy: share of right classes. centre_p50_px: of heads of the right class (px of the input), where
    there are such."""
    right = probabilities.argmax(axis=1) == told.classes
    errors = np.hypot(*(centre - told.centres).T) * side
    near = np.where(told.heads > 0, np.exp(-errors / NEAR), 1.0)
    found = right & (told.heads > 0)
    scores = {"right_and_near": float((right * near).mean()), "accuracy": float(right.mean())}
    return {**scores, "centre_p50_px": float(np.median(errors[found]))} if found.any() else scores
