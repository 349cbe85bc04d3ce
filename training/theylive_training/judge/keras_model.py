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

"""The float net of a run that trained with Keras: a classifier that also tells the head's centre."""

from __future__ import annotations

import os

import numpy as np

from theylive_ros.detector.decode import NORMALISED, PROBABILITY, Output
from theylive_ros.detector.manifest import Manifest
from theylive_training.errors import TrainingError
from theylive_training.judge.float_model import FloatModel, describe, tensor_of
from theylive_training.nets import mobilenetv2
from theylive_training.run_folder import RunFolder

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras  # after the module of the net, which silences TensorFlow
import tensorflow as tf

_MEANINGS = {mobilenetv2.SCORES: ("scores", PROBABILITY), mobilenetv2.CENTRE: ("centre", NORMALISED)}


def of_run(run: RunFolder) -> tuple[FloatModel, Manifest]:
    """The trained net of a finished run. Raises TrainingError."""
    try:
        net = keras.models.load_model(run.weights, compile=False)
    except Exception as cause:  # Keras raises whatever it likes for a file that is not its own
        raise TrainingError(f"{run.weights} holds no net of Keras ({type(cause).__name__}): train again") from None
    if set(net.output_names) != set(_MEANINGS):
        raise TrainingError(f"{run.weights} has the outputs {', '.join(net.output_names)}, not {', '.join(_MEANINGS)}: train again")
    graph = tf.function(lambda picture: net(picture, training=False))

    def forward(picture: np.ndarray) -> list[np.ndarray]:
        return [np.asarray(o) for o in graph(tf.constant(picture))]

    side = run.spec.side
    found = forward(np.zeros((1, side, side, 3), np.float32))
    outputs = [Output(tensor_of(name, v), *_MEANINGS[name]) for name, v in zip(net.output_names, found, strict=True)]
    told = describe(run.weights.name, "mobilenetv2", run.spec.kind.labels, side, outputs, run.facts())
    return FloatModel(forward, told, f"CPU, tensorflow {tf.__version__}"), told
